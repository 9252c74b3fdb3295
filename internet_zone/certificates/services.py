"""Taking in certificates and verifying them for anybody."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from internet_zone.certificates.models import IssuedCertificate
from kernel.certificates import Statement, require_pdf, verify_statement
from kernel.clock import from_micros
from kernel.errors import InvalidValueError, RefusedError, RejectedBundleError
from kernel.keys import TrustStore
from kernel.messages import CertificateIssued
from kernel.vocabulary.certificate import CertificateNo


@dataclass(frozen=True, slots=True)
class Found:
    """A certificate that is genuine, as far as this portal knows at ``as_of`` (microseconds)."""

    statement: Statement
    as_of: int


def take_certificate(
    session: Session, trust: TrustStore, body: CertificateIssued, now: int
) -> None:
    """Keep a certificate whose statement is signed and about this very PDF.

    Raises :class:`RefusedError` with code ``certificate_statement`` when it is not.
    """
    try:
        statement = verify_statement(body.statement, trust, from_micros(now))
        require_pdf(statement, body.pdf)
    except RejectedBundleError as error:
        raise RefusedError("certificate_statement", "证书声明未通过核验") from error
    if statement.certificate_no != body.certificate_no:
        raise RefusedError("certificate_statement", "证书声明未通过核验")
    if session.get(IssuedCertificate, body.certificate_no) is not None:
        return
    session.add(
        IssuedCertificate(
            certificate_no=body.certificate_no,
            case_no=body.case_no,
            unit_no=body.unit_no,
            statement=body.statement,
            pdf=body.pdf,
            pdf_size=body.pdf_size,
            verification_code=statement.verification_code,
            received_at=now,
        )
    )


def of_case(session: Session, case_no: str) -> Sequence[IssuedCertificate]:
    """The certificates of a case."""
    return session.scalars(
        select(IssuedCertificate).where(IssuedCertificate.case_no == case_no).limit(20)
    ).all()


def verify_number(
    session: Session, trust: TrustStore, number: str, code: str, now: int
) -> Found | None:
    """The certificate with this number and verification code; None when there is none.

    A wrong code is answered like an unknown number, so that numbers cannot be tried out. Raises
    :class:`InvalidValueError` for what is no certificate number.
    """
    wanted = str(CertificateNo.parse(number))
    code = code.strip().upper()
    if not code:
        raise InvalidValueError("verification_code", "请填写证书上的验证码", field="code")
    row = session.get(IssuedCertificate, wanted)
    if row is None or not hmac.compare_digest(
        row.verification_code.encode(), code.encode("utf-8", "replace")
    ):
        return None
    return _checked(trust, row, now)


def verify_pdf(session: Session, trust: TrustStore, sha256: str, now: int) -> Found | None:
    """The certificate whose PDF has this digest; None when no issued certificate has."""
    row = session.scalars(
        select(IssuedCertificate).where(IssuedCertificate.pdf == sha256).limit(1)
    ).one_or_none()
    return _checked(trust, row, now) if row else None


def _checked(trust: TrustStore, row: IssuedCertificate, now: int) -> Found | None:
    try:
        return Found(verify_statement(row.statement, trust, from_micros(now)), now)
    except RejectedBundleError:
        # The key was revoked since, or the row was tampered with: not genuine any more.
        return None
