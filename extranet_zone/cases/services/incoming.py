"""What other authorities, courts and the province tell us: each event once, checked like our own.

Handed-over cases begin where the paper is on its way; a court's request runs by itself to its
answer unless something needs a person.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeVar

from pydantic import Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, CaseParty, PaperState
from extranet_zone.cases.services.acts import ActRequest, follow_up, perform
from extranet_zone.cases.services.arrival import audit_arrival, inspect_arrived, new_material
from extranet_zone.cases.services.catalogued import measured
from extranet_zone.cases.services.numbers import draw_case_no
from extranet_zone.cases.services.payments import confirm_bill
from extranet_zone.cases.services.steps import RECEIVED, SYSTEM, Report, report
from extranet_zone.cases.services.timing import refresh_due, start_clock
from extranet_zone.cases.services.work import CaseWork, circumstances, load_case, view_of
from extranet_zone.cases.states import Action, Mode
from extranet_zone.cases.transitions import STARTS, WORKFLOW
from extranet_zone.clocks.states import ClockKind
from kernel.errors import ConflictError, InvalidValueError, RefusedError
from kernel.messages import Body, Material, Party
from kernel.messages.bodies import CaseNoText, Micros, UnitNoText
from kernel.vocabulary.unit import UnitNo
from kernel.vocabulary.zones import Zone

Authority = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
Number = Annotated[str, Field(min_length=1, max_length=64)]
Text = Annotated[str, Field(max_length=200)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]

MAX_LISTED: Final = 500


class CaseHandedOver(Body):
    """Another authority collected a case of ours."""

    case_no: Number
    collecting_authority: Authority
    item_code: Code
    unit_no: UnitNoText
    applicant: Annotated[str, Field(min_length=1, max_length=100)]
    parties: Annotated[list[Party], Field(min_length=1, max_length=50)]
    materials: Annotated[list[Material], Field(max_length=MAX_LISTED)]
    facts: Annotated[dict[Text, Text], Field(max_length=50)]
    collected_at: Micros
    online_case_no: Annotated[str, Field(pattern=r"^(W[0-9]{15})?$")] = ""
    """Our own number, where the applicant began online and chose that authority's window."""


class RestraintRequested(Body):
    """A court asks about a unit, or to control it."""

    request_no: Number
    court: Text
    court_code: Authority
    court_case_no: Text
    judge: Text
    document_no: Text
    request: Literal["inquiry", "seizure", "renewal", "release"]
    item_code: Code
    unit_no: Text
    facts: Annotated[dict[Text, Text], Field(max_length=50)]
    requested_at: Micros


class CaseConcluded(Body):
    """The home authority has finished a case that we collected."""

    case_no: CaseNoText
    result: Text


class BillPaid(Body):
    """The payment link saw the money of one bill."""

    case_no: CaseNoText
    number: Annotated[int, Field(ge=1, le=999)]
    receipt_no: Number


BodyT = TypeVar("BodyT", bound=Body)


def handle_event(
    session: Session, work: CaseWork, kind: str, body: Mapping[str, object], now: int
) -> None:
    """Make the effect of one event of the hub.

    Raises :class:`RefusedError`: ``event_unknown``, ``event_invalid``, or what its service refuses.
    """
    match kind:
        case "case.handedOver":
            receive_handover(session, work, _parsed(CaseHandedOver, body), now)
        case "restraint.requested":
            receive_restraint(session, work, _parsed(RestraintRequested, body), now)
        case "case.concluded":
            conclude_remotely(session, work, _parsed(CaseConcluded, body), now)
        case "bill.paid":
            paid = _parsed(BillPaid, body)
            confirm_bill(session, work, paid.case_no, paid.number, paid.receipt_no, now)
        case _:
            raise RefusedError("event_unknown", "省级链路送来未知种类的事件", kind=kind[:40])


def receive_handover(session: Session, work: CaseWork, body: CaseHandedOver, now: int) -> str:
    """Open the case another authority collected; the same hand-over twice opens one.

    What the plan excludes from collection elsewhere is declined at once, with the plan's wording.

    Raises :class:`RefusedError`: ``item_unknown``, ``unit_…``, ``handover_not_home`` (the unit is
    another authority's) or ``handover_differs`` (the number stands for another case).
    """
    known = _known(session, body.collecting_authority, body.case_no)
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
    _decline_excluded(session, work, case, now)
    return case.case_no


def _decline_excluded(session: Session, work: CaseWork, case: Case, now: int) -> None:
    """Decline at once what is not open to collection elsewhere; the case stays on file, answered.

    The collecting authority should have seen it; its list may be older than ours.
    """
    found = measured(session, work, case, now)
    reasons = [obstacle.message for obstacle in found.openness() if obstacle.blocking]
    if not reasons:
        return
    action = Action.DECLINE
    holds = circumstances(session, work, case, now)
    target = WORKFLOW.target(case.state, action, SYSTEM.roles, holds)
    request = ActRequest(case.case_no, action, "；".join(reasons))
    perform(session, work, case, request, target, SYSTEM, now)


def receive_restraint(session: Session, work: CaseWork, body: RestraintRequested, now: int) -> str:
    """Serve a court's request; what the platform cannot decide goes to a person.

    The arrival here is the moment of service and decides the rank. The same request twice is one.
    """
    known = _known(session, body.court_code, body.request_no)
    if known is not None:
        return known.case_no
    edition = work.catalogue.in_force(session, now).number
    item = work.catalogue.item(session, edition, body.item_code)
    unit_no, doubt = _unit_of(session, work, body.unit_no)
    facts = body.facts | {
        "request": body.request,
        "court": body.court,
        "court_case_no": body.court_case_no,
        "judge": body.judge,
        "document_no": body.document_no,
    }
    on_register = work.register.facts(session, unit_no)
    if on_register is not None:
        facts["found"] = f"抵押 {on_register.mortgages} 项，查封 {on_register.seizures} 项"
    case = Case(
        **_common(work, edition, now),
        case_no=draw_case_no(session, now),
        item_code=item.code,
        mode=Mode.COURT,
        state=STARTS[Mode.COURT][0],
        unit_no=unit_no,
        location=on_register.location if on_register else "",
        applicant=body.court[:100],
        facts=json.dumps(facts, ensure_ascii=False, sort_keys=True),
        signed_by=body.judge,
        signed_at=body.requested_at,
        submitted_at=body.requested_at,
        collecting_authority=body.court_code,
        external_no=body.request_no,
        paper=PaperState.NONE,
        parties=[],
        materials=[],
    )
    session.add(case)
    session.flush()
    audit_arrival(session, "restraint.received", case.case_no, request=body.request)
    start_clock(session, work, case, ClockKind.RESTRAINT, now)
    refresh_due(session, work, case, case.state)
    if not doubt:
        doubt = _obstacle(session, work, case, body)
    if doubt:
        _hand_to_person(session, work, case, doubt, now)
    else:
        _run(session, work, case, now)
    return case.case_no


def conclude_remotely(session: Session, work: CaseWork, body: CaseConcluded, now: int) -> None:
    """The home authority concluded what we collected; told twice it is nothing."""
    case = load_case(session, body.case_no, for_change=True)
    if WORKFLOW.is_final(case.state):
        return
    holds = circumstances(session, work, case, now)
    action = Action.CONCLUDE_REMOTELY
    target = WORKFLOW.target(case.state, action, SYSTEM.roles, holds)
    perform(session, work, case, ActRequest(case.case_no, action, body.result), target, SYSTEM, now)


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


def _run(session: Session, work: CaseWork, case: Case, now: int) -> None:
    """Let the system go on by itself; what the register refuses goes to a person."""
    try:
        with session.begin_nested():
            follow_up(session, work, case, now)
    except RefusedError as refusal:
        session.refresh(case)
        _hand_to_person(session, work, case, refusal.message, now)


def _hand_to_person(session: Session, work: CaseWork, case: Case, why: str, now: int) -> None:
    holds = circumstances(session, work, case, now)
    target = WORKFLOW.target(case.state, Action.HAND_TO_PERSON, SYSTEM.roles, holds)
    request = ActRequest(case.case_no, Action.HAND_TO_PERSON, why)
    perform(session, work, case, request, target, SYSTEM, now)


def _unit_of(session: Session, work: CaseWork, text: str) -> tuple[str, str]:
    """The unit a court names, and why a person must look, if one must."""
    try:
        unit_no = str(UnitNo.parse(text))
    except InvalidValueError as wrong:
        return text[:28], f"不动产单元号有误：{wrong.message}"
    if work.register.facts(session, unit_no) is None:
        return unit_no, "登记簿上没有这个不动产单元"
    return unit_no, ""


def _obstacle(session: Session, work: CaseWork, case: Case, body: RestraintRequested) -> str:
    if body.request == "inquiry":
        return ""
    view = view_of(case, work.item_of(session, case))
    blocking = [o.message for o in work.register.obstacles(session, view) if o.blocking]
    return "；".join(blocking)


def _new_case(
    session: Session, work: CaseWork, body: CaseHandedOver, edition: int, now: int
) -> Case:
    on_register = work.register.facts(session, body.unit_no)
    case = Case(
        **_common(work, edition, now),
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


def _common(work: CaseWork, edition: int, now: int) -> dict[str, str | int]:
    return {
        "edition": edition,
        "declaration": "",
        "received_at": now,
        "due_note": "",
        "certificate_no": "",
        "home_authority": work.authority,
        "claimed_by": "",
    }


def _known(session: Session, authority: str, number: str) -> Case | None:
    return session.scalars(
        select(Case).where(Case.collecting_authority == authority, Case.external_no == number)
    ).one_or_none()


def _parsed(kind: type[BodyT], body: Mapping[str, object]) -> BodyT:
    try:
        return kind.model_validate_json(json.dumps(dict(body)))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidValueError("event_invalid", "事件内容不符合约定的格式", field=where) from None
