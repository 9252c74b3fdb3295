"""What splitting a unit and merging units need; pure.

The facts of the case name the units: ``part1_unit_no`` and so on those that begin, each with its
particulars, ``merged2_unit_no`` and so on those that end besides the case's own. One unit becomes
several, or several become one; several that become several others are two cases, so that the
lineage says what came from what.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Final

from extranet_zone.cases.ports import Obstacle
from extranet_zone.register.rules.found import Asked, found
from extranet_zone.register.rules.ownership import CONSENT, FACTS_OF_UNIT, unit_facts
from extranet_zone.register.rules.people import all_holders_act, keys_of
from extranet_zone.register.rules.restraint import restraints
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import RightState, UnitState
from kernel.errors import InvalidValueError
from kernel.vocabulary.effects import Effect
from kernel.vocabulary.unit import PARCEL_LENGTH, FixtureKind, UnitNo

MAX_UNITS: Final = 6
"""Units on the side that has several; the form of a case has a bounded number of fields."""
OTHERS_CONSENT: Final = "beneficiary_consent"
"""The fact, value ``1``: those with an easement, residence or notice have agreed in writing."""
_SUBAREA: Final = 12


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit that begins; ``particulars`` is nothing where one of them is wrong."""

    unit_no: str
    particulars: Mapping[str, str] | None


def new_units(facts: Mapping[str, str]) -> tuple[NewUnit, ...]:
    """The units that the case begins, in the order of the form."""
    return tuple(
        NewUnit(_number(facts[f"part{n}_unit_no"]), unit_facts(_of_part(facts, n)))
        for n in range(1, MAX_UNITS + 1)
        if facts.get(f"part{n}_unit_no", "").strip()
    )


def merged_units(facts: Mapping[str, str]) -> tuple[str, ...]:
    """The numbers of the units that end besides the case's own; empty for one that is none."""
    codes = [f"merged{n}_unit_no" for n in range(2, MAX_UNITS + 1)]
    return tuple(_number(facts[code]) for code in codes if facts.get(code, "").strip())


def named_units(effect: Effect, facts: Mapping[str, str]) -> frozenset[str]:
    """The numbers of all units besides its own that a case concerns."""
    if effect is not Effect.UNIT_DIVISION:
        return frozenset()
    return frozenset({*merged_units(facts), *(part.unit_no for part in new_units(facts))} - {""})


def ended_units(asked: Asked) -> tuple[UnitState, ...]:
    """The units that end and are on the register, the case's own first."""
    others = (asked.named.get(number) for number in merged_units(asked.facts))
    return (asked.unit, *(state for state in others if state is not None))


def charges_of(ended: Sequence[UnitState]) -> tuple[RightState, ...]:
    """What goes over to every new unit besides the ownership."""
    return tuple(
        right for state in ended for right in state.rights if right.kind is not RightKind.OWNERSHIP
    )


def division(asked: Asked) -> Iterator[Obstacle]:
    """Numbers, holders, restraints on every unit that ends, and who must agree."""
    ended, parts = ended_units(asked), new_units(asked.facts)
    yield from all_holders_act(asked, "holder")
    yield from _numbers(asked, parts)
    for other in ended[1:]:
        yield from _unmet(asked, other)
    if len({_likeness(state) for state in ended}) > 1:
        yield found("division_holders_differ")
    yield from _particulars(asked.unit, parts)
    yield from _consents(asked, charges_of(ended))
    if _area(state.area for state in ended) != _area(
        (part.particulars or {}).get("area", "") for part in parts
    ):
        yield found("division_area_differs")


def _numbers(asked: Asked, parts: Sequence[NewUnit]) -> Iterator[Obstacle]:
    merged, begun = merged_units(asked.facts), [part.unit_no for part in parts]
    if (min(1 + len(merged), len(begun)), max(1 + len(merged), len(begun)) > 1) != (1, True):
        yield found("division_shape")
    numbers = [asked.unit.unit_no, *merged, *begun]
    if "" in numbers:
        yield found("division_number_invalid")
        return
    if len(set(numbers)) != len(numbers):
        yield found("division_unit_repeated")
    if any(asked.named.get(number) is None for number in merged):
        yield found("division_unit_unknown")
    if any(asked.named.get(number) is not None for number in begun):
        yield found("division_number_taken")
    if len({_place(number) for number in numbers}) > 1:
        yield found("division_elsewhere")


def _unmet(asked: Asked, other: UnitState) -> Iterator[Obstacle]:
    """What stands on another unit that ends, but for what the case's own unit meets as well."""
    met = {obstacle.code for obstacle in restraints(asked, Effect.UNIT_DIVISION)}
    for obstacle in restraints(replace(asked, unit=other), Effect.UNIT_DIVISION):
        if obstacle.code not in met:
            yield obstacle


def _particulars(old: UnitState, parts: Sequence[NewUnit]) -> Iterator[Obstacle]:
    if any(part.particulars is None for part in parts):
        yield found("unit_facts_invalid")
    elif not all(
        given.get("location") and given.get("area") and (given.get("use") or old.use)
        for given in (part.particulars or {} for part in parts)
    ):
        yield found("unit_facts_missing")


def _consents(asked: Asked, charges: Sequence[RightState]) -> Iterator[Obstacle]:
    mortgages = [right for right in charges if right.kind is RightKind.MORTGAGE]
    if mortgages and asked.facts.get(CONSENT) != "1":
        yield found("division_mortgagee_consent")
    if len(mortgages) < len(charges) and asked.facts.get(OTHERS_CONSENT) != "1":
        yield found("division_others_consent")
    if charges:
        yield found("division_carries", count=len(charges))


def _likeness(state: UnitState) -> object:
    """What units must have in common to become one."""
    owned = state.ownership
    if owned is None:
        return None
    shares = frozenset((holder.key, holder.share) for holder in owned.holders)
    people = frozenset(keys_of(owned.holders))
    return owned.right_type, owned.sharing, people, shares, state.nature, state.term


def _place(number: str) -> str:
    """Where a unit must stay: a house on its parcel, a parcel in its subarea."""
    is_house = number[PARCEL_LENGTH:].startswith(FixtureKind.HOUSE.value)
    return number[:PARCEL_LENGTH] if is_house else number[:_SUBAREA]


def _of_part(facts: Mapping[str, str], n: int) -> dict[str, str]:
    return {code: facts.get(f"part{n}_{code}", "") for code in FACTS_OF_UNIT}


def _number(text: str) -> str:
    try:
        return str(UnitNo.parse(text))
    except InvalidValueError:
        return ""


def _area(texts: Iterator[str]) -> Decimal | None:
    try:
        return sum((Decimal(text) for text in texts), Decimal())
    except InvalidOperation:
        return None
