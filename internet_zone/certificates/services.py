"""Keeping issued certificates, and verifying them for anybody."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from internet_zone.certificates.models import EndedCertificate, IssuedCertificate
from kernel.certificates import Statement, require_pdf, verify_statement
from kernel.clock import from_micros
from kernel.errors import ConflictError, InvalidValueError, RefusedError, RejectedBundleError
from kernel.keys import TrustStore
from kernel.messages import BlobRef, CertificateEnded, CertificateIssued
from kernel.vocabulary.certificate import CertificateKind, CertificateNo

MAX_OF_CASE: Final = 20
MAX_OF_UNIT: Final = 200
"""Certificates of one unit that are looked at, the newest first."""


@dataclass(frozen=True, slots=True)
class Found:
    """A certificate that is genuine, as far as this portal knows at ``as_of`` (microseconds).

    ``is_replaced`` says that a later title certificate of the same unit has come since: the paper
    is genuine, but it no longer says whose the unit is.
    """

    statement: Statement
    as_of: int
    is_replaced: bool
    ended: EndedCertificate | None
    """How and when the right it shows ended, where the platform has said so."""

    @property
    def ended_label(self) -> str:
        """已注销 or 已失效; empty while it holds."""
        return ended_label(self.ended) if self.ended else ""


def ended_label(ended: EndedCertificate) -> str:
    """What a page calls a certificate that no longer holds."""
    return "已注销" if ended.how == "cancelled" else "已失效"


def take_end(session: Session, body: CertificateEnded, _now: int) -> None:
    """Note that a certificate no longer holds; the first word of it stays.

    It may come before the certificate does, and of certificates the portal never had.
    """
    if session.get(EndedCertificate, body.certificate_no) is None:
        session.add(
            EndedCertificate(
                certificate_no=body.certificate_no, how=body.how, ended_at=body.ended_at
            )
        )


def ended_among(session: Session, rows: Sequence[IssuedCertificate]) -> dict[str, EndedCertificate]:
    """Those of ``rows`` that no longer hold, by number."""
    ended = session.scalars(
        select(EndedCertificate).where(
            EndedCertificate.certificate_no.in_([row.certificate_no for row in rows])
        )
    )
    return {found.certificate_no: found for found in ended}


def take_certificate(
    session: Session,
    trust: TrustStore,
    body: CertificateIssued,
    blobs: Sequence[BlobRef],
    now: int,
) -> None:
    """Keep a certificate whose statement is signed and about this very PDF; once.

    Raises :class:`RefusedError`: ``certificate_statement`` when the statement is not signed, or
    not about this certificate; ``certificate_pdf`` when its PDF did not come along; and
    :class:`ConflictError` with code ``certificate_differs`` when another one has its number.
    """
    try:
        statement = verify_statement(body.statement, trust, from_micros(now))
        require_pdf(statement, body.pdf)
    except RejectedBundleError as error:
        raise RefusedError("certificate_statement", "证书声明未通过核验") from error
    stated = (statement.certificate_no, statement.unit_no)
    if stated != (body.certificate_no, body.unit_no):
        raise RefusedError("certificate_statement", "证书声明未通过核验")
    if (body.pdf, body.pdf_size) not in {(blob.digest, blob.size) for blob in blobs}:
        raise RefusedError("certificate_pdf", "电子证书文件没有随消息送达")
    known = session.get(IssuedCertificate, body.certificate_no)
    if known is not None:
        if (known.case_no, known.statement) != (body.case_no, body.statement):
            raise ConflictError("certificate_differs", "同一证号已有另一份证书")
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
        select(IssuedCertificate)
        .where(IssuedCertificate.case_no == case_no)
        .order_by(IssuedCertificate.certificate_no)
        .limit(MAX_OF_CASE)
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
    return _checked(session, trust, row, now)


def verify_pdf(session: Session, trust: TrustStore, sha256: str, now: int) -> Found | None:
    """The certificate whose PDF has this digest; None when no issued certificate has."""
    row = session.scalars(
        select(IssuedCertificate).where(IssuedCertificate.pdf == sha256).limit(1)
    ).one_or_none()
    return _checked(session, trust, row, now) if row else None


def _checked(session: Session, trust: TrustStore, row: IssuedCertificate, now: int) -> Found | None:
    statement = _statement(trust, row, now)
    if statement is None:
        return None
    ended = session.get(EndedCertificate, row.certificate_no)
    return Found(statement, now, _is_replaced(session, trust, row, statement, now), ended)


def _statement(trust: TrustStore, row: IssuedCertificate, now: int) -> Statement | None:
    try:
        return verify_statement(row.statement, trust, from_micros(now))
    except RejectedBundleError:
        # The key was revoked since, or the row was tampered with: not genuine any more.
        return None


def _is_replaced(
    session: Session, trust: TrustStore, row: IssuedCertificate, statement: Statement, now: int
) -> bool:
    """Whether another recording gave the unit a title certificate after this one.

    Owners by shares have one certificate each from one recording; those do not replace each other.
    """
    if statement.kind is not CertificateKind.TITLE:
        return False
    others = session.scalars(
        select(IssuedCertificate)
        .where(IssuedCertificate.unit_no == row.unit_no, IssuedCertificate.case_no != row.case_no)
        .order_by(IssuedCertificate.received_at.desc())
        .limit(MAX_OF_UNIT)
    )
    return any(
        other.kind is CertificateKind.TITLE and other.recorded_at > statement.recorded_at
        for other in (_statement(trust, found, now) for found in others)
        if other is not None
    )
