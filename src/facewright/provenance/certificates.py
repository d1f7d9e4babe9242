"""Keys and certificates to sign files with: named by the user, or made at first use."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from platformdirs import user_config_path

from facewright.errors import FileError, InputError

CONFIG_VARIABLE = "FACEWRIGHT_CONFIG"
"""Environment variable that names another folder of configuration."""

_OWN, _TRUSTED = "signing.pem", "trusted"
_DAYS = 3650
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----", re.DOTALL)
_HINT = "it holds a private key (PKCS 8, no password) and its certificates, the signer's first"


@dataclass(frozen=True, slots=True)
class Identity:
    """A signing key with its certificates."""

    algorithm: str
    """Name of the algorithm in COSE: es256, es384, es512, ps256 or ed25519."""
    certificates: bytes
    """PEM: the certificate of the signer, then those above it up to a root."""
    key: bytes
    """PEM, PKCS 8: the private key."""

    @property
    def root(self) -> bytes:
        """The root certificate, PEM, which others have to trust to trust this identity."""
        return [match[0] for match in _BLOCK.finditer(self.certificates)][-1] + b"\n"


def find_folder() -> Path:
    """Return the folder of keys and certificates, which may not exist yet."""
    named = os.environ.get(CONFIG_VARIABLE)
    return (Path(named) if named else user_config_path("facewright", appauthor=False)) / "signing"


def load_identity(named: Path | None = None) -> Identity:
    """Return the identity to sign with: from a file that the user names, or the installation's own.

    The own identity is made at the first use: a root certificate of this installation, whose key is
    discarded, and a key and certificate below it. Processes that start together get the same one.

    Raises:
        InputError: The named file cannot be used.
        OSError: The own identity cannot be read or written.
    """
    if named:
        return read_identity(named)
    path = find_folder() / _OWN
    with contextlib.suppress(FileNotFoundError, InputError):
        identity = _parse(path.read_bytes(), str(path))
        if not _is_expired(identity):
            return identity
        _keep_root(identity)
        path.unlink()
    _write_once(path, _make_identity())
    return read_identity(path)


def find_identity(named: Path | None = None) -> Identity | None:
    """Return the identity as `load_identity` does, but make none: None without a usable one."""
    try:
        return read_identity(named or find_folder() / _OWN)
    except FileError:
        return None


def read_identity(path: Path) -> Identity:
    """Read a private key and its certificates from a PEM file.

    Raises:
        FileError: The file is missing or damaged, or holds something else.
    """
    try:
        return _parse(path.read_bytes(), str(path))
    except OSError as error:
        raise FileError(
            f"the signing key {path} cannot be read: {error.strerror or error}", hint=_HINT
        ) from error


def read_roots(identity: Identity | None) -> str:
    """Return the trusted root certificates: that of this installation, and those in its folder.

    Args:
        identity: The identity of this installation, if there is one.

    Returns:
        Certificates, PEM. Files in the folder without certificates are ignored.
    """
    roots = [identity.root] if identity else []
    folder = find_folder() / _TRUSTED
    with contextlib.suppress(OSError):
        for path in sorted(folder.glob("*.pem")):
            found = list(_BLOCK.finditer(path.read_bytes()))
            roots += [match[0] + b"\n" for match in found if match[1] == b"CERTIFICATE"]
    return b"".join(dict.fromkeys(roots)).decode("ascii", "ignore")


def _parse(data: bytes, name: str) -> Identity:
    """Read a private key and certificates, and check that they belong together."""
    blocks = [(match[1], match[0] + b"\n") for match in _BLOCK.finditer(data)]
    keys = [block for kind, block in blocks if kind.endswith(b"PRIVATE KEY")]
    chain = [block for kind, block in blocks if kind == b"CERTIFICATE"]
    if len(keys) != 1 or not chain:
        raise FileError(f"{name} is no signing key", hint=_HINT)
    try:
        key = serialization.load_pem_private_key(keys[0], password=None)
        signer = x509.load_pem_x509_certificate(chain[0])
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise FileError(f"{name} is no signing key: {error}", hint=_HINT) from error
    if signer.public_key() != key.public_key():
        raise FileError(f"the certificate in {name} belongs to another key", hint=_HINT)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Identity(_name_algorithm(key, name), b"".join(chain), pem)


def _name_algorithm(key: object, name: str) -> str:
    """Return the signature algorithm of a key, by its name in COSE."""
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048:
        return "ps256"
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    raise FileError(
        f"{name} holds a key that C2PA does not know",
        hint="one of: P-256, P-384, P-521, RSA of 2048 bits or more, Ed25519",
    )


def _is_expired(identity: Identity) -> bool:
    """Return whether a certificate has expired."""
    ends = x509.load_pem_x509_certificate(identity.certificates).not_valid_after_utc
    return ends < dt.datetime.now(dt.UTC)


def _make_identity() -> bytes:
    """Make a root certificate, a key and its certificate; PEM, the key first."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    spki = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    number = hashlib.sha256(spki).hexdigest()[:8]  # no name of a machine or of a person
    above = _name(f"Facewright authority {number}")
    root = (
        begin_certificate(root_key.public_key(), above, above, days=_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    usage = [ExtendedKeyUsageOID.EMAIL_PROTECTION]  # what C2PA asks for
    leaf = (
        begin_certificate(
            key.public_key(), _name(f"Facewright installation {number}"), above, days=_DAYS
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        .add_extension(issuer, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem + b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (leaf, root))


def _name(common: str) -> x509.Name:
    """Return the subject of a certificate."""
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Facewright (self-issued)")
    return x509.Name([organization, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def begin_certificate(
    key: ec.EllipticCurvePublicKey, subject: x509.Name, issuer: x509.Name, *, days: int
) -> x509.CertificateBuilder:
    """Return a builder of a certificate that is valid from yesterday on, since clocks differ.

    Args:
        key: Of whom it is for.
        subject: The name of whom it is for.
        issuer: The name of who signs it.
        days: How long it is valid.
    """
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*wanted: str) -> x509.KeyUsage:
    """Return the permitted uses of a key."""
    names: Sequence[str] = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: name in wanted for name in names})


def _keep_root(identity: Identity) -> None:
    """Keep trusting files that were signed with an expired key."""
    name = hashlib.sha256(identity.root).hexdigest()[:16]
    folder = find_folder() / _TRUSTED
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.pem").write_bytes(identity.root)


def _write_once(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, unless it exists already."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.part")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, path)  # fails where the name is taken: nobody's key is replaced
    finally:
        unfinished.unlink()
