"""What recording an ownership needs, its change, correction, end and replacement; pure."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from extranet_zone.cases.ports import Obstacle
from extranet_zone.register.rules.found import Asked, found
from extranet_zone.register.rules.people import (
    all_holders_act,
    changed_holders,
    holders_after_transfer,
    holders_of,
    needs,
    same_people,
    shares_sum,
    transferors_act,
)
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import RightState, UnitState
from kernel.vocabulary.dictionaries import RightType
from kernel.vocabulary.normal import compact

EXCLUDES_TRANSFER: Final = "transfer_excluded"
"""The fact of a mortgage that says the parties excluded transfer; its value is ``1``."""
CONSENT: Final = "mortgagee_consent"
"""The fact, value ``1``: the mortgagees have agreed in writing."""
FACTS_OF_UNIT: Final = {
    "location": ("location", 200),
    "use": ("use", 200),
    "area_m2": ("area", 12),
    "nature": ("nature", 100),
    "land_term": ("term", 200),
}
"""Fact of a case: which particular of the unit it gives, and how long that may be."""
_LARGEST_AREA: Final = Decimal("1e9")


def unit_facts(facts: Mapping[str, str]) -> dict[str, str] | None:
    """The particulars of the unit that ``facts`` give; nothing when one of them is wrong."""
    given: dict[str, str] = {}
    for code, (name, longest) in FACTS_OF_UNIT.items():
        text = facts.get(code, "").strip()
        if not text:
            continue
        if name == "area":
            text = _area(text)
        if not text or len(text) > longest:
            return None
        given[name] = text
    return given


def is_day(text: str) -> bool:
    """Whether ``text`` is a day such as ``2026-01-31``."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def first_registration(asked: Asked) -> Iterator[Obstacle]:
    """A unit without ownership, its particulars, its holders, its right type."""
    if asked.unit.ownership is not None:
        yield found("ownership_present")
    if not RightType.has(asked.right_type):
        yield found("right_type_unknown")
    yield from opened_unit(asked)
    yield from needs(asked, "权利人", "holder")
    yield from shares_sum(holders_of(asked.parties, "holder"), asked.facts.get("ownership", ""))


def opened_unit(asked: Asked) -> Iterator[Obstacle]:
    """The particulars that a unit must have before anything stands on it."""
    given = unit_facts(asked.facts)
    if given is None:
        yield found("unit_facts_invalid")
    elif not all(given.get(name) or _has(asked.unit, name) for name in ("location", "use", "area")):
        yield found("unit_facts_missing")


def transfer(asked: Asked) -> Iterator[Obstacle]:
    """The transferors, the mortgages and residence on the unit, the shares of the new holders."""
    yield from transferors_act(asked)
    yield from needs(asked, "受让方", "transferee", "heir")
    if asked.unit.mortgages:
        excluded = any(
            mortgage.facts.get(EXCLUDES_TRANSFER) == "1" for mortgage in asked.unit.mortgages
        )
        agreed = asked.facts.get(CONSENT) == "1"
        yield found("transfer_excluded" if excluded and not agreed else "transfer_with_mortgage")
    if asked.unit.of(RightKind.RESIDENCE):
        yield found("residence_on_record")
    ownership = asked.unit.ownership
    if ownership is not None:
        stated = asked.facts.get("ownership", "")
        yield from shares_sum(holders_after_transfer(asked, ownership), stated)


def holder_change(asked: Asked) -> Iterator[Obstacle]:
    """A change of particulars names one registered holder, and leaves the others as they are."""
    if asked.unit.ownership is None:
        yield found("ownership_missing")
    elif changed_holders(asked.unit.ownership, asked.parties, asked.facts) is None:
        yield found("holder_not_registered")


def unit_change(asked: Asked) -> Iterator[Obstacle]:
    """All holders apply, and some particular of the unit becomes another."""
    yield from all_holders_act(asked, "holder")
    yield from _some_change(asked, unit_facts(asked.facts))


def correction(asked: Asked) -> Iterator[Obstacle]:
    """Either a holder's particulars or the unit's are corrected, or both."""
    if asked.unit.ownership is None:
        yield found("ownership_missing")
        return
    given = unit_facts(asked.facts)
    if given is None:
        yield found("unit_facts_invalid")
    elif changed_holders(asked.unit.ownership, asked.parties, asked.facts) is not None:
        return
    elif not given:
        yield found("holder_not_registered")
    else:
        yield from _some_change(asked, given)


def right_cancellation(asked: Asked) -> Iterator[Obstacle]:
    """All holders give the right up; whoever has a mortgage on it agrees."""
    yield from all_holders_act(asked, "holder")
    if asked.unit.mortgages and asked.facts.get(CONSENT) != "1":
        yield found("mortgagee_consent")


def replacement(asked: Asked) -> Iterator[Obstacle]:
    """The holders of the right apply whose certificate is replaced."""
    right = replaced(asked.unit, asked.facts)
    if right is None:
        yield found("certificate_unknown")
        return
    applicants = holders_of(asked.parties, "holder", "mortgagee", "beneficiary")
    if not same_people(right.holders, applicants):
        yield found("holder_not_holder")


def replaced(unit: UnitState, facts: Mapping[str, str]) -> RightState | None:
    """The right whose certificate is replaced: of the stated number, otherwise the ownership."""
    number = compact(facts.get("certificate_no", ""))
    if not number:
        return unit.ownership
    return next((right for right in unit.rights if compact(right.certificate_no) == number), None)


def _some_change(asked: Asked, given: Mapping[str, str] | None) -> Iterator[Obstacle]:
    if given is None:
        yield found("unit_facts_invalid")
    elif all(getattr(asked.unit, name) == text for name, text in given.items()):
        yield found("unit_facts_unchanged")


def _has(unit: UnitState, name: str) -> bool:
    return bool(getattr(unit, name))


def _area(text: str) -> str:
    try:
        area = Decimal(text)
    except InvalidOperation:
        return ""
    if not area.is_finite() or not 0 < area < _LARGEST_AREA or area != round(area, 2):
        return ""
    return f"{area:.2f}"
