"""An edition of the catalogue: its items, slots, exclusions, shared sources and fee table.

The rules an edition must keep, beyond what each of its tables must:

1. no code stands twice; a slot that names an item names one there is;
2. an item does not require a material whose source is live (plan 四（二）3, S-178): it must let the
   source replace it, or only take it;
3. a source, an exemption or a dictionary that is named is there;
4. an exclusion tests only what is known of every case.
"""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from kernel.catalogue.conditions import Rule, subjects_of
from kernel.catalogue.item import CASE_SUBJECTS, Item
from kernel.catalogue.tables import Code, Codes, Day, Line, Table, Title, Word

MAX_ITEMS: Final = 500
MAX_SLOTS: Final = 500
MAX_RULES: Final = 100
MAX_DOCUMENT_BYTES: Final = 8 * 1024 * 1024
"""An edition as one JSON document; the first has half a megabyte."""


class Source(Table):
    """A shared-data source (共享数据) that can replace materials (免提交)."""

    code: Code
    title: Title
    department: Title
    live: bool
    replaces: Annotated[tuple[Code, ...], Field(max_length=20)]
    """Codes of the materials its answer makes needless."""
    note: Line = ""


class Slot(Table):
    """One of the 106 (政务服务事项), whether worked out here or not."""

    number: Annotated[int, Field(ge=1, le=MAX_SLOTS)]
    title: Title
    family: Title
    right_type: Annotated[str, Field(pattern=r"^([1-9]|1[0-9]|2[0-3])?$")]
    """权利类型 of TD/T 1066; empty where the right has a table of its own."""
    registration_type: Annotated[str, Field(pattern=r"^[1-9]00$")]
    codes: Codes = Codes()
    item: str = ""
    """The worked-out item that handles it; empty while there is none."""
    reason: Line = ""
    """Why it is not open to 全豫通办, where it is not."""


class Exemption(Table):
    """A ground on which the registration fee is not charged, or only a part of it."""

    code: Word
    title: Title
    percent: Annotated[int, Field(ge=0, le=99)] | None = None
    """What is still charged, in hundredths."""
    fen: Annotated[int, Field(ge=0, le=10**8)] | None = None
    """What is charged instead."""
    when: Rule | None = None
    """When it applies by itself; without, an officer says so from the papers."""
    basis: Line

    @model_validator(mode="after")
    def _says_how_much(self) -> Self:
        if (self.percent is None) == (self.fen is None):
            raise ValueError("减免应写 percent 或 fen，且只写一项")
        return self

    def charged(self, fen: int) -> int:
        """What is still charged of ``fen``; an exemption never makes it more."""
        left = fen * self.percent // 100 if self.percent is not None else self.fen or 0
        return min(left, fen)


class FeeTable(Table):
    """The registration fee (不动产登记费); amounts in fen."""

    dwelling_fen: Annotated[int, Field(ge=0, le=10**8)]
    other_fen: Annotated[int, Field(ge=0, le=10**8)]
    further_certificate_fen: Annotated[int, Field(ge=0, le=10**8)]
    free_certificates: Annotated[int, Field(ge=0, le=100)]
    basis: Line
    exemptions: Annotated[tuple[Exemption, ...], Field(max_length=MAX_RULES)] = ()


class Exclusion(Table):
    """One of the plan's 暂不列入: closes the item for 全豫通办, not for handling at home."""

    code: Word
    words: Annotated[str, Field(min_length=2, max_length=200)]
    """The plan's own wording."""
    when: Rule
    valid_from: Day
    valid_until: Day | None = None
    """The last day; nothing while it holds."""
    basis: Line


class Edition(Table):
    """One edition, whole."""

    number: Annotated[int, Field(ge=1, le=10**6)]
    name: Title
    source: Line
    """Who published the list it implements, under what number."""
    received_on: Day
    """When the authority received that list: from here the time to publication counts (S-218)."""
    valid_from: Day
    phase: Annotated[int, Field(ge=1, le=3)]
    """阶段 of the plan: 1 opens only items without tax and fee to 全豫通办."""
    fees: FeeTable
    sources: Annotated[tuple[Source, ...], Field(max_length=MAX_RULES)] = ()
    exclusions: Annotated[tuple[Exclusion, ...], Field(max_length=MAX_RULES)] = ()
    slots: Annotated[tuple[Slot, ...], Field(max_length=MAX_SLOTS)] = ()
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=MAX_ITEMS)]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for what, codes in (
            ("共享数据", [source.code for source in self.sources]),
            ("不列入情形", [rule.code for rule in self.exclusions]),
            ("106 项序号", [str(slot.number) for slot in self.slots]),
            ("事项", [item.code for item in self.items]),
            ("减免", [rule.code for rule in self.fees.exemptions]),
        ):
            if len(set(codes)) != len(codes):
                raise ValueError(f"{what}的代码重复")
        self._require_named()
        self._require_known_subjects()
        for item in self.items:
            self._require_nothing_shared(item)
        return self

    def _require_named(self) -> None:
        items = {item.code for item in self.items}
        if missing := [slot.item for slot in self.slots if slot.item and slot.item not in items]:
            raise ValueError(f"106 项引用了不存在的事项 {missing[0]}")
        sources = {source.code for source in self.sources}
        exemptions = {rule.code for rule in self.fees.exemptions}
        for item in self.items:
            named = {rule.waived_by for rule in item.materials} | {item.channels.visit_until}
            if unknown := sorted(named - sources - {""}):
                raise ValueError(f"事项 {item.code} 引用了不存在的共享数据 {unknown[0]}")
            if unknown := sorted(set(item.fee.exemptions) - exemptions):
                raise ValueError(f"事项 {item.code} 引用了不存在的减免 {unknown[0]}")

    def _require_known_subjects(self) -> None:
        rules = [rule.when for rule in self.exclusions]
        rules += [rule.when for rule in self.fees.exemptions if rule.when is not None]
        for rule in rules:
            for subject in subjects_of(rule):
                if subject not in CASE_SUBJECTS and not subject.startswith(
                    ("fact.", "party.", "count.")
                ):
                    raise ValueError(f"没有判断对象 {subject}")

    def _require_nothing_shared(self, item: Item) -> None:
        for source in self.sources:
            for rule in item.materials if source.live else ():
                if rule.code in source.replaces and rule.required and rule.waived_by != source.code:
                    raise ValueError(
                        f"事项 {item.code} 要求提交 {rule.code}，而共享数据 "
                        f"{source.code} 已接通：能共享取得的材料不得要求提交"
                    )

    def item(self, code: str) -> Item | None:
        """The item with this code."""
        return next((item for item in self.items if item.code == code), None)

    def source_of(self, code: str) -> Source | None:
        """The shared source with this code."""
        return next((source for source in self.sources if source.code == code), None)

    def is_live(self, source: str) -> bool:
        """Whether the shared source answers."""
        found = self.source_of(source)
        return found is not None and found.live
