"""What a court is told: what the register says after its request, or when it asks."""

import json
from dataclasses import asdict
from typing import Final

from sqlalchemy.orm import Session

from extranet_zone.cases import court
from extranet_zone.cases.court import Request
from extranet_zone.cases.models import Case
from extranet_zone.cases.ports import (
    Actor,
    Inquiry,
    Outgoing,
    SeizureStanding,
    UnitRecord,
)
from extranet_zone.cases.services.work import CaseWork, facts_of
from kernel.vocabulary.normal import compact

MAX_RECORDS: Final = 200
"""Of one answer; a person who has more is told so."""


def answer_court(session: Session, work: CaseWork, case: Case, actor: Actor, now: int) -> None:
    """Queue the answer, and keep its sentence with the case."""
    facts = facts_of(case)
    request = Request(facts[court.REQUEST])
    reason = facts.get(court.NOT_EXECUTED, "")
    records: tuple[UnitRecord, ...] = ()
    queue: tuple[SeizureStanding, ...] = ()
    if request is Request.INQUIRY and not reason:
        records = tuple(work.register.inquire(session, _inquiry(case, facts), actor, MAX_RECORDS))
    elif request is not Request.INQUIRY:
        queue = tuple(work.register.queue(session, case.unit_no))
    controlled = case.entry_id is not None
    place = _place(request, facts, queue) if controlled else 0
    found = _sentence(request, records, queue, place, controlled=controlled)
    case.facts = json.dumps(facts | {court.FOUND: found}, ensure_ascii=False, sort_keys=True)
    work.province.enqueue(
        session,
        Outgoing(
            operation="answerRestraint",
            key=f"{case.case_no}:answer",
            case_no=case.case_no,
            peer=case.collecting_authority,
            body={
                "request_no": case.external_no or "",
                "request": request.value,
                "court_case_no": facts.get("court_case_no", ""),
                "unit_no": case.unit_no,
                "controlled": controlled,
                "place": place,
                "seizures": [asdict(standing) for standing in queue],
                "records": [_told(record) for record in records],
                "complete": len(records) < MAX_RECORDS,
                "found": found,
                "reason": reason,
                "answered_at": now,
            },
        ),
        now,
    )


def _inquiry(case: Case, facts: dict[str, str]) -> Inquiry:
    return Inquiry(
        ground=f"{facts['document_no']}（办件 {case.case_no}）",
        unit_no=case.unit_no,
        owner=facts.get(court.DEBTOR, "") if not case.unit_no else "",
        document_no=facts.get(court.DEBTOR_NO, "") if not case.unit_no else "",
    )


def _place(request: Request, facts: dict[str, str], queue: tuple[SeizureStanding, ...]) -> int:
    """Where the seizure that was made or renewed stands; 0 for one that was released."""
    if request is Request.RELEASE:
        return 0
    meant = "document_no" if request is Request.SEIZURE else "seizure_document_no"
    document = compact(facts.get(meant, ""))
    of_court = [one for one in queue if compact(one.court) == compact(facts["court"])]
    return next(
        (one.place for one in of_court if not document or compact(one.document_no) == document), 0
    )


def _sentence(
    request: Request,
    records: tuple[UnitRecord, ...],
    queue: tuple[SeizureStanding, ...],
    place: int,
    *,
    controlled: bool,
) -> str:
    if request is Request.INQUIRY:
        mortgages = sum(len(record.mortgages) for record in records)
        seizures = sum(len(record.seizures) for record in records)
        return f"不动产 {len(records)} 处，抵押 {mortgages} 项，查封 {seizures} 项"
    if not controlled:
        return f"未办理，该单元现有查封 {len(queue)} 项"
    if request is Request.RELEASE:
        return f"已解除查封，该单元尚有查封 {len(queue)} 项"
    standing = next((one for one in queue if one.place == place), None)
    if standing is None:
        return f"已{request.label}"
    term = f"，期限 {standing.term_from} 至 {standing.term_to}" if standing.term_to else ""
    return f"已{request.label}：{standing.kind}，第 {place} 顺位{term}"


def _told(record: UnitRecord) -> dict[str, object]:
    facts = record.facts
    return {
        "unit_no": facts.unit_no,
        "location": facts.location,
        "use": facts.use,
        "area": facts.area or "",
        "certificate_no": facts.certificate_no,
        "holders": [asdict(holder) for holder in facts.holders],
        "mortgages": [asdict(mortgage) for mortgage in record.mortgages],
        "seizures": [asdict(standing) for standing in record.seizures],
        "objections": facts.objections,
    }
