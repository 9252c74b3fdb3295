"""What browsers send about the register, turned into frozen requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from extranet_zone.register.services.search import Purpose, SearchBy
from kernel.errors import InvalidValueError
from kernel.vocabulary.normal import is_digits

MAX_TEXT = 100
_MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Query:
    """A search; without ``text`` the page only shows its form."""

    by: SearchBy
    text: str
    purpose: Purpose | None


def parse_query(arguments: Mapping[str, str]) -> Query:
    """The search somebody asks for; what makes no sense is the first choice."""
    by = arguments.get("by", "")
    return Query(
        by=SearchBy(by) if SearchBy.has(by) else SearchBy.UNIT_NO,
        text=arguments.get("text", "").strip()[:MAX_TEXT],
        purpose=parse_purpose(arguments),
    )


def parse_purpose(arguments: Mapping[str, str]) -> Purpose | None:
    """The stated purpose, if one of those that exist was chosen."""
    purpose = arguments.get("purpose", "")
    return Purpose(purpose) if Purpose.has(purpose) else None


def require_purpose(purpose: Purpose | None) -> Purpose:
    """The purpose, because there is no look at the register without one.

    Raises :class:`InvalidValueError` with code ``purpose_missing``.
    """
    if purpose is None:
        raise InvalidValueError("purpose_missing", "请选择查询目的", field="purpose")
    return purpose


def parse_day(text: str, otherwise: date) -> date:
    """The day in ``text``, never later than ``otherwise``; anything else is ``otherwise``."""
    try:
        return min(date.fromisoformat(text), otherwise)
    except ValueError:
        return otherwise


def parse_after(text: str) -> int:
    """A log number to go on after; anything else is the beginning."""
    return int(text) if is_digits(text) and len(text) <= _MAX_DIGITS else 0
