"""The condition language of the catalogue: when something is needed, closed or free; pure.

Rules:

1. a condition has exactly one form: ``all``, ``any``, ``not``, or a test of one ``subject``;
2. a subject is a name (``situation``, ``fact.amount_fen``, ``party.transferor.kind``); its values
   are the strings a caller gives for it, and a subject the caller does not know is *unknown*;
3. unknown is a third answer (Kleene): what does not depend on it is answered all the same;
4. there is no arithmetic, no function and no text to evaluate: a condition is data;
5. depth, number of tests and number of values are bounded when the condition is read.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

MAX_DEPTH: Final = 5
MAX_TESTS: Final = 40
MAX_VALUES: Final = 40
MAX_DIGITS: Final = 18

Subjects = Mapping[str, frozenset[str]]
"""What is known: every value of a subject. An empty set is knowledge too: there is no value."""


class Truth(StrEnum):
    """The answer of a condition."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, *, holds: bool) -> "Truth":
        """The certain answer."""
        return cls.YES if holds else cls.NO


class Condition(BaseModel):
    """One condition; see the rules above."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    all: tuple["Condition", ...] = ()
    any: tuple["Condition", ...] = ()
    none: "Condition | None" = Field(default=None, alias="not")
    subject: Annotated[
        str, Field(pattern=r"^([a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39}){0,2})?$")
    ] = ""
    values: Annotated[tuple[str, ...], Field(max_length=MAX_VALUES, alias="is")] = ()
    at_least: int | None = None
    at_most: int | None = None
    known: bool | None = None

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        forms = [bool(self.all), bool(self.any), self.none is not None, bool(self.subject)]
        if sum(forms) != 1:
            raise ValueError("条件应恰为 all、any、not、subject 之一")
        tests = (
            bool(self.values),
            self.at_least is not None,
            self.at_most is not None,
            self.known is not None,
        )
        if sum(tests) != int(bool(self.subject)):
            raise ValueError("有 subject 时应恰有 is、at_least、at_most、known 之一")
        return self

    @property
    def parts(self) -> tuple["Condition", ...]:
        """The conditions it is made of."""
        return (*self.all, *self.any, *((self.none,) if self.none else ()))


def _bounded(condition: Condition) -> Condition:
    if _depth(condition) > MAX_DEPTH or len(subjects_of(condition)) > MAX_TESTS:
        raise ValueError("条件嵌套过深或判断过多")
    return condition


def _depth(condition: Condition) -> int:
    return 1 + max((_depth(part) for part in condition.parts), default=0)


Rule = Annotated[Condition, AfterValidator(_bounded)]
"""A whole condition as it stands in a file."""


def subjects_of(condition: Condition) -> list[str]:
    """Every subject tested, in order, as often as it is tested."""
    if condition.subject:
        return [condition.subject]
    return [subject for part in condition.parts for subject in subjects_of(part)]


def evaluate(condition: Condition, subjects: Subjects) -> Truth:
    """Whether ``condition`` holds of what is known."""
    if condition.all:
        return _first([evaluate(part, subjects) for part in condition.all], Truth.NO, Truth.YES)
    if condition.any:
        return _first([evaluate(part, subjects) for part in condition.any], Truth.YES, Truth.NO)
    if condition.none is not None:
        return _OPPOSITE[evaluate(condition.none, subjects)]
    return _test(condition, subjects.get(condition.subject))


def holds(condition: Condition | None, subjects: Subjects) -> Truth:
    """As :func:`evaluate`; where there is no condition, always."""
    return Truth.YES if condition is None else evaluate(condition, subjects)


def _first(answers: list[Truth], decisive: Truth, otherwise: Truth) -> Truth:
    if decisive in answers:
        return decisive
    return Truth.UNKNOWN if Truth.UNKNOWN in answers else otherwise


_OPPOSITE: Final = {Truth.YES: Truth.NO, Truth.NO: Truth.YES, Truth.UNKNOWN: Truth.UNKNOWN}


def _test(condition: Condition, found: frozenset[str] | None) -> Truth:
    if condition.known is not None:
        return Truth.of(holds=bool(found) is condition.known)
    if found is None:
        return Truth.UNKNOWN
    if condition.values:
        return Truth.of(holds=not found.isdisjoint(condition.values))
    numbers = [int(text) for text in found if text.isdecimal() and len(text) <= MAX_DIGITS]
    if len(numbers) != len(found) or not numbers:
        # Nothing, or no number, to compare: nobody may conclude that it is small or large.
        return Truth.UNKNOWN
    if condition.at_least is not None:
        return Truth.of(holds=max(numbers) >= condition.at_least)
    return Truth.of(holds=condition.at_most is not None and min(numbers) <= condition.at_most)
