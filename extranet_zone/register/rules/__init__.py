"""What on the register stands in the way of a case; pure.

Each rule has a code, a wording and a legal basis in :mod:`extranet_zone.register.bases`. The rules
stand by what they are about: :mod:`restraint` (seizures, objections, notices against disposal),
:mod:`people` (who must act, shares), :mod:`ownership`, :mod:`charges` (mortgage, easement,
residence), :mod:`notices`, :mod:`division` and :mod:`seizures`. All of them look at the unit as
it stands on the day, so that what has lapsed holds nobody up.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Final

from extranet_zone.cases.ports import Obstacle, PartyView
from extranet_zone.register.lapse import settle
from extranet_zone.register.rules import ownership
from extranet_zone.register.rules.charges import CHARGES
from extranet_zone.register.rules.division import division
from extranet_zone.register.rules.found import Asked, Rules, found
from extranet_zone.register.rules.notices import NOTICES
from extranet_zone.register.rules.restraint import BY_COURT, restraints
from extranet_zone.register.rules.seizures import SEIZURES
from extranet_zone.register.unit_state import UnitState
from kernel.vocabulary.effects import OPENS_UNIT, Effect

__all__ = ["RECORDABLE", "Waiting", "blank_unit", "obstacles"]

_RULES: Final[dict[Effect, Rules]] = {
    Effect.FIRST_REGISTRATION: ownership.first_registration,
    Effect.TRANSFER: ownership.transfer,
    Effect.HOLDER_CHANGE: ownership.holder_change,
    Effect.UNIT_CHANGE: ownership.unit_change,
    Effect.UNIT_DIVISION: division,
    Effect.CORRECTION: ownership.correction,
    Effect.RIGHT_CANCELLATION: ownership.right_cancellation,
    Effect.REPLACEMENT: ownership.replacement,
    **{
        Effect(value): rules
        for value, rules in (*CHARGES.items(), *NOTICES.items(), *SEIZURES.items())
    },
}
RECORDABLE: Final = frozenset(_RULES)
"""The effects that this register can record; any other is refused before anything is written."""


class Waiting(StrEnum):
    """Whether other cases on the unit wait for their recording."""

    NOBODY = "nobody"
    SOMEBODY = "somebody"
    EARLIER = "earlier"
    """One that was accepted before this one: it is recorded first."""


def obstacles(
    unit: UnitState | None,
    effect: Effect,
    parties: Sequence[PartyView],
    facts: Mapping[str, str],
    day: date,
    *,
    right_type: str = "",
    waiting: Waiting = Waiting.NOBODY,
    named: Mapping[str, UnitState | None] | None = None,
) -> tuple[Obstacle, ...]:
    """Everything the register has against ``effect`` on ``day``, blocking obstacles first.

    ``named`` are the other units that the case's facts name, for a division.
    """
    if effect not in RECORDABLE:
        return (found("effect_unsupported", effect=effect.label),)
    if unit is None:
        if effect not in OPENS_UNIT:
            return (found("unit_unknown"),)
        unit = blank_unit("")
    others = {
        number: None if state is None else settle(state, day)
        for number, state in (named or {}).items()
    }
    asked = Asked(settle(unit, day), parties, facts, right_type, day, others)
    met = [*restraints(asked, effect), *_RULES[effect](asked)]
    if waiting is Waiting.EARLIER and effect not in BY_COURT:
        met.append(found("earlier_case_pending"))
    elif waiting is not Waiting.NOBODY:
        met.append(found("other_case_pending"))
    return tuple(sorted(met, key=lambda obstacle: not obstacle.blocking))


def blank_unit(unit_no: str) -> UnitState:
    """A unit of which the register has nothing yet."""
    return UnitState(unit_no, "", "", "", "", "", (), ())
