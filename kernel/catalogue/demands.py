"""What an item asks of a case, and what the case still lacks; pure, one answer for both zones.

Rules:

1. something with a condition is asked for when the condition holds; while that is not known it may
   be given and is not missed;
2. a material that a live source replaces is never missed (免提交);
3. everything that is missing is told at once (一次性告知), in the order of the form.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from kernel.catalogue.conditions import Subjects, Truth, holds
from kernel.catalogue.edition import Edition
from kernel.catalogue.item import Item
from kernel.catalogue.subjects import Stated, subjects_of_case
from kernel.catalogue.tables import Fact, MaterialRule, PartyRole, Question
from kernel.catalogue.values import order_fault, value_fault
from kernel.vocabulary.dictionaries import HolderKind, OwnershipForm

OWNERSHIP: Final = "ownership"
"""The fact whose answer says whether the new holders own by shares."""


class Standing(StrEnum):
    """How a material stands in this very case."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    WAIVED = "waived"
    UNDETERMINED = "undetermined"
    NOT_NEEDED = "not_needed"

    @property
    def label(self) -> str:
        """What lists call it."""
        return _LABELS[self]


_LABELS: Final = {
    Standing.REQUIRED: "必交",
    Standing.OPTIONAL: "按需",
    Standing.WAIVED: "免提交",
    Standing.UNDETERMINED: "待核实",
    Standing.NOT_NEEDED: "不需要",
}


@dataclass(frozen=True, slots=True)
class Demand:
    """One material in this case; ``source`` names what replaces it."""

    rule: MaterialRule
    standing: Standing
    source: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of the form in this case."""

    fact: Fact
    required: bool


class Task(StrEnum):
    """Which part of the form mends a defect."""

    PARTIES = "parties"
    FACTS = "facts"
    MATERIALS = "materials"


@dataclass(frozen=True, slots=True)
class Defect:
    """Something the case lacks: a stable code, Chinese words, where it is mended."""

    code: str
    words: str
    task: Task
    about: str = ""
    """Code of the field, role or material."""


def demands(edition: Edition, item: Item, subjects: Subjects) -> tuple[Demand, ...]:
    """Every material of the item with its standing in this case."""
    return tuple(_demand(edition, rule, subjects) for rule in item.materials)


def _demand(edition: Edition, rule: MaterialRule, subjects: Subjects) -> Demand:
    truth = holds(rule.when, subjects)
    if truth is Truth.NO:
        return Demand(rule, Standing.NOT_NEEDED)
    if rule.waived_by and edition.is_live(rule.waived_by):
        source = edition.source_of(rule.waived_by)
        return Demand(rule, Standing.WAIVED, source.title if source else "")
    if not rule.required:
        return Demand(rule, Standing.OPTIONAL)
    return Demand(rule, Standing.REQUIRED if truth is Truth.YES else Standing.UNDETERMINED)


def asked(item: Item, subjects: Subjects) -> tuple[Asked, ...]:
    """The fields the form shows: those asked for, and those of which that is not known."""
    return tuple(
        Asked(fact, fact.required and truth is Truth.YES)
        for fact in item.asked
        if (truth := holds(fact.when, subjects)) is not Truth.NO
    )


def parties_asked(item: Item, subjects: Subjects) -> tuple[PartyRole, ...]:
    """The parts that may be taken in this case."""
    return tuple(p for p in item.parties if holds(p.when, subjects) is not Truth.NO)


def questions(item: Item, subjects: Subjects) -> tuple[Question, ...]:
    """The questions of the interview record in this case."""
    return tuple(q for q in item.interview if holds(q.when, subjects) is not Truth.NO)


def defects(edition: Edition, item: Item, stated: Stated) -> tuple[Defect, ...]:
    """Everything the case lacks, at once."""
    subjects = subjects_of_case(item, stated)
    return (
        *_party_defects(item, stated, subjects),
        *_share_defects(item, stated),
        *_fact_defects(item, stated, subjects),
        *_material_defects(edition, item, stated, subjects),
    )


def notice_of_defects(item: Item, found: Sequence[Defect]) -> str:
    """The one complete notice (一次性补正告知), numbered, for print and message."""
    lines = [f"您申请的“{item.title}”需要补正以下 {len(found)} 项："]
    lines += [f"{number}. {defect.words}；" for number, defect in enumerate(found, 1)]
    return "\n".join(lines)


def _party_defects(item: Item, stated: Stated, subjects: Subjects) -> list[Defect]:
    found = []
    for part in item.parties:
        taking = [party for party in stated.parties if party.role == part.role]
        if not taking and holds(part.when, subjects) is Truth.YES:
            found.append(
                Defect("party_missing", f"申请中没有{part.title}", Task.PARTIES, part.role)
            )
        if part.kinds and any(party.kind not in part.kinds for party in taking):
            kinds = "、".join(HolderKind(kind).label for kind in part.kinds if HolderKind.has(kind))
            words = f"{part.title}应为{kinds}"
            found.append(Defect("party_kind", words, Task.PARTIES, part.role))
    return found


def _share_defects(item: Item, stated: Stated) -> list[Defect]:
    """The new holders' number and shares against the form of ownership they state."""
    ownership, role = stated.facts.get(OWNERSHIP, ""), item.share_role
    owners = [party for party in stated.parties if party.role == role]
    if not role or not owners or not OwnershipForm.has(ownership):
        return []
    title = item.role_titles[role]
    words = ""
    if len(owners) == 1 and ownership != OwnershipForm.SOLE:
        words = f"选择了共有，但只填写了一个{title}"
    elif len(owners) > 1 and ownership == OwnershipForm.SOLE:
        words = f"选择了单独所有，但{title}不止一人"
    elif ownership == OwnershipForm.BY_SHARES and not _sum_to_one(
        [owner.share for owner in owners]
    ):
        words = f"按份共有须填写每个{title}的份额，合计为 1"
    return [Defect("shares_sum", words, Task.PARTIES, role)] if words else []


def _sum_to_one(shares: Sequence[str]) -> bool:
    try:
        return all(shares) and sum(Fraction(share) for share in shares) == 1
    except (ValueError, ZeroDivisionError):
        return False


def _fact_defects(item: Item, stated: Stated, subjects: Subjects) -> list[Defect]:
    found = []
    for field in asked(item, subjects):
        fact, value = field.fact, stated.facts.get(field.fact.code, "")
        if field.required and not value:
            verb = "选择" if fact.kind == "choice" else "填写"
            found.append(Defect("fact_missing", f"没有{verb}{fact.title}", Task.FACTS, fact.code))
        elif words := value_fault(fact, value) or order_fault(item, fact, stated.facts):
            found.append(Defect("fact_invalid", words, Task.FACTS, fact.code))
    return found


def _material_defects(
    edition: Edition, item: Item, stated: Stated, subjects: Subjects
) -> list[Defect]:
    return [
        Defect(
            "materials_incomplete",
            f"缺少必交材料“{demand.rule.title}”",
            Task.MATERIALS,
            demand.rule.code,
        )
        for demand in demands(edition, item, subjects)
        if demand.standing is Standing.REQUIRED and demand.rule.code not in stated.materials
    ]
