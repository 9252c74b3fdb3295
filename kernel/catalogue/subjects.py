"""What is known of a case, as the subjects that conditions test; pure.

Rules:

1. what nobody stated is unknown, not empty: its subject is left out;
2. the number of a unit says whose land it is, what the parcel was cut for and what stands on it;
3. what only the register or a list of the authority knows comes from the caller, or is unknown;
4. a written statement that was handed in says what its fact asks, whatever the form said before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kernel.catalogue.conditions import Subjects
from kernel.catalogue.item import SITUATION, STATED, Item
from kernel.errors import InvalidValueError
from kernel.vocabulary.unit import UnitNo

OWNER_ROLES: Final = frozenset({"transferor", "mortgagor", "holder", "obligor"})
"""Who the unit belongs to before the act."""
_DWELLING: Final = "住宅"
_NO_DWELLING: Final = "非住宅"


@dataclass(frozen=True, slots=True)
class Taken:
    """Who takes part: the role, 权利人类型 and 证件种类 of TD/T 1066, the share or nothing."""

    role: str
    kind: str
    document_type: str
    share: str = ""


@dataclass(frozen=True, slots=True)
class Stated:
    """A case as it is stated so far.

    ``materials`` are codes of files handed in; ``unit`` adds subjects that the caller knows, such
    as ``unit.residential``, ``unit.marks`` and ``unit.objection``.
    """

    unit_no: str
    mode: str
    facts: Mapping[str, str]
    parties: Sequence[Taken]
    materials: Collection[str] = ()
    unit: Subjects = field(default_factory=dict)


def residential(use: str) -> Subjects:
    """``unit.residential`` from the register's words for the use; unknown without words."""
    if not use:
        return {}
    dwelling = _DWELLING in use and _NO_DWELLING not in use
    return {"unit.residential": frozenset({"yes" if dwelling else "no"})}


def objected(count: int | None) -> Subjects:
    """``unit.objection`` from the number of objections in force; unknown off the register."""
    return {} if count is None else {"unit.objection": frozenset({"yes" if count else "no"})}


def with_statements(
    item: Item, facts: Mapping[str, str], materials: Collection[str]
) -> dict[str, str]:
    """``facts`` with what the written statements among ``materials`` (codes) answer."""
    stated = {
        rule.states_fact: STATED
        for rule in item.materials
        if rule.states_fact and rule.code in materials
    }
    return {**facts, **stated}


def subjects_of_case(item: Item, stated: Stated) -> Subjects:
    """Everything known of the case, by subject."""
    found: dict[str, frozenset[str]] = {
        "item.code": frozenset({item.code}),
        "item.right_type": frozenset({item.right_type}),
        "item.registration_type": frozenset({item.registration_type}),
        "item.effect": frozenset({item.effect}),
        "item.initiator": frozenset({item.initiator}),
        "item.site_visit": frozenset({"yes" if item.flow.site_visit else "no"}),
        "case.mode": frozenset({stated.mode}),
        **_of_unit_no(stated.unit_no),
        **stated.unit,
    }
    for fact in item.facts:
        if value := stated.facts.get(fact.code, ""):
            found[f"fact.{fact.code}"] = frozenset({value})
    if situation := _situation(item, stated.facts):
        found[SITUATION] = frozenset({situation})
    for role in item.roles:
        taking = [party for party in stated.parties if party.role == role]
        found[f"count.{role}"] = frozenset({str(len(taking))})
        if taking:
            found[f"party.{role}.kind"] = frozenset(party.kind for party in taking)
            found[f"party.{role}.document_type"] = frozenset(p.document_type for p in taking)
    owners = frozenset(party.kind for party in stated.parties if party.role in OWNER_ROLES)
    if owners:
        found["owner.kind"] = owners
    return found


def _situation(item: Item, facts: Mapping[str, str]) -> str:
    if len(item.situations) == 1:
        return item.situations[0].code
    return facts.get(SITUATION, "")


def _of_unit_no(text: str) -> dict[str, frozenset[str]]:
    try:
        unit = UnitNo.parse(text)
    except InvalidValueError:
        return {}
    return {
        "unit.ownership": frozenset({unit.ownership.value}),
        "unit.feature": frozenset({unit.parcel_feature.value}),
        "unit.fixture": frozenset({unit.fixture_kind.value}),
    }
