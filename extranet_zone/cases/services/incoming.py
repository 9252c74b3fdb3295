"""What other authorities, courts and the province tell us: each event once, checked like our own.

Handed-over cases begin where the paper is on its way; a court's request runs by itself to its
answer unless something needs a person.
"""

import json
from collections.abc import Mapping
from typing import Final, TypeVar

from pydantic import ValidationError
from sqlalchemy.orm import Session

from extranet_zone.cases.events import (
    BillPaid,
    CaseConcluded,
    CaseHandedOver,
    PaperPosted,
    RestraintRequested,
)
from extranet_zone.cases.models import Case, CaseParty, PaperState
from extranet_zone.cases.services.acts import ActRequest, perform
from extranet_zone.cases.services.arrival import (
    audit_arrival,
    handed_in,
    inspect_arrived,
    known_case,
    new_material,
)
from extranet_zone.cases.services.catalogued import measured
from extranet_zone.cases.services.counterparts import ask_housing
from extranet_zone.cases.services.numbers import draw_case_no
from extranet_zone.cases.services.payments import confirm_bill
from extranet_zone.cases.services.restraints import receive_restraint
from extranet_zone.cases.services.steps import RECEIVED, SYSTEM, Report, report, was_reported
from extranet_zone.cases.services.timing import refresh_due, start_clock
from extranet_zone.cases.services.work import CaseWork, circumstances, load_case
from extranet_zone.cases.states import Action, Mode
from extranet_zone.cases.transitions import STARTS, WORKFLOW
from extranet_zone.clocks.states import ClockKind
from kernel.errors import ConflictError, InvalidValueError, NotFoundError, RefusedError
from kernel.messages import Body
from kernel.vocabulary.unit import UnitNo
from kernel.vocabulary.zones import Zone

PAPER_POSTED: Final = "paper_posted_elsewhere"
BodyT = TypeVar("BodyT", bound=Body)


def handle_event(
    session: Session,
    work: CaseWork,
    kind: str,
    body: Mapping[str, object],
    now: int,
    arrived: int,
) -> None:
    """Make the effect of one event of the hub; it ``arrived`` now or earlier (µs UTC).

    Raises :class:`RefusedError`: ``event_unknown``, ``event_invalid``, or what its service refuses.
    """
    match kind:
        case "case.handedOver":
            receive_handover(session, work, _parsed(CaseHandedOver, body), now)
        case "restraint.requested":
            receive_restraint(session, work, _parsed(RestraintRequested, body), now, arrived)
        case "case.concluded":
            conclude_remotely(session, work, _parsed(CaseConcluded, body), now)
        case "bill.paid":
            confirm_bill(session, work, _parsed(BillPaid, body), now)
        case "case.paperPosted":
            note_posted(session, _parsed(PaperPosted, body), now)
        case _:
            raise RefusedError("event_unknown", "省级链路送来未知种类的事件", kind=kind[:40])


def receive_handover(session: Session, work: CaseWork, body: CaseHandedOver, now: int) -> str:
    """Open the case another authority collected; the same hand-over twice opens one.

    What the plan excludes from collection elsewhere is declined at once, with the plan's wording.

    Raises :class:`RefusedError`: ``item_unknown``, ``unit_…``, ``handover_not_home`` (the unit is
    another authority's) or ``handover_differs`` (the number stands for another case).
    """
    known = known_case(session, body.collecting_authority, body.case_no)
    if known is not None:
        if (known.item_code, known.unit_no, known.applicant) != (
            body.item_code,
            body.unit_no,
            body.applicant,
        ):
            raise ConflictError("handover_differs", "该收件号已移送过另一份申请")
        return known.case_no
    if body.online_case_no:
        return _collected_elsewhere(session, work, body, now)
    edition = work.catalogue.in_force(session, now).number
    work.catalogue.item(session, edition, body.item_code)
    unit = UnitNo.parse(body.unit_no)
    if unit.district != work.authority:
        raise RefusedError("handover_not_home", "该不动产单元不属于本机构登记范围")
    case = _new_case(session, work, body, edition, now)
    report(
        session,
        case,
        Report(RECEIVED, "已收到异地登记机构移送的申请", Zone.EXTRANET, SYSTEM.login, "系统", now),
        now,
    )
    for kind in (ClockKind.DECISION, ClockKind.CONTACT):
        start_clock(session, work, case, kind, now)
    refresh_due(session, work, case, case.state)
    if not _declined_as_excluded(session, work, case, now):
        ask_housing(session, work, case, now)
    return case.case_no


def _declined_as_excluded(session: Session, work: CaseWork, case: Case, now: int) -> bool:
    """Decline at once what is not open to collection elsewhere; the case stays on file, answered.

    The collecting authority should have seen it; its list may be older than ours.
    """
    found = measured(session, work, case, now)
    reasons = [obstacle.message for obstacle in found.openness() if obstacle.blocking]
    if not reasons:
        return False
    action = Action.DECLINE
    holds = circumstances(session, work, case, now)
    target = WORKFLOW.target(case.state, action, SYSTEM.roles, holds)
    request = ActRequest(case.case_no, action, "；".join(reasons))
    perform(session, work, case, request, target, SYSTEM, now)
    return True


def conclude_remotely(session: Session, work: CaseWork, body: CaseConcluded, now: int) -> None:
    """The home authority concluded what we collected; told twice it is nothing."""
    case = load_case(session, body.case_no, for_change=True)
    if WORKFLOW.is_final(case.state):
        return
    holds = circumstances(session, work, case, now)
    action = Action.CONCLUDE_REMOTELY
    target = WORKFLOW.target(case.state, action, SYSTEM.roles, holds)
    perform(session, work, case, ActRequest(case.case_no, action, body.result), target, SYSTEM, now)


def note_posted(session: Session, body: PaperPosted, now: int) -> None:
    """The paper of a case collected elsewhere is on its way; told twice it is nothing.

    Raises :class:`NotFoundError` with code ``case_unknown``.
    """
    case = known_case(session, body.collecting_authority, body.case_no)
    if case is None:
        raise NotFoundError("case_unknown", "没有该异地机构移送的这个办件")
    if was_reported(session, case.case_no, Zone.EXTRANET, PAPER_POSTED, body.posted_at):
        return
    told = Report(
        PAPER_POSTED,
        "异地登记机构已寄出纸质材料",
        Zone.EXTRANET,
        SYSTEM.login,
        "系统",
        body.posted_at,
        f"快递单号：{body.tracking_no}",
    )
    report(session, case, told, now)


def _collected_elsewhere(session: Session, work: CaseWork, body: CaseHandedOver, now: int) -> str:
    case = load_case(session, body.online_case_no, for_change=True)
    if (case.unit_no, case.collecting_authority) != (body.unit_no, body.collecting_authority):
        raise ConflictError("handover_differs", "移送内容与网上申请不符")
    holds = circumstances(session, work, case, now)
    action = Action.COLLECTED_ELSEWHERE
    target = WORKFLOW.target(case.state, action, SYSTEM.roles, holds)
    case.external_no, case.paper = body.case_no, PaperState.AWAITED
    first = max((material.position for material in case.materials), default=0) + 1
    held = {(material.code, material.digest) for material in case.materials}
    fresh = [m for m in body.materials if (m.code, m.digest) not in held]
    for n, material in enumerate(fresh, first):
        row = new_material(n, material)
        inspect_arrived(session, work.store, case.case_no, row)
        case.materials.append(row)
    perform(session, work, case, ActRequest(case.case_no, action), target, SYSTEM, now)
    return case.case_no


def _new_case(
    session: Session, work: CaseWork, body: CaseHandedOver, edition: int, now: int
) -> Case:
    on_register = work.register.facts(session, body.unit_no)
    case = Case(
        **handed_in(work, edition, now),
        case_no=draw_case_no(session, now),
        item_code=body.item_code,
        mode=Mode.OFFLINE,
        state=STARTS[Mode.OFFLINE][1],
        unit_no=body.unit_no,
        location=on_register.location if on_register else "",
        applicant=body.applicant,
        facts=json.dumps(body.facts, ensure_ascii=False, sort_keys=True),
        signed_by=body.applicant,
        signed_at=body.collected_at,
        submitted_at=body.collected_at,
        collecting_authority=body.collecting_authority,
        external_no=body.case_no,
        paper=PaperState.AWAITED,
        parties=[
            CaseParty(position=n, **party.model_dump()) for n, party in enumerate(body.parties, 1)
        ],
        materials=[new_material(n, material) for n, material in enumerate(body.materials, 1)],
    )
    for material in case.materials:
        inspect_arrived(session, work.store, case.case_no, material)
    session.add(case)
    session.flush()
    audit_arrival(session, "case.handed_over", case.case_no, by=body.collecting_authority)
    return case


def _parsed(kind: type[BodyT], body: Mapping[str, object]) -> BodyT:
    try:
        return kind.model_validate_json(json.dumps(dict(body)))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidValueError("event_invalid", "事件内容不符合约定的格式", field=where) from None
