"""What must hold before an act, beyond the table: each precondition by its own name and code."""

from typing import Final

from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services.catalogued import NEEDS_OPEN_ITEM, Measured, measured
from extranet_zone.cases.services.steps import last_actor
from extranet_zone.cases.services.work import CaseWork, view_of
from extranet_zone.cases.states import (
    NEEDS_CLEAR_REGISTER,
    NEEDS_MATERIALS,
    NEEDS_NOTE,
    SEPARATED_FROM,
    Action,
    MaterialState,
    is_open_to,
)
from extranet_zone.catalogue.schema import CatalogueItem
from kernel.errors import ConflictError, ForbiddenError, RefusedError

MAX_NOTE: Final = 1000


def require_lawful(
    session: Session,
    work: CaseWork,
    case: Case,
    action: Action,
    actor: Actor,
    note: str,
    now: int,
) -> None:
    """Check every precondition of ``action`` that the table cannot express.

    Raises :class:`RefusedError`: ``note_missing``, ``note_too_long``, ``wrong_way_for_item``,
    ``same_person``; of the form ``party_missing``, ``party_kind``, ``shares_sum``,
    ``fact_missing``, ``fact_invalid``, ``materials_incomplete``; ``material_awaited``,
    ``material_damaged``; ``item_closed``, ``not_open_remotely`` or ``register_obstacle``.
    """
    found = measured(session, work, case, now)
    item = found.item
    _require_note(action, note)
    _require_way_of_item(action, item)
    _require_other_person(session, case, action, actor)
    if action in NEEDS_MATERIALS:
        _require_complete(case, found)
    if action in NEEDS_OPEN_ITEM:
        _require_open(found)
    if action in NEEDS_CLEAR_REGISTER:
        _require_clear_register(session, work, case, item)


def defects_of(case: Case, found: Measured) -> list[RefusedError]:
    """Everything that keeps the application from being complete, for pages and for the guard."""
    refusals = [RefusedError(defect.code, defect.words) for defect in found.defects()]
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


def blocked_by_separation(session: Session, case: Case, action: Action, actor: Actor) -> bool:
    """Whether ``actor`` did the step that ``action`` must be independent of."""
    earlier = SEPARATED_FROM.get(action)
    return earlier is not None and last_actor(session, case.case_no, earlier) == actor.login


def _require_note(action: Action, note: str) -> None:
    if action in NEEDS_NOTE and not note:
        raise RefusedError("note_missing", f"办理“{action.label}”必须填写理由", field="note")
    if len(note) > MAX_NOTE:
        raise RefusedError("note_too_long", f"意见不能超过 {MAX_NOTE} 字", field="note")


def _require_way_of_item(action: Action, item: CatalogueItem) -> None:
    if not is_open_to(action, spatial_review=item.spatial_review):
        wording = "须送空间审核" if item.spatial_review else "不送空间审核"
        raise ConflictError("wrong_way_for_item", f"事项“{item.title}”{wording}")


def _require_other_person(session: Session, case: Case, action: Action, actor: Actor) -> None:
    if blocked_by_separation(session, case, action, actor):
        earlier = SEPARATED_FROM[action]
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
