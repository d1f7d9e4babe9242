"""Content credentials (C2PA): sign files, and read and verify those of any file.

The claim follows the C2PA specification 2.x: an action `c2pa.created` with the IPTC's digital
source type, an ingredient for each source file (by role and sha256), and the manifest of Facewright
as an assertion of its own. Everything works offline: a time stamp service is used only if one is
named, and no certificate is looked up.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BufferedIOBase, BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from facewright.errors import FileError, InputError
from facewright.provenance.manifest import from_text, to_text
from facewright.provenance.policy import name_source_type
from facewright.types import Manifest

if TYPE_CHECKING:
    from c2pa import Context

    from facewright.provenance.certificates import Identity

KEY_VARIABLE = "FACEWRIGHT_SIGNING_KEY"
"""Environment variable that names a PEM file with a private key and its certificates to sign
with."""
Stream: TypeAlias = "BytesIO | BufferedIOBase"
"""A binary file."""

TIME_VARIABLE = "FACEWRIGHT_TIME_STAMPS"
"""Environment variable with the address of a time stamp service (RFC 3161) for all signatures."""

TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "mp4": "video/mp4",
}
"""Formats that can be signed → media types. BMP cannot be signed."""

_ASSERTION = "org.facewright.manifest"
_TEXT = "manifest"  # in the assertion: as it stands in the file
_DIGEST = "unsigned_sha256"  # likewise: of the file before it was signed
_DATE = "consent_recorded"  # likewise: the day, which is in the signature alone
_UNTRUSTED = "signingCredential.untrusted"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The content credentials of a file, and whether they are valid."""

    signed: bool
    """Whether there are any, valid or not."""
    signer: str = ""
    """Subject of the certificate."""
    trusted: bool = False
    """Whether this installation trusts the certificate, and the signature is valid."""
    unaltered: bool | None = None
    """Whether the file is unchanged since it was signed, bit for bit; None if it is not signed."""
    problems: tuple[str, ...] = ()
    """Validation errors, by their names in C2PA."""
    source_type: str = ""
    """Digital source type, a term of the IPTC; only of a valid signature."""
    manifest: Manifest | None = None
    """The manifest of Facewright; only of a valid signature."""
    consent_date: str = ""
    """The day on which a consent was recorded, such as 2026-05-01; only of a valid signature."""
    unsigned_sha256: str = ""
    """Hash of the file before it was signed; only of a valid signature."""


def explain_unsigned() -> str:
    """Return why this installation cannot sign; empty if it can.

    Raises:
        InputError: A signing key was named, but cannot be used.
    """
    from facewright.provenance.certificates import load_identity

    named = _get_named()
    try:
        identity = load_identity(named)
        if named:
            _try(identity)
    except OSError as error:
        return f"no key can be kept: {error.strerror or error}"
    except FileError as error:
        if named:
            raise
        return str(error)
    return ""


def sign(source: Stream, target: Stream, form: str, manifest: Manifest) -> None:
    """Write a signed copy of a file.

    Signatures are random, so two copies differ; the signed content does not.

    Args:
        source: The whole unsigned file; it is read from its beginning.
        target: The file to write, open for reading and writing.
        form: One of `TYPES`.
        manifest: How the file came about.

    Raises:
        FileError: C2PA does not accept the certificates, or the file is damaged.
        OSError: There is no key.
    """
    from facewright.provenance.certificates import load_identity

    _sign(source, target, form, manifest, load_identity(_get_named()))


def _sign(
    source: Stream, target: Stream, form: str, manifest: Manifest, identity: Identity
) -> None:
    """Write a signed copy of a file, as `sign` does, with a given identity."""
    import c2pa

    source.seek(0)
    digest = hashlib.file_digest(source, "sha256").hexdigest()
    source.seek(0)
    info = c2pa.C2paSignerInfo(
        identity.algorithm, identity.certificates, identity.key, os.environ.get(TIME_VARIABLE)
    )
    try:
        signer = c2pa.Signer.from_info(info)
        builder = c2pa.Builder(_claim(manifest, digest), context=_open_context(identity))
        builder.sign(signer, TYPES[form], source, target)
    except c2pa.C2paError as error:
        raise FileError(
            f"the file cannot be signed: {error}",
            hint="a certificate for C2PA is for e-mail protection, not expired, and not its own "
            "issuer",
        ) from error


def sign_bytes(data: bytes, form: str, manifest: Manifest) -> bytes:
    """Return a signed copy of the bytes of a file, as `sign` writes it."""
    target = BytesIO()
    sign(BytesIO(data), target, form, manifest)
    return target.getvalue()


def read_credentials(file: Path | bytes) -> Credentials:
    """Read the content credentials of any file, and verify them offline.

    Args:
        file: Its path, or all of its bytes.

    Returns:
        The credentials; a file without them, or of a format unknown to C2PA, is not signed.

    Raises:
        FileError: The file cannot be read.
    """
    import c2pa

    try:
        with BytesIO(file) if isinstance(file, bytes) else file.open("rb") as stream:
            reader = c2pa.Reader.try_create(None, stream, None, _open_context(_find_identity()))
            if reader is None:
                return Credentials(signed=False)
            with reader:
                return _read_report(json.loads(reader.json()))
    except OSError as error:
        raise FileError(f"{file!s:.200} cannot be read: {error.strerror or error}") from error
    except c2pa.C2paError.NotSupported:
        return Credentials(signed=False)
    except (c2pa.C2paError, ValueError, LookupError, TypeError, AttributeError) as error:
        problem = str(error).partition("\n")[0][:200]
        return Credentials(signed=True, unaltered=False, problems=(problem,))


def seal(data: bytes) -> str:
    """Return a message authentication code of bytes, which only this installation can make.

    For files that C2PA does not support, such as latents. Equal bytes get equal codes (HMAC-SHA-256
    with the signing key); another installation cannot verify them.

    Returns:
        64 hexadecimal digits; empty if there is no key and none can be stored.

    Raises:
        InputError: A signing key was named, but cannot be used.
    """
    if explain_unsigned():
        return ""
    identity = _find_identity()
    key = hashlib.sha256(b"facewright seal" + identity.key).digest() if identity else b""
    return hmac.new(key, data, "sha256").hexdigest() if key else ""


def digest_unsigned(file: Path | bytes) -> str:
    """Return the sha256 of a file as it was before it was signed.

    Args:
        file: Its path, or all of its bytes.

    Raises:
        FileError: The file cannot be read.
    """
    found = read_credentials(file)
    if found.unsigned_sha256:
        return found.unsigned_sha256
    with BytesIO(file) if isinstance(file, bytes) else file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _claim(manifest: Manifest, digest: str) -> dict[str, Any]:
    """Return the definition of a C2PA manifest."""
    used = [
        {
            "title": name,
            "format": "application/octet-stream",
            "relationship": "componentOf",
            "instance_id": f"sha256:{sha256}",
            "label": f"source{number}",
        }
        for number, (name, sha256) in enumerate(sorted(manifest.sources.items()))
    ]
    created: dict[str, Any] = {
        "action": "c2pa.created",
        "digitalSourceType": name_source_type(manifest),
    }
    if used:
        created["parameters"] = {"ingredientIds": [one["label"] for one in used]}
    said = {_TEXT: to_text(manifest), _DIGEST: digest}  # as text: nothing is lost in between
    if manifest.consent:
        said[_DATE] = dt.datetime.now(dt.UTC).date().isoformat()
    version = {"version": manifest.version} if manifest.version else {}
    return {
        "claim_generator_info": [{"name": "Facewright", **version}],
        "ingredients": used,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}, "created": True},
            {"label": _ASSERTION, "data": said, "created": True},
        ],
    }


@lru_cache(maxsize=4)
def _try(identity: Identity) -> None:
    """Raise unless C2PA accepts the certificates, by signing a minimal GIF."""
    pixel = b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
    _sign(BytesIO(pixel), BytesIO(), "gif", Manifest("generate", {}), identity)


def _get_named() -> Path | None:
    """Return the file of the signing key that the environment names, if any."""
    named = os.environ.get(KEY_VARIABLE)
    return Path(named) if named else None


def _find_identity() -> Identity | None:
    """Return the identity of this installation, if there is one, without making it."""
    from facewright.provenance.certificates import find_identity

    return find_identity(_get_named())


def _open_context(identity: Identity | None) -> Context:
    """Return the settings of C2PA, which belong to one process."""
    from facewright.provenance.certificates import read_roots

    return _build_context(read_roots(identity), os.getpid())


@lru_cache(maxsize=2)
def _build_context(roots: str, _process: int) -> Context:
    """Build the settings of C2PA."""
    import c2pa

    return c2pa.Context.from_dict(
        {
            "version": 1,
            "trust": {"trust_anchors": roots} if roots else {},
            "verify": {
                "verify_after_sign": False,
                "verify_trust": True,
                "remote_manifest_fetch": False,
                "ocsp_fetch": False,
            },
            "builder": {"thumbnail": {"enabled": False}},
        }
    )


def _read_report(report: Mapping[str, Any]) -> Credentials:
    """Convert the validation report of C2PA."""
    active = report["manifests"][report["active_manifest"]]
    state = report.get("validation_state")
    signature = active.get("signature_info") or {}
    names = (signature.get("common_name"), signature.get("issuer"))
    results = report.get("validation_results") or {}
    problems = [one["code"] for one in (results.get("activeManifest") or {}).get("failure", ())]
    signer = ", ".join(str(name) for name in names if name)
    if state not in {"Valid", "Trusted"}:
        altered = any("mismatch" in code.lower() for code in problems)
        return Credentials(
            signed=True,
            signer=signer,
            unaltered=False if altered or not problems else None,
            problems=tuple(dict.fromkeys(problems)) or ("invalid",),
        )
    said = _read_assertion(active)
    manifest = _read_manifest(said)
    return Credentials(
        signed=True,
        signer=signer,
        trusted=state == "Trusted",
        unaltered=True,
        problems=tuple(dict.fromkeys(code for code in problems if code != _UNTRUSTED)),
        source_type=_read_source_type(active),
        manifest=manifest,
        consent_date=str(said.get(_DATE, "")) if manifest else "",
        unsigned_sha256=str(said.get(_DIGEST, "")) if manifest else "",
    )


def _find_assertions(active: Mapping[str, Any], label: str) -> list[Any]:
    """Return the data of the assertions of a manifest with one label, whatever its version."""
    found = active.get("assertions") or []
    return [one["data"] for one in found if one["label"].partition(".v")[0] == label]


def _read_assertion(active: Mapping[str, Any]) -> dict[str, Any]:
    """Return the assertion of Facewright; empty if there is not exactly one table."""
    found = _find_assertions(active, _ASSERTION)
    return found[0] if len(found) == 1 and isinstance(found[0], dict) else {}


def _read_manifest(said: dict[str, Any]) -> Manifest | None:
    """Return the manifest that was signed."""
    try:
        return from_text(said[_TEXT])
    except (InputError, LookupError, TypeError):
        return None


def _read_source_type(active: Mapping[str, Any]) -> str:
    """Return the digital source type, without the address of the vocabulary."""
    for data in _find_assertions(active, "c2pa.actions"):
        for action in data.get("actions", ()):
            if named := action.get("digitalSourceType"):
                return str(named).rpartition("/")[2]
    return ""
