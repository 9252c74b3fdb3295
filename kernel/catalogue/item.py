"""One service item (事项): what an item file says, checked as a whole when it is read."""

from collections.abc import Collection, Iterator
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from kernel.catalogue.conditions import Condition, subjects_of
from kernel.catalogue.counterparts import Department, Print, Province
from kernel.catalogue.tables import (
    MAX_PROMISED_DAYS,
    Channels,
    Code,
    Codes,
    Fact,
    Fee,
    Flow,
    Line,
    MaterialRule,
    PartyRole,
    Question,
    Remote,
    Role,
    Situation,
    Table,
    Taxes,
)
from kernel.vocabulary.effects import Effect

MAX_MATERIALS: Final = 50
MAX_FACTS: Final = 40
MAX_ROLES: Final = 8
MAX_QUESTIONS: Final = 30
STATED: Final = "1"
"""How a written statement answers the fact it states."""
SITUATION: Final = "situation"
"""The fact that says which situation applies."""

CASE_SUBJECTS: Final = frozenset(
    {
        "item.code",
        "item.right_type",
        "item.registration_type",
        "item.effect",
        "item.initiator",
        "item.site_visit",
        "case.mode",
        "situation",
        "owner.kind",
        "unit.ownership",
        "unit.feature",
        "unit.fixture",
        "unit.right_type",
        "unit.residential",
        "unit.house_nature",
        "unit.marks",
        "unit.objection",
    }
)
"""Subjects every condition may test; an item's own add its facts and roles."""


class Item(Table):
    """One service item with everything that follows from it."""

    code: Code
    title: Annotated[str, Field(min_length=2, max_length=40)]
    summary: Annotated[str, Field(min_length=4, max_length=400)]
    codes: Codes = Codes()
    registration_type: Annotated[str, Field(pattern=r"^[1-9]00$")]
    right_type: Annotated[str, Field(pattern=r"^([1-9]|1[0-9]|2[0-3])$")]
    effect: Effect
    initiator: Literal["joint", "single", "court", "authority"]
    """双方共同申请, 单方申请, 有权机关嘱托, 依职权."""
    applicant_role: Role
    share_role: Role | None = None
    """Whose shares are asked for, where the right is shared out."""
    conditions: Annotated[tuple[Line, ...], Field(min_length=1, max_length=20)]
    basis: Annotated[tuple[Line, ...], Field(min_length=1, max_length=10)]
    legal_working_days: Annotated[int, Field(ge=1, le=MAX_PROMISED_DAYS)] = MAX_PROMISED_DAYS
    promised_working_days: Annotated[int, Field(ge=1, le=MAX_PROMISED_DAYS)]
    fee: Fee
    tax: Taxes = Taxes(involved=False)
    flow: Flow
    channels: Channels
    remote: Remote
    departments: tuple[Department, ...] = ()
    province: tuple[Province, ...] = ()
    prints: Annotated[tuple[Print, ...], Field(min_length=1)]
    declaration: Annotated[str, Field(min_length=10, max_length=2000)]
    situations: Annotated[tuple[Situation, ...], Field(max_length=20)] = ()
    parties: Annotated[tuple[PartyRole, ...], Field(min_length=1, max_length=MAX_ROLES)]
    facts: Annotated[tuple[Fact, ...], Field(max_length=MAX_FACTS)] = ()
    materials: Annotated[tuple[MaterialRule, ...], Field(min_length=1, max_length=MAX_MATERIALS)]
    interview: Annotated[tuple[Question, ...], Field(max_length=MAX_QUESTIONS)] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        self._require_distinct()
        self._require_roles()
        self._require_subjects()
        self._require_dates()
        self._require_stated_facts()
        if self.promised_working_days > self.legal_working_days:
            raise ValueError("承诺时限不得长于法定时限")
        if any(fact.code == SITUATION for fact in self.facts):
            raise ValueError("申请情形写在 situations 中，不写在 facts 中")
        return self

    def _require_distinct(self) -> None:
        for codes in (
            [material.code for material in self.materials],
            [party.role for party in self.parties],
            [fact.code for fact in self.facts],
            [situation.code for situation in self.situations],
            [question.code for question in self.interview],
        ):
            if len(set(codes)) != len(codes):
                raise ValueError("代码重复")

    def _require_roles(self) -> None:
        roles = {party.role for party in self.parties}
        named = {self.applicant_role, *(role for q in self.interview for role in q.asked_of)}
        named |= {role for role in (self.share_role, self.fee.payer) if role}
        if unknown := sorted(named - roles):
            raise ValueError(f"当事人中没有角色 {unknown[0]}")
        if (self.fee.rate == "none") != (not self.fee.payer):
            raise ValueError("收费时写缴费人，不收费时不写")

    def _require_subjects(self) -> None:
        allowed = self.subjects
        situations = {situation.code for situation in self.situations}
        for condition in self._conditions():
            for subject in subjects_of(condition):
                if subject not in allowed:
                    raise ValueError(f"该事项没有判断对象 {subject}")
            for test in _tests(condition):
                if test.subject == SITUATION and not situations.issuperset(test.values):
                    raise ValueError("条件判断了该事项没有的申请情形")

    def _require_dates(self) -> None:
        dates: set[str] = set()
        for fact in self.facts:
            if fact.not_before and fact.not_before not in dates:
                raise ValueError(f"{fact.code} 之前没有日期 {fact.not_before}")
            if fact.kind == "date":
                dates.add(fact.code)

    def _require_stated_facts(self) -> None:
        answers = {fact.code: dict(fact.choices) for fact in self.facts}
        for rule in self.materials:
            if rule.states_fact and STATED not in answers.get(rule.states_fact, {}):
                raise ValueError(f"材料 {rule.code} 的 states_fact 应是有选项 1 的填写项")

    def _conditions(self) -> Iterator[Condition]:
        for table in (*self.parties, *self.facts, *self.materials, *self.interview):
            if table.when is not None:
                yield table.when

    @property
    def subjects(self) -> Collection[str]:
        """Every subject a condition of this item may test."""
        roles = [party.role for party in self.parties]
        return {
            *CASE_SUBJECTS,
            *(f"fact.{fact.code}" for fact in self.facts),
            *(f"party.{role}.{name}" for role in roles for name in ("kind", "document_type")),
            *(f"count.{role}" for role in roles),
        }

    @property
    def spatial_review(self) -> bool:
        """Whether the case goes to the intranet for spatial review."""
        return self.flow.spatial_review

    @property
    def roles(self) -> list[str]:
        """Every role, the applicant's first."""
        return [self.applicant_role, *self.other_roles]

    @property
    def other_roles(self) -> list[str]:
        """Every role but the applicant's, as the file lists them."""
        return [party.role for party in self.parties if party.role != self.applicant_role]

    @property
    def role_titles(self) -> dict[str, str]:
        """What the form calls each role."""
        return {party.role: party.title for party in self.parties}

    @property
    def promised(self) -> str:
        """The promised time in words."""
        return f"自受理之日起 {self.promised_working_days} 个工作日"

    @property
    def has_tax_or_fee(self) -> bool:
        """是否涉税费: the first phase of 全豫通办 takes only items without (plan 二)."""
        return self.tax.involved or self.fee.rate != "none"

    def material(self, code: str) -> MaterialRule | None:
        """The rule of a material code."""
        return next((rule for rule in self.materials if rule.code == code), None)

    def fact(self, code: str) -> Fact | None:
        """The field of a fact's code, the situation's among them."""
        return next((fact for fact in self.asked if fact.code == code), None)

    @property
    def asked(self) -> tuple[Fact, ...]:
        """Every field of the form; where there is a choice of situations that comes first."""
        if len(self.situations) < 2:  # noqa: PLR2004 - one is no choice
            return self.facts
        options = tuple((found.code, found.title) for found in self.situations)
        hint = "；".join(f"{s.title}：{s.hint}" for s in self.situations if s.hint)
        first = Fact(
            code=SITUATION, title="申请情形", kind="choice", options=options, hint=hint[:200]
        )
        return (first, *self.facts)


def _tests(condition: Condition) -> Iterator[Condition]:
    if condition.subject:
        yield condition
    for part in condition.parts:
        yield from _tests(part)
