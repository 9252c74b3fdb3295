"""What is not open to 全豫通办, and why: the plan's exclusions and what the item itself says; pure.

An exclusion closes the case for collection elsewhere and for handling without a visit. It never
closes it for handling at the home authority's own window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kernel.catalogue.conditions import Subjects, Truth, evaluate
from kernel.catalogue.edition import Edition, Exclusion
from kernel.catalogue.item import Item


@dataclass(frozen=True, slots=True)
class Found:
    """An exclusion that applies (``YES``) or of which nobody knows yet (``UNKNOWN``)."""

    rule: Exclusion
    truth: Truth


@dataclass(frozen=True, slots=True)
class Closed:
    """Why something is not open: a stable code, Chinese words, the basis."""

    code: str
    words: str
    basis: str


def in_force(rule: Exclusion, day: date) -> bool:
    """Whether the exclusion holds on ``day`` (Beijing)."""
    text = day.isoformat()
    return rule.valid_from <= text and (rule.valid_until is None or text <= rule.valid_until)


def exclusions_of(edition: Edition, subjects: Subjects, day: date) -> tuple[Found, ...]:
    """The exclusions in force that apply or may apply, in the plan's order."""
    answers = (
        Found(rule, evaluate(rule.when, subjects))
        for rule in edition.exclusions
        if in_force(rule, day)
    )
    return tuple(found for found in answers if found.truth is not Truth.NO)


def closed_by_item(edition: Edition, item: Item) -> Closed | None:
    """What keeps every case of the item out of 全豫通办; nothing when it is open."""
    if not item.remote.open:
        return Closed("item_not_remote", item.remote.reason, "实施方案三（六）")
    if edition.phase == 1 and item.has_tax_or_fee:
        return Closed("phase_not_reached", "现阶段只开通不涉税费的事项", "实施方案二")
    return None


def closed_for_remote(
    edition: Edition, item: Item, subjects: Subjects, day: date
) -> Sequence[Closed]:
    """Everything that keeps this very case out of 全豫通办; empty when nothing certainly does."""
    by_item = closed_by_item(edition, item)
    return (
        *((by_item,) if by_item else ()),
        *(
            Closed(f"excluded_{found.rule.code}", found.rule.words, found.rule.basis)
            for found in exclusions_of(edition, subjects, day)
            if found.truth is Truth.YES
        ),
    )
