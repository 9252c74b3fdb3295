"""The acts on a case: one transaction each, which changes everything or nothing."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.rules import ActRule, rule_of, shows_note
from extranet_zone.cases.services.claims import require_free
from extranet_zone.cases.services.counterparts import tell_counterparts
from extranet_zone.cases.services.effects import EFFECTS, ON_ENTERING, Doing
from extranet_zone.cases.services.guards import require_lawful
from extranet_zone.cases.services.steps import SYSTEM, move
from extranet_zone.cases.services.timing import apply_clocks
from extranet_zone.cases.services.work import CaseWork, circumstances, load_visible
from extranet_zone.cases.states import Action, State
from extranet_zone.cases.transitions import WORKFLOW
from kernel.errors import ConflictError, RefusedError

MAX_AUTOMATIC: Final = 6
"""What the system may do by itself after one act; more is a circle in the table."""


@dataclass(frozen=True, slots=True)
class ActRequest:
    """What somebody wants to do; ``version`` is the case's version their page showed.

    ``reference`` is what the act must name (a tracking number, who took the certificate, a
    receipt), ``materials`` the codes of what is asked of the applicant.
    """

    case_no: str
    action: Action
    note: str = ""
    version: int | None = None
    reference: str = ""
    materials: tuple[str, ...] = ()


def act(session: Session, work: CaseWork, request: ActRequest, actor: Actor, now: int) -> State:
    """Do ``request``, then what the system does by itself; answers the state after both.

    Raises :class:`RefusedError` with what the table (``transition_not_allowed``,
    ``role_not_allowed``, ``wrong_way_for_item``), the rules, or register and certificates refuse
    with; ``case_unknown``; ``claimed_by_other``; ``edited_meanwhile`` when the page was out of
    date. A repeated act is refused: the case has moved on.
    """
    case = load_visible(session, work, request.case_no, actor, for_change=True)
    holds = circumstances(session, work, case, now)
    target = WORKFLOW.target(case.state, request.action, actor.roles, holds)
    if request.version is not None and request.version != case.version:
        raise ConflictError("edited_meanwhile", "这个办件刚被他人办理，请刷新后重试")
    require_free(session, case, actor)
    request = _trimmed(request)
    require_lawful(session, work, case, request, actor, now)
    perform(session, work, case, request, target, actor, now)
    follow_up(session, work, case, now)
    return case.state


def perform(
    session: Session,
    work: CaseWork,
    case: Case,
    request: ActRequest,
    target: State,
    actor: Actor,
    now: int,
) -> None:
    """Effect, clocks, step, audit record and message of an act that has been found lawful."""
    apply_clocks(session, work, case, request.action, target, actor, request.note, now)
    doing = Doing(
        session, work, case, actor, now, request.note, request.reference, request.materials
    )
    for effect in (EFFECTS.get(request.action), ON_ENTERING.get(target)):
        if effect is not None:
            effect(doing)
    rule = rule_of(request.action)
    move(session, case, request.action, target, actor, _noted(rule, request), now)
    told = request.note if shows_note(request.action) else ""
    tell_counterparts(session, work, case, told, now)


def follow_up(session: Session, work: CaseWork, case: Case, now: int) -> None:
    """Do what the system does by itself in the case's state, until there is nothing left.

    An automatic act that a rule refuses is left to people: the case stays where it is.
    """
    for _ in range(MAX_AUTOMATIC):
        session.flush()
        holds = circumstances(session, work, case, now)
        row = next(
            (
                row
                for row in WORKFLOW.actions(case.state, SYSTEM.roles, holds)
                if rule_of(row.action).automatic or row.action in _ACCEPTING
            ),
            None,
        )
        if row is None:
            return
        request = ActRequest(case.case_no, row.action)
        try:
            require_lawful(session, work, case, request, SYSTEM, now)
        except RefusedError:
            return
        perform(session, work, case, request, row.target, SYSTEM, now)
    raise RuntimeError(f"the system goes in a circle at {case.state}")


_ACCEPTING: Final = frozenset({Action.ACCEPT, Action.ACCEPT_DIRECT})
"""People's acts that the system does where the item says so."""


def _trimmed(request: ActRequest) -> ActRequest:
    return ActRequest(
        request.case_no,
        request.action,
        request.note.strip(),
        request.version,
        request.reference.strip(),
        request.materials,
    )


def _noted(rule: ActRule, request: ActRequest) -> str:
    if not rule.reference or not request.reference:
        return request.note
    named = f"{rule.reference}：{request.reference}"
    return f"{named}；{request.note}" if request.note else named
