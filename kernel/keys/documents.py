"""The authority of signed documents: one root, one signing certificate, one list of revoked ones.

In the zone's folder of keys lie

* ``document-ca.crt`` and ``document-ca.key``, the root, whose key may be kept elsewhere;
* ``document.pem``, the signing certificate with its private key;
* ``document-SERIAL.crt``, every signing certificate that was ever made;
* ``document-ca.crl``, from the first revocation on.

Whoever has the root checks a document without asking anyone; whoever has the list too sees which
signers fell. A revoked signer's documents all fail, whenever they say they were signed: nothing
but the signer itself states the time.
"""

import os
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kernel.durable import write_durably
from kernel.errors import NotFoundError, SettingsError
from kernel.keys.tls import TlsIdentity, issue_signer, load_authority, make_ca

ROOT_DAYS: Final = 10_950
SIGNER_DAYS: Final = 3_650
"""Certificates of title are checked for decades; the list, not the end, stops a signer."""
LIST_DAYS: Final = 3_650
"""A list travels by hand to closed networks: it holds until the next one comes."""
_ROOT_SUFFIX: Final = "证照根证书"
_MAX_NAME: Final = 64
_MAX_FILE: Final = 64 * 1024
_MAX_SIGNERS: Final = 1_000
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, repr=False)
class DocumentSigner:
    """A signing certificate with its private key, and the root, all PEM; never shown or logged."""

    certificate: bytes
    key: bytes
    root: bytes

    @property
    def serial(self) -> str:
        """The certificate's serial number in hex, as its file is named."""
        return f"{x509.load_pem_x509_certificate(self.certificate).serial_number:x}"


def make_signer(folder: Path, name: str, now: datetime) -> DocumentSigner:
    """Make root and signing certificate of the authority ``name``; nothing is overwritten.

    Raises :class:`SettingsError`: ``key_exists``, or ``signer_name`` (a certificate's common name
    takes 64 bytes of UTF-8, RFC 5280 appendix A.1 ub-common-name).
    """
    root_name = f"{name}{_ROOT_SUFFIX}"
    if not name.strip() or len(root_name.encode()) > _MAX_NAME:
        longest = (_MAX_NAME - len(_ROOT_SUFFIX.encode())) // 3
        raise SettingsError("signer_name", f"登记机构名称应为 1 至 {longest} 个汉字", field="name")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = make_ca(root_name, now, ROOT_DAYS)
    authority.write(folder / "document-ca.crt", folder / "document-ca.key")
    return _put(folder, issue_signer(authority, name, now, SIGNER_DAYS))


def renew_signer(folder: Path, now: datetime) -> DocumentSigner:
    """Put a new signing certificate of the same name in the place of the present one.

    What the former one signed stays good. Raises :class:`SettingsError`: ``key_missing``,
    ``key_file_mode`` or ``key_unreadable``.
    """
    present = x509.load_pem_x509_certificate(load_signer(folder).certificate)
    name = str(present.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    return _put(folder, issue_signer(_root(folder), name, now, SIGNER_DAYS))


def revoke_signer(folder: Path, serial: str, now: datetime) -> bytes:
    """Put the signing certificate ``serial`` on the root's list; answers the list as PEM.

    Raises :class:`NotFoundError` with code ``signer_unknown`` when the root never issued it, and
    :class:`SettingsError` as :func:`renew_signer`.
    """
    known = {path.stem.removeprefix("document-") for path in _signers(folder)}
    if serial not in known:
        raise NotFoundError("signer_unknown", "没有这个序列号的签名证书")
    authority = _root(folder)
    key = serialization.load_pem_private_key(authority.key, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SettingsError("key_unreadable", "证书颁发密钥的类型不符")
    revoked = {int(serial, 16): now}
    path = folder / "document-ca.crl"
    if path.exists():
        earlier = x509.load_pem_x509_crl(path.read_bytes())
        revoked |= {entry.serial_number: entry.revocation_date_utc for entry in earlier}
    builder = x509.CertificateRevocationListBuilder(
        x509.load_pem_x509_certificate(authority.certificate).subject,
        now,
        now + timedelta(days=LIST_DAYS),
        revoked_certificates=[
            x509.RevokedCertificateBuilder(number, at)
            .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
            .build()
            for number, at in sorted(revoked.items())
        ],
    )
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    with write_durably(path) as file:
        file.write(pem)
    return pem


def load_signer(folder: Path) -> DocumentSigner:
    """Read the signing certificate and its key.

    Raises :class:`SettingsError`: ``key_missing``, ``key_unreadable`` or ``key_file_mode``.
    """
    path = folder / "document.pem"
    try:
        if path.stat().st_mode & _OTHERS:
            raise SettingsError("key_file_mode", f"密钥文件 {path} 的权限过宽，应为 0600")
        both = path.read_bytes()[:_MAX_FILE]
        root = (folder / "document-ca.crt").read_bytes()[:_MAX_FILE]
        certificate = x509.load_pem_x509_certificate(both)
        key = serialization.load_pem_private_key(both, password=None)
    except FileNotFoundError as error:
        raise SettingsError(
            "key_missing",
            f"{folder} 中没有电子证照的签名证书，请先运行 python -m kernel.keys documents make",
        ) from error
    except (OSError, ValueError) as error:
        raise SettingsError("key_unreadable", f"密钥文件 {path} 无法读取") from error
    return DocumentSigner(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        root,
    )


def _put(folder: Path, made: TlsIdentity) -> DocumentSigner:
    signer = DocumentSigner(made.certificate, made.key, b"")
    with write_durably(folder / f"document-{signer.serial}.crt") as file:
        file.write(made.certificate)
    # One file for both, replaced in one step: never a certificate with another one's key.
    with write_durably(folder / "document.pem") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(made.certificate + made.key)
    return load_signer(folder)


def _signers(folder: Path) -> list[Path]:
    return [path for path in folder.glob("document-*.crt") if path.stem != "document-ca"][
        :_MAX_SIGNERS
    ]


def _root(folder: Path) -> TlsIdentity:
    return load_authority(folder / "document-ca.crt", folder / "document-ca.key")
