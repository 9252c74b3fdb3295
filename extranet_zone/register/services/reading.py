"""What stands on the register for one unit, as values the rules and the entries work with."""

import json
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.register.models import (
    Restriction,
    RestrictionKind,
    Right,
    RightKind,
    RightStatus,
    Unit,
)
from extranet_zone.register.rules import Holder, RightState, UnitState
from kernel.errors import UnavailableError


def unit_state(session: Session, unit_no: str) -> UnitState | None:
    """The unit with its current rights and open restrictions; nothing when it is not on file.

    Reads what is committed now, whatever the session has seen before. Raises
    :class:`UnavailableError` (``register_inconsistent``) when two ownerships are current.
    """
    unit = session.get(Unit, unit_no, populate_existing=True)
    if unit is None:
        return None
    rights = current_rights(session, unit_no)
    ownerships = [right for right in rights if right.kind is RightKind.OWNERSHIP]
    if len(ownerships) > 1:
        raise UnavailableError("register_inconsistent", "登记簿数据不一致：单元有多项现势所有权")
    restrictions = session.scalars(
        select(Restriction).where(Restriction.unit_no == unit_no, Restriction.ended_at.is_(None))
    ).all()
    kinds = [restriction.kind for restriction in restrictions]
    return UnitState(
        unit_no=unit.unit_no,
        location=unit.location,
        use=unit.use,
        area=unit.area,
        nature=unit.nature,
        term=unit.term,
        ownership=_right_state(ownerships[0]) if ownerships else None,
        mortgages=tuple(
            _right_state(right) for right in rights if right.kind is RightKind.MORTGAGE
        ),
        seizures=kinds.count(RestrictionKind.SEIZURE),
        objections=kinds.count(RestrictionKind.OBJECTION),
        beneficiaries=tuple(
            restriction.requested_by
            for restriction in restrictions
            if restriction.kind is RestrictionKind.ADVANCE_NOTICE
        ),
    )


def current_rights(session: Session, unit_no: str) -> Sequence[Right]:
    """The rights in force, oldest first."""
    return session.scalars(
        select(Right)
        .where(Right.unit_no == unit_no, Right.status == RightStatus.CURRENT)
        .order_by(Right.recorded_at, Right.id)
        .execution_options(populate_existing=True)
    ).all()


def snapshot(state: UnitState) -> str:
    """The state as canonical JSON: what an entry keeps as before and after."""
    rights = [("ownership", state.ownership)] if state.ownership else []
    rights += [("mortgage", mortgage) for mortgage in state.mortgages]
    return json.dumps(
        {
            "unit_no": state.unit_no,
            "location": state.location,
            "use": state.use,
            "area": state.area,
            "nature": state.nature,
            "term": state.term,
            "rights": [
                {
                    "id": right.id,
                    "kind": kind,
                    "right_type": right.right_type,
                    "certificate_no": right.certificate_no,
                    "sharing": right.sharing,
                    "facts": dict(right.facts),
                    "holders": [
                        {
                            "name": holder.name,
                            "kind": holder.kind,
                            "document_type": holder.document_type,
                            "document_no": holder.document_no,
                            "share": holder.share,
                        }
                        for holder in right.holders
                    ],
                }
                for kind, right in rights
            ],
            "seizures": state.seizures,
            "objections": state.objections,
            "beneficiaries": list(state.beneficiaries),
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )


def _right_state(right: Right) -> RightState:
    return RightState(
        id=right.id,
        right_type=right.right_type,
        certificate_no=right.certificate_no,
        sharing=right.sharing,
        holders=tuple(
            Holder(row.name, row.kind, row.document_type, row.document_no, row.share)
            for row in right.holders
        ),
        facts={str(code): str(value) for code, value in json.loads(right.facts).items()},
    )
