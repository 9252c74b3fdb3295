"""Claims about the condition language: three answers, one form, bounded, no evaluation of text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kernel.catalogue.conditions import (
    MAX_DEPTH,
    Condition,
    Rule,
    Subjects,
    Truth,
    evaluate,
    subjects_of,
)

READER: TypeAdapter[Condition] = TypeAdapter(Rule)
SALE = {"subject": "situation", "is": ["sale"]}
KNOWN: Subjects = {
    "situation": frozenset({"sale"}),
    "fact.amount_fen": frozenset({"500"}),
    "party.transferor.kind": frozenset({"1", "2"}),
    "unit.marks": frozenset(),
}


def answer(table: dict[str, Any], subjects: Subjects = KNOWN) -> Truth:
    return evaluate(READER.validate_python(table), subjects)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (SALE, Truth.YES),
        ({"subject": "situation", "is": ["gift"]}, Truth.NO),
        ({"subject": "party.transferor.kind", "is": ["2"]}, Truth.YES),
        ({"subject": "unit.marks", "is": ["legacy"]}, Truth.NO),
        ({"subject": "case.mode", "is": ["online"]}, Truth.UNKNOWN),
        ({"subject": "fact.amount_fen", "at_least": 500}, Truth.YES),
        ({"subject": "fact.amount_fen", "at_least": 501}, Truth.NO),
        ({"subject": "fact.amount_fen", "at_most": 499}, Truth.NO),
        ({"subject": "fact.amount_fen", "at_most": 500}, Truth.YES),
        ({"subject": "situation", "at_least": 1}, Truth.UNKNOWN),
        ({"subject": "unit.marks", "at_most": 1}, Truth.UNKNOWN),
        ({"subject": "case.mode", "known": False}, Truth.YES),
        ({"subject": "unit.marks", "known": True}, Truth.NO),
        ({"not": SALE}, Truth.NO),
        ({"not": {"subject": "case.mode", "is": ["online"]}}, Truth.UNKNOWN),
    ],
)
def test_each_test_has_its_answer(table: dict[str, Any], expected: Truth) -> None:
    assert answer(table) is expected


@given(st.lists(st.sampled_from(list(Truth)), min_size=1, max_size=4))
def test_all_and_any_are_those_of_kleene(answers: list[Truth]) -> None:
    tables = {
        Truth.YES: SALE,
        Truth.NO: {"subject": "situation", "is": ["gift"]},
        Truth.UNKNOWN: {"subject": "case.mode", "is": ["online"]},
    }
    parts = [tables[truth] for truth in answers]
    order = [Truth.NO, Truth.UNKNOWN, Truth.YES]
    assert answer({"all": parts}) is min(answers, key=order.index)
    assert answer({"any": parts}) is max(answers, key=order.index)
    opposite = answer({"not": {"all": parts}})
    assert opposite is answer({"any": [{"not": part} for part in parts]})


def nested(depth: int) -> dict[str, Any]:
    return SALE if depth == 1 else {"not": nested(depth - 1)}


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"all": []},
        {"subject": "situation"},
        {"is": ["sale"]},
        {"subject": "situation", "is": ["sale"], "known": True},
        {"subject": "situation", "is": ["sale"], "any": [SALE]},
        {"subject": "a; b", "is": ["1"]},
        {"subject": "__import__", "is": ["1"]},
        {"subject": "situation", "eval": "1"},
        {"subject": "situation", "is": [str(n) for n in range(41)]},
        {"any": [SALE] * 41},
        nested(MAX_DEPTH + 1),
    ],
)
def test_what_is_no_condition_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        READER.validate_python(table)


def test_the_deepest_condition_is_read_and_names_its_subjects() -> None:
    condition = READER.validate_python(nested(MAX_DEPTH))
    assert subjects_of(condition) == ["situation"]
    kept = condition.model_dump(by_alias=True, exclude_defaults=True)
    assert READER.validate_python(kept) == condition
