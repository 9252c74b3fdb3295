"""Plans of splitting and merging: one for each entry on each unit; pure.

The units that end lose every right and name what took their place. Each new unit gets the
ownership, then every charge of the units that ended, in the order of their rank: a charge on the
whole goes on as a charge on each part (抵押权的不可分性), under a certificate of its own, and keeps
its rank.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from extranet_zone.cases.ports import CaseView
from extranet_zone.register.plans.made import FORMER, New, Plan, begin, ownership_of, renewed
from extranet_zone.register.rules.division import NewUnit, charges_of, ended_units, new_units
from extranet_zone.register.rules.found import Asked
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import RightState, since

_KEPT = ("reason", "situation")


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a case that has several: on which unit, and what it does there."""

    unit_no: str
    plan: Plan


def division_of(asked: Asked, case: CaseView, news: Iterator[New]) -> Iterator[Step]:
    """The entries of a division, in the order in which they are written."""
    ended, parts = ended_units(asked), new_units(case.facts)
    predecessors = tuple(sorted(state.unit_no for state in ended))
    successors = tuple(sorted(part.unit_no for part in parts))
    owned = ownership_of(asked)
    for state in ended:
        about = state.ownership or owned
        plan = Plan(
            RightKind.OWNERSHIP,
            about.right_type,
            about.holders,
            ends=state.rights,
            successors=successors,
        )
        yield Step(state.unit_no, plan)
    former = [state.ownership.certificate_no for state in ended if state.ownership]
    charges = sorted(charges_of(ended), key=lambda right: (since(right), right.id))
    for part in parts:
        yield Step(part.unit_no, _title(asked, case, part, former, predecessors, next(news)))
        for charge in charges:
            yield Step(part.unit_no, _carried(charge, next(news)))


def _title(
    asked: Asked,
    case: CaseView,
    part: NewUnit,
    former: list[str],
    predecessors: tuple[str, ...],
    new: New,
) -> Plan:
    owned, old = ownership_of(asked), asked.unit
    facts = {code: case.facts.get(code, "") for code in _KEPT} | {FORMER: "、".join(former)}
    begins = begin(new, RightKind.OWNERSHIP, owned.right_type, owned.holders, facts, owned.sharing)
    inherited = {"use": old.use, "nature": old.nature, "term": old.term}
    return Plan(
        RightKind.OWNERSHIP,
        owned.right_type,
        owned.holders,
        begins=begins,
        unit={**inherited, **(part.particulars or {})},
        predecessors=predecessors,
    )


def _carried(charge: RightState, new: New) -> Plan:
    begins = renewed(charge, new, {})
    return Plan(charge.kind, charge.right_type, charge.holders, begins=begins)
