"""X.509 certificates of small authorities of our own: the uplink's ends, and who signs documents.

Each use has an authority to itself and trusts it alone, never the machine's list of public ones.
Keys are P-256, which every TLS library and every PDF reader of the three networks speaks.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kernel.errors import SettingsError

AUTHORITY_DAYS: Final = 3650
LEAF_DAYS: Final = 825
DOCUMENT_SIGNING: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""``id-kp-documentSigning`` of RFC 9336."""
_EARLIER: Final = timedelta(hours=1)
"""Certificates start a little in the past: the clocks of two networks never agree exactly."""


@dataclass(frozen=True, slots=True, repr=False)
class TlsIdentity:
    """A certificate and its private key, both PEM; never shown, never logged."""

    certificate: bytes
    key: bytes

    def write(self, certificate: Path, key: Path) -> None:
        """Write both files, the key for its owner alone; existing files are never overwritten.

        Raises :class:`SettingsError` with code ``key_exists``.
        """
        _write(key, self.key, 0o600)
        _write(certificate, self.certificate, 0o644)


def make_ca(name: str, now: datetime, days: int = AUTHORITY_DAYS) -> TlsIdentity:
    """A new authority that may sign end certificates and nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    usage = _key_usage("authority")
    builder = (
        _builder(subject, subject, key.public_key(), now, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
    )
    return _identity(builder.sign(key, hashes.SHA256()), key)


def issue_server(
    authority: TlsIdentity, hosts: Sequence[str], now: datetime, days: int = LEAF_DAYS
) -> TlsIdentity:
    """A server certificate for ``hosts``: names and IP addresses, at least one."""
    if not hosts:
        raise ValueError("a server certificate needs a host")
    return _issue(authority, hosts[0], hosts, ExtendedKeyUsageOID.SERVER_AUTH, now, days)


def issue_client(
    authority: TlsIdentity, name: str, now: datetime, days: int = LEAF_DAYS
) -> TlsIdentity:
    """A client certificate whose common name is ``name``."""
    return _issue(authority, name, (), ExtendedKeyUsageOID.CLIENT_AUTH, now, days)


def issue_signer(
    authority: TlsIdentity, name: str, now: datetime, days: int = LEAF_DAYS
) -> TlsIdentity:
    """A certificate with which ``name`` signs documents and nothing else (RFC 9336)."""
    return _issue(authority, name, (), DOCUMENT_SIGNING, now, days)


def load_authority(certificate: Path, key: Path) -> TlsIdentity:
    """Read an authority that :meth:`TlsIdentity.write` wrote.

    Raises :class:`SettingsError` with code ``key_unreadable``.
    """
    try:
        return TlsIdentity(certificate.read_bytes(), key.read_bytes())
    except OSError as error:
        raise SettingsError("key_unreadable", f"证书文件 {certificate} 无法读取") from error


def common_name(certificate: bytes) -> str:
    """The common name in a PEM certificate: who a client says it is.

    Raises :class:`ValueError` when there is not exactly one.
    """
    names = x509.load_pem_x509_certificate(certificate).subject.get_attributes_for_oid(
        NameOID.COMMON_NAME
    )
    if len(names) != 1:
        raise ValueError("a certificate must have one common name")
    return str(names[0].value)


def _issue(
    authority: TlsIdentity,
    name: str,
    hosts: Sequence[str],
    usage: x509.ObjectIdentifier,
    now: datetime,
    days: int,
) -> TlsIdentity:
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    issuer_key = serialization.load_pem_private_key(authority.key, password=None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise SettingsError("key_unreadable", "证书颁发密钥的类型不符")
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _builder(_name(name), issuer.subject, key.public_key(), now, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            _key_usage("documents" if usage == DOCUMENT_SIGNING else "connections"), critical=True
        )
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
    )
    if hosts:
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    return _identity(builder.sign(issuer_key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _key_usage(of: Literal["authority", "connections", "documents"]) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=of != "authority",
        key_cert_sign=of == "authority",
        crl_sign=of == "authority",
        # Non-repudiation: a PDF reader asks for it of whoever signs a document.
        content_commitment=of == "documents",
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _identity(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> TlsIdentity:
    return TlsIdentity(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            path.chmod(mode)
            file.write(content)
    except FileExistsError:
        raise SettingsError("key_exists", f"证书文件 {path} 已存在，不会覆盖") from None
