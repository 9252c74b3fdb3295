"""Checking the authority's signature in a certificate's PDF, without asking anyone.

The order is docs/spec/certificate-v1.md, section 5: size, one signature, the whole file, the
signature's own arithmetic, the signer under a known root, the root's list of revoked signers.
"""

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from asn1crypto import pem
from asn1crypto import x509 as asn1
from cryptography import x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from kernel.errors import RejectedBundleError, SettingsError

MAX_PDF_BYTES: Final = 10 * 1024 * 1024
MAX_ROOTS: Final = 10
_DEFECTS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    PdfError,
    RecursionError,
    SigningError,
    SignatureValidationError,
    TypeError,
    ValueError,
    zlib.error,
)
"""What pyHanko raises at wrong bytes; it has no one error of its own for them."""


@dataclass(frozen=True, slots=True)
class DocumentTrust:
    """The roots whose signers are believed, and the serial numbers that no longer are."""

    roots: tuple[bytes, ...]
    """Certificates, PEM."""
    revoked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class SignedPdf:
    """Who signed, as the certificate names them, and when they say they did."""

    signer: str
    serial: str
    signed_at: datetime


def load_document_trust(roots: Sequence[Path], lists: Sequence[Path] = ()) -> DocumentTrust:
    """Read root certificates and their lists of revoked signers.

    Raises :class:`SettingsError`: ``roots_unreadable``, or ``crl_forged`` for a list that none of
    the roots signed.
    """
    try:
        found = [path.read_bytes() for path in roots[: MAX_ROOTS + 1]]
        issuers = [x509.load_pem_x509_certificate(root) for root in found]
        crls = [x509.load_pem_x509_crl(path.read_bytes()) for path in lists]
    except (OSError, ValueError) as error:
        raise SettingsError("roots_unreadable", "根证书或吊销列表无法读取") from error
    if not 1 <= len(found) <= MAX_ROOTS:
        raise SettingsError("roots_unreadable", f"根证书应为 1 到 {MAX_ROOTS} 个")
    revoked: set[int] = set()
    for crl in crls:
        keys = [root.public_key() for root in issuers if root.subject == crl.issuer]
        if not any(crl.is_signature_valid(key) for key in keys):  # type: ignore[arg-type]  # ours are P-256
            raise SettingsError("crl_forged", "吊销列表不是由这些根证书签发的")
        revoked |= {entry.serial_number for entry in crl}
    return DocumentTrust(tuple(found), frozenset(revoked))


def verify_pdf(content: bytes, trust: DocumentTrust) -> SignedPdf:
    """Who signed the whole of this PDF.

    Raises :class:`RejectedBundleError`: ``pdf_size``, ``pdf_unreadable``, ``pdf_unsigned``,
    ``pdf_changed`` (after signing, or not covered), ``pdf_signer_unknown`` or
    ``pdf_signer_revoked``.
    """
    # Step 1: bounded before anything looks inside.
    if len(content) > MAX_PDF_BYTES:
        raise RejectedBundleError("pdf_size", "PDF 文件超过允许的大小")
    # Step 2: one signature, no more.
    try:
        signatures = PdfFileReader(io.BytesIO(content)).embedded_signatures
        signed_at = signatures[0].self_reported_timestamp if signatures else None
    except _DEFECTS as error:
        raise RejectedBundleError("pdf_unreadable", "文件不是完整的 PDF") from error
    if len(signatures) != 1:
        raise RejectedBundleError("pdf_unsigned", "PDF 中应有且只有登记机构的一个电子签名")
    # Steps 3 to 5: it covers every byte, its arithmetic holds, and a known root vouches for it.
    if signed_at is None:
        raise RejectedBundleError("pdf_changed", "电子签名没有说明签名时间")
    context = ValidationContext(
        trust_roots=[asn1.Certificate.load(pem.unarmor(root)[2]) for root in trust.roots],
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=signed_at,
        best_signature_time=signed_at,
    )
    try:
        status = validate_pdf_signature(signatures[0], signer_validation_context=context)
    except _DEFECTS as error:
        raise RejectedBundleError("pdf_changed", "电子签名无效，文件可能被改动") from error
    whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    if not (whole and status.intact and status.valid):
        raise RejectedBundleError("pdf_changed", "电子签名无效，文件在签名后被改动")
    if not status.trusted:
        raise RejectedBundleError("pdf_signer_unknown", "签名者不是已知的登记机构")
    # Step 6: a fallen signer's documents all fail.
    certificate = status.signing_cert
    if certificate.serial_number in trust.revoked:
        raise RejectedBundleError("pdf_signer_revoked", "签名证书已被吊销")
    name = str(certificate.subject.native["common_name"])
    return SignedPdf(name, f"{certificate.serial_number:x}", signed_at)
