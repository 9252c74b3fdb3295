"""Whether a stated fact is what its field takes; the value as it is kept, not as it is typed."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from kernel.catalogue.item import Item
from kernel.catalogue.tables import MAX_TEXT, Fact, FieldKind

_FEN: Final = re.compile(r"[1-9][0-9]{0,12}")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_AREA: Final = re.compile(r"[0-9]{1,9}\.[0-9]{2}")


def value_fault(fact: Fact, value: str) -> str:
    """What is wrong with a kept value, in Chinese; empty when nothing is, or there is none."""
    return _FAULTS[fact.kind](fact, value) if value else ""


def order_fault(item: Item, fact: Fact, facts: Mapping[str, str]) -> str:
    """Whether a date lies before the one it must not lie before."""
    value, earlier = facts.get(fact.code, ""), facts.get(fact.not_before, "")
    if not (fact.not_before and value and earlier and value < earlier):
        return ""
    found = item.fact(fact.not_before)
    return f"{fact.title}不能早于{found.title if found else '开始日期'}"


def _date_fault(fact: Fact, value: str) -> str:
    try:
        kept = date.fromisoformat(value).isoformat()
    except ValueError:
        kept = ""
    return "" if kept == value else f"{fact.title}应为日期，例如 2026-11-23"


def _amount_fault(fact: Fact, value: str) -> str:
    return "" if _FEN.fullmatch(value) else f"{fact.title}应为大于 0 的金额"


def _choice_fault(fact: Fact, value: str) -> str:
    return "" if value in dict(fact.choices) else f"请选择{fact.title}"


def _number_fault(fact: Fact, value: str) -> str:
    fits = _NUMBER.fullmatch(value) and fact.at_least <= int(value) <= fact.at_most
    return "" if fits else f"{fact.title}应为 {fact.at_least} 至 {fact.at_most} 之间的整数"


def _area_fault(fact: Fact, value: str) -> str:
    fits = _AREA.fullmatch(value) and value.strip("0.")
    return "" if fits else f"{fact.title}应为大于 0 的面积，最多两位小数"


def _text_fault(fact: Fact, value: str) -> str:
    most = min(fact.max_length, MAX_TEXT)
    return f"{fact.title}不能超过 {most} 字" if len(value) > most else ""


_FAULTS: Final[Mapping[FieldKind, Callable[[Fact, str], str]]] = {
    "yuan": _amount_fault,
    "choice": _choice_fault,
    "date": _date_fault,
    "number": _number_fault,
    "area": _area_fault,
    "text": _text_fault,
}
