"""The checks of the window (窗口核验): made by hand for the case, by a device for one person.

1. a check made by hand holds until its tick is taken away;
2. a device's check belongs to one person, by kind and number of the document and by name: it holds
   for the case while every party is such a person, and no longer once a party is edited;
3. ``facts["checks"]`` is always what follows from these, and is what acts ask for.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, CaseCheck, CaseParty, CheckSource
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.rules import ALL_CHECKS
from extranet_zone.cases.services.work import facts_of
from kernel import audit
from kernel.vocabulary.masks import mask_name

CHECKS_FACT: Final = "checks"
IDENTITY: Final = "identity"
WHOLE_CASE: Final = "case"
MAX_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a device's check rests on; ``detail`` names nobody."""

    reading_id: str
    digest: str
    device: str
    passed: bool = True
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CheckMade:
    """One record as pages show it; ``whom`` is masked, empty for the whole case."""

    code: str
    words: str
    source: CheckSource
    whom: str
    passed: bool
    holds: bool
    """Whether the person is still a party."""
    made_by: str
    made_at: int
    device: str
    detail: str


def subject_of(document_type: str, document_no: str, name: str) -> str:
    """Who is meant, as one digest."""
    return hashlib.sha256(f"{document_type}\n{document_no}\n{name}".encode()).hexdigest()


def subject_of_party(party: CaseParty) -> str:
    """The same of a party."""
    return subject_of(party.document_type, party.document_no, party.name)


def names_of(case: Case) -> dict[str, str]:
    """The parties, masked, by what names them in checks."""
    return {subject_of_party(party): mask_name(party.name) for party in case.parties}


def made_checks(case: Case) -> frozenset[str]:
    """The codes of the checks that hold."""
    return frozenset(facts_of(case).get(CHECKS_FACT, "").split())


def by_device(session: Session, case: Case) -> frozenset[str]:
    """The checks that devices made of every party."""
    subjects = {subject_of_party(party) for party in case.parties}
    passed: dict[str, set[str]] = {}
    for row in _rows(session, case.case_no):
        if row.source is CheckSource.DEVICE and row.passed:
            passed.setdefault(row.code, set()).add(row.subject)
    return frozenset(code for code, whom in passed.items() if subjects and subjects <= whom)


def settle(
    session: Session, case: Case, actor: Actor, now: int, *, ticked: Collection[str] | None = None
) -> None:
    """Bring the case's checks in line; ``ticked`` is what the form says of those made by hand."""
    rows = _rows(session, case.case_no)
    recorded = {row.code for row in rows if row.source is CheckSource.HAND}
    devices = {row.code for row in rows if row.source is CheckSource.DEVICE}
    # A case that was begun before checks had records: what holds there was made by hand.
    hand = recorded | (made_checks(case) - devices)
    covered = by_device(session, case)
    if ticked is not None:
        hand = set(ticked) - (covered - recorded)
    for code in sorted(hand - recorded):
        session.add(_record_by_hand(case, code, actor, now))
    gone = sorted(recorded - hand)
    if gone:
        session.execute(
            delete(CaseCheck).where(
                CaseCheck.case_no == case.case_no,
                CaseCheck.subject == WHOLE_CASE,
                CaseCheck.code.in_(gone),
            )
        )
    facts = facts_of(case) | {CHECKS_FACT: " ".join(sorted(hand | covered))}
    case.facts = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    session.flush()


def record_by_device(
    session: Session,
    case: Case,
    code: str,
    subject: str,
    evidence: Evidence,
    actor: Actor,
    now: int,
) -> None:
    """Keep what a device found of one person; the latest counts. Audited with its digest."""
    settle(session, case, actor, now)
    row = session.get(CaseCheck, (case.case_no, code, subject))
    if row is None:
        row = CaseCheck(case_no=case.case_no, code=code, subject=subject)
        session.add(row)
    row.source, row.passed = CheckSource.DEVICE, int(evidence.passed)
    row.made_by, row.made_at = actor.login, now
    row.device, row.reading_id, row.detail = evidence.device, evidence.reading_id, evidence.detail
    session.flush()
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act="case.check_by_device",
            object_kind="case",
            object_id=case.case_no,
            case_no=case.case_no,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            result=audit.AuditResult.DONE if evidence.passed else audit.AuditResult.FAILED,
            detail={
                "check": code,
                "source": CheckSource.DEVICE.value,
                "reading": evidence.reading_id,
                "digest": evidence.digest,
                "result": evidence.detail,
            },
        ),
    )
    settle(session, case, actor, now)


def checks_made(session: Session, case: Case) -> Sequence[CheckMade]:
    """Every record of the case, in the order of the checks, for pages."""
    names = names_of(case)
    order = list(ALL_CHECKS)
    rows = sorted(
        _rows(session, case.case_no), key=lambda row: (order.index(row.code), row.made_at)
    )
    return [
        CheckMade(
            code=row.code,
            words=ALL_CHECKS[row.code],
            source=row.source,
            whom="" if row.subject == WHOLE_CASE else names.get(row.subject, ""),
            passed=bool(row.passed),
            holds=row.subject == WHOLE_CASE or row.subject in names,
            made_by=row.made_by,
            made_at=row.made_at,
            device=row.device,
            detail=row.detail,
        )
        for row in rows
    ]


def _rows(session: Session, case_no: str) -> Sequence[CaseCheck]:
    return session.scalars(
        select(CaseCheck)
        .where(CaseCheck.case_no == case_no)
        .order_by(CaseCheck.made_at.desc(), CaseCheck.code, CaseCheck.subject)
        .limit(MAX_SHOWN)
    ).all()


def _record_by_hand(case: Case, code: str, actor: Actor, now: int) -> CaseCheck:
    return CaseCheck(
        case_no=case.case_no,
        code=code,
        subject=WHOLE_CASE,
        source=CheckSource.HAND,
        passed=1,
        made_by=actor.login,
        made_at=now,
        device="",
        reading_id="",
        detail="",
    )
