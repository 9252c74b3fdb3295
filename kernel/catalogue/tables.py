"""The tables of an item file: parties, situations, form fields, materials, questions, way, time.

The format and the meaning of every key is docs/spec/catalogue-item-v2.md.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kernel.catalogue.conditions import Rule
from kernel.vocabulary.dictionaries import (
    AdvanceNoticeKind,
    DocumentKind,
    HolderKind,
    MortgageKind,
    OwnershipForm,
    SeizureKind,
)
from kernel.vocabulary.effects import ROLE_PATTERN

MAX_TEXT: Final = 200
FEN_SUFFIX: Final = "_fen"
YUAN_SUFFIX: Final = "_yuan"
MAX_PROMISED_DAYS: Final = 30
"""The legal limit from acceptance (不动产登记暂行条例) [K]; a promise may only be shorter."""

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Role = Annotated[str, Field(pattern=ROLE_PATTERN)]
Title = Annotated[str, Field(min_length=2, max_length=60)]
Line = Annotated[str, Field(max_length=MAX_TEXT)]
Text = Annotated[str, Field(max_length=2000)]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]

DICTIONARIES: Final = {
    "ownership_form": OwnershipForm,
    "mortgage_kind": MortgageKind,
    "advance_notice_kind": AdvanceNoticeKind,
    "seizure_kind": SeizureKind,
    "document_kind": DocumentKind,
    "holder_kind": HolderKind,
}
"""Dictionaries of TD/T 1066 that a field may take its options from."""


class Table(BaseModel):
    """Base of every table of a catalogue file: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Conditional(Table):
    """Something that may be needed only at times; then the guide says when, in words."""

    when: Rule | None = None
    when_text: Line = ""

    @model_validator(mode="after")
    def _a_condition_has_words(self) -> Self:
        if (self.when is None) != (not self.when_text):
            raise ValueError("when 与 when_text 应同时写：一个给程序，一个给人看")
        return self


class Situation(Table):
    """One 情形 of the item; which one applies is the form's first question."""

    code: Word
    title: Title
    hint: Line = ""


class PartyRole(Conditional):
    """A part that must be taken in the case, and what the form calls it."""

    role: Role
    title: Annotated[str, Field(min_length=2, max_length=20)]
    hint: Line = ""
    kinds: tuple[str, ...] = ()
    """权利人类型 that may take the part; empty admits all."""


FieldKind = Literal["text", "yuan", "choice", "date", "number", "area"]


class Fact(Conditional):
    """One field of the form (登记申请书的填写项).

    ``yuan`` is asked in yuan and kept in fen, so its code ends in ``_fen``; ``choice`` takes
    ``options`` or a ``dictionary``; ``date`` may say which date it must not lie before; ``number``
    and ``area`` (square metres, two decimals at most) have bounds.
    """

    code: Word
    title: Annotated[str, Field(min_length=2, max_length=40)]
    kind: FieldKind = "text"
    hint: Line = ""
    required: bool = True
    options: Annotated[tuple[tuple[str, str], ...], Field(max_length=40)] = ()
    dictionary: str = ""
    not_before: str = ""
    at_least: Annotated[int, Field(ge=0)] = 0
    at_most: Annotated[int, Field(ge=1)] = 10**9
    max_length: Annotated[int, Field(ge=1, le=MAX_TEXT)] = MAX_TEXT

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.dictionary and self.dictionary not in DICTIONARIES:
            raise ValueError(f"没有字典 {self.dictionary}")
        if (self.kind == "choice") != (bool(self.options) != bool(self.dictionary)):
            raise ValueError("选择项应写 options 或 dictionary，其他项不写")
        if (self.kind == "yuan") != self.code.endswith(FEN_SUFFIX):
            raise ValueError("金额项的代码以 _fen 结尾，其他项不得如此")
        if self.not_before and self.kind != "date":
            raise ValueError("只有日期可以写 not_before")
        return self

    @property
    def field(self) -> str:
        """The name of its form field."""
        if self.kind == "yuan":
            return self.code.removesuffix(FEN_SUFFIX) + YUAN_SUFFIX
        return self.code

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """Code and words of every option of a choice."""
        return tuple(DICTIONARIES[self.dictionary].choices()) if self.dictionary else self.options

    def shown(self, value: str) -> str:
        """The answer as people read it; what is no code of its options is shown as it came."""
        if self.kind == "yuan" and value.isdecimal():
            yuan, fen = divmod(int(value), 100)
            return f"{yuan:,}.{fen:02d} 元"
        return dict(self.choices).get(value, value)


class MaterialRule(Conditional):
    """One line of the item's list of materials.

    ``required`` with ``when`` is needed when the condition holds; ``required = false`` is only
    taken. ``waived_by`` names the shared source whose live answer replaces it (免提交).
    """

    code: Code
    title: Title
    required: bool
    form: Literal["original", "copy", "electronic"] = "original"
    copies: Annotated[int, Field(ge=1, le=10)] = 1
    hint: Line = ""
    waived_by: str = ""
    states_fact: str = ""
    """Code of the fact that a statement, once handed in, answers with ``1``; empty for none."""

    @property
    def form_label(self) -> str:
        """原件, 复印件 or 电子件."""
        return {"original": "原件", "copy": "复印件", "electronic": "电子件"}[self.form]


class Question(Conditional):
    """One question of the interview record (询问笔录); ``expected`` is what lets the case go on."""

    code: Word
    text: Annotated[str, Field(min_length=4, max_length=MAX_TEXT)]
    asked_of: Annotated[tuple[Role, ...], Field(min_length=1)]
    answer: Literal["yes_no", "text"] = "yes_no"
    expected: Literal["", "yes", "no"] = ""


class Flow(Table):
    """The way of the case."""

    spatial_review: bool
    """After acceptance the case goes through the gate to the intranet."""
    examination_levels: Annotated[int, Field(ge=1, le=3)] = 2
    """初审、复审、核定; recording needs at least two different people [K]."""
    announcement_working_days: Annotated[int, Field(ge=0, le=90)] = 0
    """公告: working days before recording; 0 for none."""
    promise_until: Literal["recording", "issuance"] = "recording"
    """Where the promised time ends."""
    automatic_acceptance: bool = False
    """The system accepts, and signs so, after a passed preliminary review (plan 三（三）3)."""
    site_visit: bool = False
    """实地查看 is needed before recording."""


class Channels(Table):
    """By which ways the item can be asked for (三个渠道)."""

    online: bool
    """线上不见面: no visit."""
    fusion: bool
    """线上线下融合: applied online, one visit at any window."""
    window: bool = True
    """线下: at a window."""
    visit_reason: Line = ""
    """Why one visit is needed, where it is."""
    visit_until: str = ""
    """The shared source that makes the visit needless once it is live."""


class Remote(Table):
    """全豫通办: whether the item is open to collection elsewhere, and if not, why."""

    open: bool
    reason: Line = ""

    @model_validator(mode="after")
    def _closed_has_a_reason(self) -> Self:
        if self.open == bool(self.reason):
            raise ValueError("不开通时应写原因，开通时不写")
        return self


class Codes(Table):
    """The two lists an item belongs to; empty: the official text is not to be had."""

    provincial: Annotated[str, Field(pattern=r"^[0-9A-Z-]{0,40}$")] = ""
    """省级事项基本编码 (of the 106)."""
    four_level: Annotated[str, Field(pattern=r"^[0-9A-Z-]{0,40}$")] = ""
    """四级四同 code."""


class Fee(Table):
    """What the item costs; the amounts stand in the edition's fee table."""

    rate: Literal["registration", "none"]
    payer: str = ""
    """The role that pays."""
    exemptions: tuple[Word, ...] = ()
    """Codes of the edition's exemptions that may apply."""


class Taxes(Table):
    """Whether tax is involved; it is assessed by the tax authority, never by us."""

    involved: bool
    note: Line = ""
