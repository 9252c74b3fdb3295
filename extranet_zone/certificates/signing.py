"""Signing the PDF of a certificate: PAdES baseline B-B (ETSI EN 319 142-1), nothing may follow.

The signature covers the whole file and certifies it with "no changes allowed" (ISO 32000-2,
12.8.2.2): a reader that knows the authority's root says who signed and that nothing was altered,
without asking anyone. There is no time stamp, because the closed networks have no stamping
service: the recorded time in the statement and on the register is what counts.
"""

import io
from datetime import datetime
from typing import Any, Final

from asn1crypto import keys, pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from kernel.keys.documents import DocumentSigner

FIELD: Final = "RegistrationAuthority"
REASON: Final = "核发不动产登记电子证照"


def sign_pdf(pdf: bytes, signer: DocumentSigner, at: datetime) -> bytes:
    """``pdf`` with the authority's signature, which states the time ``at``."""
    certificates = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # its own half
    certificates.register(_certificate(signer.root))
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=REASON,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    key = SimpleSigner(
        signing_cert=_certificate(signer.certificate),
        signing_key=keys.PrivateKeyInfo.load(pem.unarmor(signer.key)[2]),
        cert_registry=certificates,
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    signed: bytes = _AtStatedTime(metadata, key, at).sign_pdf(writer).getvalue()
    return signed


class _AtStatedTime(PdfSigner):
    """pyHanko reads the machine's clock by itself; the time of an act is the caller's."""

    def __init__(self, metadata: PdfSignatureMetadata, key: SimpleSigner, at: datetime) -> None:
        super().__init__(metadata, signer=key)
        self._at = at

    def init_signing_session(self, *arguments: Any, **named: Any) -> Any:  # the library's own
        session = super().init_signing_session(*arguments, **named)
        session.system_time = self._at
        return session


def _certificate(text: bytes) -> x509.Certificate:
    return x509.Certificate.load(pem.unarmor(text)[2])
