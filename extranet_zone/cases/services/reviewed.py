"""What is printed of an examination and of what it led to.

The approval form (登记审批表), the announcement (公告), the notice of a cancellation
(注销登记告知书) and the reply to a court (协助执行回执).
"""

from typing import Final

from sqlalchemy import select

from extranet_zone.cases import court
from extranet_zone.cases.models import CaseStep
from extranet_zone.cases.services.told import Lines, Told
from extranet_zone.cases.services.work import facts_of
from extranet_zone.cases.states import Action
from extranet_zone.cases.transitions import WORKFLOW
from extranet_zone.roles import Role
from kernel.clock import beijing_text, from_micros

EXAMINING: Final = (
    Action.EXAMINE_FIRST,
    Action.EXAMINE_SECOND,
    Action.EXAMINE_FINAL,
    Action.RECORD,
    Action.EXAMINE_RESTRAINT,
    Action.SETTLE_RESTRAINT,
    Action.REJECT_RESTRAINT,
    Action.RECORD_RESTRAINT,
)
"""The acts the form of approval tells of; the last one dates it."""
_ON_FORM: Final = (Action.ACCEPT, Action.ACCEPT_DIRECT, Action.ACCEPT_RESTRAINT, *EXAMINING)

_ANSWERED: Final = (
    "court_case_no",
    "document_no",
    "judge",
    court.REQUEST,
    court.DEBTOR,
    court.DEBTOR_NO,
    court.FOUND,
    court.NOT_EXECUTED,
)
"""What the reply to a court repeats of its request, and what came of it."""


def cancelled(told: Told) -> Lines:
    """That the register says so now, and what becomes of the certificates."""
    return [
        (
            "告知事项",
            f"您申请的“{told.item.title}”已经记载于登记簿，所涉权利（事项）自登簿时注销。",
        ),
        ("登簿时间", beijing_text(from_micros(told.step.at))),
        ("权属证书", "所涉不动产权属证书、登记证明由登记机构收回；无法收回的公告作废"),
        ("依据", told.basis),
    ]


def replied(told: Told) -> Lines:
    """The court's request and what was done, masked as its page shows it."""
    facts = facts_of(told.case)
    pairs = (court.shown(code, facts[code]) for code in _ANSWERED if facts.get(code))
    return [
        ("嘱托法院", told.case.applicant),
        *(pair for pair in pairs if pair is not None),
        ("答复时间", beijing_text(from_micros(told.step.at))),
        ("依据", told.basis),
    ]


def announced(told: Told) -> Lines:
    """The matter, how long it stands by the calendar, and where objections go."""
    case = told.case
    days = told.item.flow.announcement_working_days
    # The calendar may not reach so far yet: then the days are said and no end is invented.
    until = (
        f"，至 {beijing_text(from_micros(case.announced_until))}" if case.announced_until else ""
    )
    objections = (
        "对公告事项有异议的，请在公告期内向办理机构书面提出，并附证明材料；"
        "逾期无人提出异议或者异议不成立的，予以登记"
    )
    return [
        ("公告事项", "上述不动产登记申请已经审核，拟予登记，现予公告。"),
        ("公告期", f"自 {beijing_text(from_micros(told.step.at))} 起 {days} 个工作日{until}"),
        ("异议方式", objections),
        ("依据", told.basis),
    ]


def examined(told: Told) -> Lines:
    """Acceptance, each level of the examination that still stands, and the recording."""
    steps = told.session.scalars(
        select(CaseStep).where(CaseStep.case_no == told.case.case_no).order_by(CaseStep.position)
    )
    standing: list[CaseStep] = []
    for step in steps:
        if step.action == Action.RETURN_TO_FIRST.value:
            # What was examined before is examined anew; its opinions decide nothing any more.
            standing = [kept for kept in standing if kept.action not in EXAMINING]
        elif step.action in _ON_FORM:
            standing.append(step)
    lines: Lines = []
    for step in standing:
        action = Action(step.action)
        post = Role(WORKFLOW.row(step.source, action).role).label if step.source else ""
        opinion, at = step.note or step.label, beijing_text(from_micros(step.at))
        # The act of acceptance says where the case goes next; the form has room for its name only.
        name = action.label if action in EXAMINING else "受理"
        lines.append((name, f"{opinion}　{post} {step.actor_name}　{at}"))
    if told.case.certificate_no:
        lines.append(("证号", told.case.certificate_no))
    return [*lines, ("依据", told.basis)]
