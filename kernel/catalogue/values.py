"""A fact as it is typed and as it is kept, and whether what is kept is what its field takes.

Portal and window ask by the same fields, so that both understand the same words alike.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from kernel.catalogue.item import Item
from kernel.catalogue.tables import MAX_TEXT, Fact, FieldKind
from kernel.errors import InvalidValueError
from kernel.vocabulary.normal import compact

_FEN: Final = re.compile(r"[1-9][0-9]{0,12}")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_AREA: Final = re.compile(r"[0-9]{1,9}\.[0-9]{2}")
_TYPED_AREA: Final = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,2}))?")
_TYPED_YUAN: Final = re.compile(r"([0-9]{1,11})(?:\.([0-9]{1,2}))?")


def as_kept(fact: Fact, typed: str) -> str:
    """What a person typed into the fact's field, as a case keeps it: fen, ISO date, two decimals.

    Raises :class:`InvalidValueError` (``fact_amount``, ``fact_date``) for what cannot be read.
    """
    text = typed.strip()[:MAX_TEXT]
    if fact.kind == "yuan":
        return _fen(fact, text)
    if fact.kind == "number":
        return compact(text)
    if fact.kind == "area" and text:
        return _square_metres(compact(text))
    if fact.kind == "date" and text:
        return _date(fact, text)
    return text


def as_typed(fact: Fact, value: str) -> str:
    """A kept value as its field shows it."""
    if fact.kind != "yuan" or not value.isdecimal():
        return value
    yuan, fen = divmod(int(value), 100)
    return f"{yuan}.{fen:02d}" if fen else str(yuan)


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


def _fen(fact: Fact, yuan: str) -> str:
    """Whole fen from what a person typed in yuan."""
    text = compact(yuan).replace(",", "").removesuffix("元")
    if not text:
        return ""
    found = _TYPED_YUAN.fullmatch(text)
    if found is None:
        words = f"{fact.title}应为数字，最多两位小数"
        raise InvalidValueError("fact_amount", words, field=fact.field)
    amount = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    if amount == 0:
        raise InvalidValueError("fact_amount", f"{fact.title}应大于 0", field=fact.field)
    return str(amount)


def _square_metres(text: str) -> str:
    """Square metres with two decimals; what is no number stays as it is, to be refused."""
    found = _TYPED_AREA.fullmatch(text.replace(",", "").removesuffix("平方米"))
    return f"{int(found[1])}.{(found[2] or '').ljust(2, '0')}" if found else text


def _date(fact: Fact, text: str) -> str:
    try:
        return date.fromisoformat(compact(text)).isoformat()
    except ValueError:
        words = f"{fact.title}应为日期，例如 2026-11-23"
        raise InvalidValueError("fact_date", words, field=fact.field) from None
