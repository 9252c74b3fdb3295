"""What recording a case does to its unit; pure, and only asked once the rules have been met.

A plan ends rights, begins at most one, amends others, changes particulars of the unit and the queue
of seizures. :func:`carried_out` answers the unit after it. Invariants, whatever is recorded:

1. a unit has at most one ownership, and shares by which it is held sum to one;
2. what ends was in force, what begins has a number of its own where it gives a certificate;
3. of the seizures the one that arrived first is in effect, the others queue in order of arrival.
"""

from dataclasses import replace
from datetime import date
from typing import Final

from extranet_zone.cases.ports import CaseView
from extranet_zone.register.lapse import settle
from extranet_zone.register.plans.charges import CHARGES
from extranet_zone.register.plans.court import SEIZURES
from extranet_zone.register.plans.division import Step, division_of
from extranet_zone.register.plans.made import FORMER, Maker, New, Plan
from extranet_zone.register.plans.notices import NOTICES
from extranet_zone.register.plans.titles import TITLES
from extranet_zone.register.rules.found import Asked
from extranet_zone.register.unit_state import UnitState
from kernel.vocabulary.effects import Effect

__all__ = ["FORMER", "PLANNED", "New", "Plan", "Step", "carried_out", "division_of", "plan_of"]

_PLANS: Final[dict[Effect, Maker]] = {**TITLES, **CHARGES, **NOTICES, **SEIZURES}
PLANNED: Final = frozenset({*_PLANS, Effect.UNIT_DIVISION})
"""The effects there is a plan for; a test holds it equal to what the rules let through."""


def plan_of(state: UnitState, case: CaseView, new: New) -> Plan:
    """What recording ``case`` does to ``state``, which is settled at the day of ``new``."""
    asked = Asked(state, case.parties, case.facts, case.right_type, new.day)
    return _PLANS[case.effect](asked, case, new)


def carried_out(state: UnitState, plan: Plan, day: date) -> UnitState:
    """The unit after ``plan``, settled at ``day``."""
    gone = {right.id for right in plan.ends}
    amended = {right.id: right for right in plan.amends}
    rights = [amended.get(right.id, right) for right in state.rights if right.id not in gone]
    if plan.begins is not None:
        rights.append(plan.begins)
    # By the clock, not by the order of recording: reading puts them in this order too, and of two
    # who record at once the one with the later clock may come first.
    rights.sort(key=lambda right: (right.recorded_at, right.id))
    seizures = state.seizures if plan.seizures is None else plan.seizures
    changed = replace(
        state,
        rights=tuple(rights),
        seizures=seizures,
        predecessors=plan.predecessors or state.predecessors,
        successors=plan.successors or state.successors,
        **plan.unit,
    )
    return settle(changed, day)
