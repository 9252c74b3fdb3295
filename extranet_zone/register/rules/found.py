"""How a rule says that it is met: the obstacle with its wording and basis from the table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from extranet_zone.cases.ports import Obstacle, PartyView
from extranet_zone.register.bases import RULES
from extranet_zone.register.unit_state import UnitState


@dataclass(frozen=True, slots=True)
class Asked:
    """What a case asks of the register, and the unit as it stands on ``day``."""

    unit: UnitState
    parties: Sequence[PartyView]
    facts: Mapping[str, str]
    right_type: str
    day: date
    named: Mapping[str, UnitState | None] = field(default_factory=dict)
    """The other units that the case names, by number; nothing for those not on the register."""


Obstacles = Iterator[Obstacle]
Rules = Callable[[Asked], Obstacles]


def found(code: str, **words: str | int) -> Obstacle:
    """The obstacle of the rule ``code``."""
    rule = RULES[code]
    return Obstacle(code, rule.wording.format(**words), blocking=rule.blocks, basis=rule.basis)
