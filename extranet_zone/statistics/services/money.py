"""Fees billed, paid and exempted; certificates made, blanks used and spoiled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from extranet_zone.blanks.models import Blank, BlankStatus
from extranet_zone.cases.models import Bill, BillKind, Case, CaseStep
from extranet_zone.certificates.models import Certificate
from extranet_zone.statistics.services.scope import Scope
from kernel.vocabulary.certificate import CertificateKind

EXEMPTED: Final = "exemption_granted"
"""The step that keeps an exemption; its label names which."""
MAX_EXEMPTIONS: Final = 50


@dataclass(frozen=True, slots=True)
class Sum:
    """How many bills, and their amount in fen; ``unknown`` are bills without an amount yet."""

    label: str
    billed: int
    billed_fen: int
    unknown: int
    paid: int
    paid_fen: int


@dataclass(frozen=True, slots=True)
class Money:
    """Bills by kind, and how often each exemption was granted."""

    sums: Sequence[Sum]
    exemptions: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Issued:
    """Of one kind of certificate: made, and blanks used and spoiled, in the period."""

    kind: CertificateKind
    made: int
    used: int
    spoiled: int


def money(session: Session, scope: Scope) -> Money:
    """What was billed and what was paid in the period, whoever asked; exemptions by clerk, too."""
    billed = {
        kind: (number, int(fen or 0), number - known)
        for kind, number, known, fen in session.execute(
            select(Bill.kind, func.count(), func.count(Bill.amount_fen), func.sum(Bill.amount_fen))
            .join(Case, Case.case_no == Bill.case_no)
            .where(*scope.within(Bill.billed_at), *scope.cases())
            .group_by(Bill.kind)
        )
    }
    paid = {
        kind: (number, int(fen or 0))
        for kind, number, fen in session.execute(
            select(Bill.kind, func.count(), func.sum(Bill.amount_fen))
            .join(Case, Case.case_no == Bill.case_no)
            .where(*scope.within(Bill.paid_at), *scope.cases())
            .group_by(Bill.kind)
        )
    }
    number = func.count()
    exempted = (
        select(CaseStep.label, number)
        .join(Case, Case.case_no == CaseStep.case_no)
        .where(*scope.within(CaseStep.at), CaseStep.action == EXEMPTED, *scope.cases())
        .group_by(CaseStep.label)
        .order_by(number.desc(), CaseStep.label)
        .limit(MAX_EXEMPTIONS)
    )
    if scope.clerk:
        exempted = exempted.where(CaseStep.actor == scope.clerk)
    return Money(
        [
            Sum(kind.label, *billed.get(kind, (0, 0, 0)), *paid.get(kind, (0, 0)))
            for kind in BillKind
        ],
        [(label, count) for label, count in session.execute(exempted)],
    )


def issued(session: Session, scope: Scope) -> list[Issued]:
    """Certificates of the cases that are meant; blanks of the whole office, or of the clerk."""
    certificates = (
        select(Certificate.kind, func.count())
        .join(Case, Case.case_no == Certificate.case_no)
        .where(*scope.within(Certificate.engrossed_at), *scope.cases())
        .group_by(Certificate.kind)
    )
    blanks = (
        select(Blank.kind, Blank.status, func.count())
        .where(*scope.within(Blank.taken_at))
        .group_by(Blank.kind, Blank.status)
    )
    if scope.clerk:
        certificates = certificates.where(Certificate.engrossed_by == scope.clerk)
        blanks = blanks.where(Blank.taken_by == scope.clerk)
    made = {kind: int(count) for kind, count in session.execute(certificates)}
    taken = {(kind, status): count for kind, status, count in session.execute(blanks)}
    return [
        Issued(
            kind,
            made.get(kind, 0),
            taken.get((kind, BlankStatus.USED), 0),
            taken.get((kind, BlankStatus.SPOILED), 0),
        )
        for kind in CertificateKind
    ]
