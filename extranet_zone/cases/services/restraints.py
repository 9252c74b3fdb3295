"""A court's request: served, run by itself to its answer, or put before a person.

1. the instant of arrival is the moment of service and decides the rank, however late somebody
   looks at it;
2. the same request twice is one; the same number for something else is refused;
3. what the platform cannot decide, and what the register refuses, goes to a person with its why.
"""

import json

from sqlalchemy.orm import Session

from extranet_zone.cases import court
from extranet_zone.cases.court import Request
from extranet_zone.cases.events import RestraintRequested
from extranet_zone.cases.models import Case, CaseParty, PaperState
from extranet_zone.cases.services.acts import ActRequest, follow_up, perform
from extranet_zone.cases.services.arrival import audit_arrival, handed_in, known_case
from extranet_zone.cases.services.numbers import draw_case_no
from extranet_zone.cases.services.steps import SYSTEM
from extranet_zone.cases.services.timing import refresh_due, start_clock
from extranet_zone.cases.services.work import CaseWork, circumstances, facts_of, view_of
from extranet_zone.cases.states import Action, Mode
from extranet_zone.cases.transitions import STARTS, WORKFLOW
from extranet_zone.catalogue.schema import CatalogueItem
from extranet_zone.clocks.states import ClockKind
from kernel.catalogue.edition import Edition
from kernel.clock import BEIJING, from_micros
from kernel.errors import ConflictError, InvalidValueError, NotFoundError, RefusedError
from kernel.vocabulary.effects import CaseRole
from kernel.vocabulary.unit import UnitNo


def receive_restraint(
    session: Session,
    work: CaseWork,
    body: RestraintRequested,
    now: int,
    arrived: int | None = None,
) -> str:
    """Serve a court's request and answer the case's number; it ``arrived`` now or earlier.

    Raises :class:`ConflictError` (``restraint_differs``) and :class:`NotFoundError`
    (``item_unknown``: the edition in force has no item for it).
    """
    known = known_case(session, body.court_code, body.request_no)
    if known is not None:
        _require_same(known, body)
        return known.case_no
    edition = work.catalogue.in_force(session, now)
    unit_no, doubt = _object_of(session, work, body)
    arrived = now if arrived is None else arrived
    case = _new_case(session, work, body, unit_no, edition, now, arrived)
    audit_arrival(session, "restraint.received", case.case_no, request=body.request.value)
    start_clock(session, work, case, ClockKind.RESTRAINT, arrived)
    refresh_due(session, work, case, case.state)
    doubt = doubt or _obstacle(session, work, case, body)
    if doubt:
        _hand_to_person(session, work, case, doubt, now)
    else:
        _run(session, work, case, now)
    return case.case_no


def _require_same(known: Case, body: RestraintRequested) -> None:
    facts = facts_of(known)
    if (facts.get(court.REQUEST), facts.get("document_no")) != (body.request, body.document_no) or (
        known.unit_no != _normal(body.unit_no)
    ):
        raise ConflictError("restraint_differs", "该请求编号已用于另一项查控请求")


def _new_case(
    session: Session,
    work: CaseWork,
    body: RestraintRequested,
    unit_no: str,
    edition: Edition,
    now: int,
    arrived: int,
) -> Case:
    on_register = work.register.facts(session, unit_no)
    served = from_micros(arrived).astimezone(BEIJING).replace(tzinfo=None)
    facts = body.facts | {
        court.REQUEST: body.request.value,
        "court": body.court,
        "court_case_no": body.court_case_no,
        "judge": body.judge,
        "document_no": body.document_no,
        "served_at": served.isoformat(timespec="microseconds"),
    }
    case = Case(
        **handed_in(work, edition.number, now),
        case_no=draw_case_no(session, now),
        item_code=_item_for(edition, body.request).code,
        mode=Mode.COURT,
        state=STARTS[Mode.COURT][0],
        unit_no=unit_no,
        location=on_register.location if on_register else "",
        applicant=body.court,
        facts=json.dumps(facts, ensure_ascii=False, sort_keys=True),
        signed_by=body.judge,
        signed_at=body.requested_at,
        submitted_at=body.requested_at,
        collecting_authority=body.court_code,
        external_no=body.request_no,
        paper=PaperState.NONE,
        parties=[
            CaseParty(
                position=1,
                role=CaseRole.COURT.value,
                name=body.court,
                kind="4",
                document_type="99",
                document_no=body.court_code,
                phone="",
                share="",
            )
        ],
        materials=[],
    )
    session.add(case)
    session.flush()
    return case


def _item_for(edition: Edition, request: Request) -> CatalogueItem:
    wanted = court.EFFECTS[request]
    found = next(
        (item for item in edition.items if item.initiator == "court" and item.effect is wanted),
        None,
    )
    if found is None:
        raise NotFoundError("item_unknown", "事项清单中没有法院嘱托的这类事项")
    return found


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


def _normal(text: str) -> str:
    """The unit number as cases keep it, also where it is none."""
    try:
        return str(UnitNo.parse(text))
    except InvalidValueError:
        return text[:28]


def _object_of(session: Session, work: CaseWork, body: RestraintRequested) -> tuple[str, str]:
    """The unit a court means, or nothing for a person; and why somebody must look, if one must."""
    if body.request is Request.INQUIRY and not body.unit_no:
        named = body.facts.get(court.DEBTOR) and body.facts.get(court.DEBTOR_NO)
        return "", "" if named else "按人查询须同时写明姓名（名称）和证件号"
    unit_no = _normal(body.unit_no)
    try:
        UnitNo.parse(unit_no)
    except InvalidValueError as wrong:
        return unit_no, f"不动产单元号有误：{wrong.message}"
    if work.register.facts(session, unit_no) is None:
        return unit_no, "登记簿上没有这个不动产单元"
    return unit_no, ""


def _obstacle(session: Session, work: CaseWork, case: Case, body: RestraintRequested) -> str:
    if body.request is Request.INQUIRY:
        return ""
    view = view_of(case, work.item_of(session, case))
    blocking = [o.message for o in work.register.obstacles(session, view) if o.blocking]
    return "；".join(blocking)
