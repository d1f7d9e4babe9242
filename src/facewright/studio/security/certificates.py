"""Certificates for https in the local network, of an authority that a phone can trust."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from facewright.provenance.certificates import begin_certificate

_AUTHORITY, _KEY, _CHAIN, _OWN = "authority.pem", "authority.key", "server.pem", "server.key"
_YEARS, _DAYS = 5, 390  # of the authority, and of the server: browsers take up to 398
_RENEWED = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Paths of a certificate and its key, PEM."""

    chain: Path
    """Certificates of the server and the authority, in this order."""
    key: Path


def find_authority(data: Path) -> Path:
    """Return the path of the authority's certificate, which a phone has to trust, PEM."""
    return data / "https" / _AUTHORITY


def find_certificate(data: Path, names: Sequence[str]) -> Certificate:
    """Return a server certificate, creating or renewing it and its authority as needed.

    The authority is constrained to addresses of local networks, and only its owner can read its
    key.

    Args:
        data: Folder of the studio.
        names: Host names and IP addresses of the server.
    """
    folder = data / "https"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = Certificate(folder / _CHAIN, folder / _OWN)
    if not _is_valid(find_authority(data), dt.timedelta(days=_DAYS)):
        _make_authority(folder)
        found.chain.unlink(missing_ok=True)
    if not _is_valid(found.chain, _RENEWED) or not _covers(found.chain, names):
        _make_certificate(folder, names)
    return found


def _is_valid(path: Path, ahead: dt.timedelta) -> bool:
    """Return whether a certificate exists and stays valid for at least `ahead`."""
    try:
        ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return False
    return ends > dt.datetime.now(dt.UTC) + ahead


def _covers(path: Path, names: Sequence[str]) -> bool:
    """Return whether a certificate covers all names."""
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    kinds = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return set(_name_all(names)) <= set(kinds.value)


def _make_authority(folder: Path) -> None:
    """Create the certificate authority, which only signs server certificates."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Facewright Studio of this machine")
    certificate = (
        begin_certificate(key.public_key(), name, name, days=_YEARS * 365)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.NameConstraints(_list_local(), None), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(folder / _KEY, _to_pem(key))
    _write(folder / _AUTHORITY, certificate.public_bytes(serialization.Encoding.PEM))


def _list_local() -> list[x509.GeneralName]:
    """Return the permitted subtrees of the authority: local networks and local names."""
    networks = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8")
    found: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.DNSName("local")]
    return found + [x509.IPAddress(ipaddress.ip_network(one)) for one in networks]


def _make_certificate(folder: Path, names: Sequence[str]) -> None:
    """Create the certificate of the server."""
    above = x509.load_pem_x509_certificate((folder / _AUTHORITY).read_bytes())
    signing = serialization.load_pem_private_key((folder / _KEY).read_bytes(), password=None)
    if not isinstance(signing, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{folder / _KEY} is another kind of key")
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    certificate = (
        begin_certificate(key.public_key(), _name("Facewright Studio"), above.subject, days=_DAYS)
        .add_extension(x509.SubjectAlternativeName(_name_all(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(purpose, critical=False)
        .add_extension(issuer, critical=False)
        .sign(signing, hashes.SHA256())
    )
    chain = [one.public_bytes(serialization.Encoding.PEM) for one in (certificate, above)]
    _write(folder / _OWN, _to_pem(key))
    _write(folder / _CHAIN, b"".join(chain))


def _name_all(names: Sequence[str]) -> list[x509.GeneralName]:
    """Convert names and addresses to subject alternative names."""
    found: list[x509.GeneralName] = []
    for name in dict.fromkeys(names):
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def _name(common: str) -> x509.Name:
    """Return a distinguished name with only a common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*wanted: str) -> x509.KeyUsage:
    """Return a key usage extension with only the named uses."""
    names: Sequence[str] = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: name in wanted for name in names})


def _to_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Encode a private key as PEM, unencrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, data: bytes) -> None:
    """Write a file atomically, readable by its owner only."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    unfinished.replace(path)
