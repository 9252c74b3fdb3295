"""What must hold before an act, beyond the table: each precondition by its own name and code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.rules import CHECKS, rule_of
from extranet_zone.cases.services.catalogued import NEEDS_OPEN_ITEM, Measured, measured
from extranet_zone.cases.services.checks import made_checks
from extranet_zone.cases.services.steps import SYSTEM, last_actor
from extranet_zone.cases.services.work import CaseWork, view_of
from extranet_zone.cases.states import Action, MaterialState
from extranet_zone.cases.transitions import is_being_entered
from extranet_zone.catalogue.schema import CatalogueItem
from kernel.errors import ForbiddenError, RefusedError

if TYPE_CHECKING:
    from extranet_zone.cases.services.acts import ActRequest

MAX_NOTE: Final = 1000
MAX_REFERENCE: Final = 60


def require_lawful(
    session: Session, work: CaseWork, case: Case, request: ActRequest, actor: Actor, now: int
) -> None:
    """Check every precondition of the act that the table cannot express.

    Raises :class:`RefusedError`: ``note_missing``, ``note_too_long``, ``reference_missing``,
    ``reference_too_long``, ``material_not_of_item``, ``same_person``; of the form
    ``party_missing``, ``party_kind``, ``shares_sum``, ``fact_missing``, ``fact_invalid``,
    ``materials_incomplete``; ``material_awaited``, ``material_damaged``; ``check_unmade``;
    ``item_closed``, ``not_open_remotely`` or ``register_obstacle``.
    """
    action, rule = request.action, rule_of(request.action)
    found = measured(session, work, case, now)
    item = found.item
    _require_note(action, request.note)
    if actor is not SYSTEM:
        _require_reference(action, request.reference)
    _require_of_item(item, request.materials)
    _require_other_person(session, case, action, actor)
    # Before completeness: nobody should gather papers for what is not open at all.
    if action in NEEDS_OPEN_ITEM:
        _require_open(found)
    if rule.materials:
        _require_complete(case, found)
    if rule.clear_register:
        _require_clear_register(session, work, case, item)


def defects_of(case: Case, found: Measured) -> list[RefusedError]:
    """Everything that keeps the application from being complete, for pages and for the guard."""
    refusals: list[RefusedError] = []
    if is_being_entered(case.state):
        made = made_checks(case)
        refusals += [
            RefusedError("check_unmade", f"尚未确认：{words}")
            for code, words in CHECKS.items()
            if code not in made
        ]
    refusals += [RefusedError(defect.code, defect.words) for defect in found.defects()]
    for material in case.materials:
        if material.state is MaterialState.AWAITED:
            refusals.append(
                RefusedError("material_awaited", f"材料“{material.title}”尚未传到，请稍后再办")
            )
        elif material.state is MaterialState.DAMAGED:
            refusals.append(
                RefusedError("material_damaged", f"材料“{material.title}”损坏，不能据以办理")
            )
    return refusals


def colleague_s_act(session: Session, case: Case, action: Action, actor: Actor) -> Action | None:
    """The step that ``actor`` did last and that ``action`` must be independent of, if any."""
    for earlier in rule_of(action).separated_from:
        if last_actor(session, case.case_no, earlier) == actor.login:
            return earlier
    return None


def _require_note(action: Action, note: str) -> None:
    if rule_of(action).note and not note:
        raise RefusedError("note_missing", f"办理“{action.label}”必须填写理由", field="note")
    if len(note) > MAX_NOTE:
        raise RefusedError("note_too_long", f"意见不能超过 {MAX_NOTE} 字", field="note")


def _require_reference(action: Action, reference: str) -> None:
    named = rule_of(action).reference
    if named and not reference:
        raise RefusedError(
            "reference_missing", f"办理“{action.label}”必须填写{named}", field="reference"
        )
    if len(reference) > MAX_REFERENCE:
        raise RefusedError(
            "reference_too_long", f"{named}不能超过 {MAX_REFERENCE} 字", field="reference"
        )


def _require_of_item(item: CatalogueItem, materials: tuple[str, ...]) -> None:
    known = {material.code for material in item.materials}
    if not known.issuperset(materials):
        raise RefusedError("material_not_of_item", "所选材料不在本事项的材料清单中")


def _require_other_person(session: Session, case: Case, action: Action, actor: Actor) -> None:
    earlier = colleague_s_act(session, case, action, actor)
    if earlier is not None:
        raise ForbiddenError("same_person", f"“{action.label}”与“{earlier.label}”不得由同一人办理")


def _require_complete(case: Case, found: Measured) -> None:
    defects = defects_of(case, found)
    if defects:
        raise defects[0]


def _require_open(found: Measured) -> None:
    for obstacle in found.openness():
        if obstacle.blocking:
            code = "item_closed" if obstacle.code == "item_closed" else "not_open_remotely"
            raise RefusedError(code, obstacle.message, rule=obstacle.code)


def _require_clear_register(
    session: Session, work: CaseWork, case: Case, item: CatalogueItem
) -> None:
    for obstacle in work.register.obstacles(session, view_of(case, item)):
        if obstacle.blocking:
            raise RefusedError(
                "register_obstacle", f"登记簿限制：{obstacle.message}", obstacle=obstacle.code
            )
