"""What browsers send about statistics, turned into a frozen scope."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from extranet_zone.cases.states import Mode
from extranet_zone.statistics.services import MAX_DAYS, Scope
from kernel.vocabulary.districts import CITIES

_MAX_CODE: Final = 40
_MAX_LOGIN: Final = 64


def parse_scope(
    arguments: Mapping[str, str], authority: str, today: date, only_clerk: str = ""
) -> Scope:
    """The figures somebody asks for; what makes no sense is this month and filters nothing.

    ``only_clerk`` is the one login that may be asked about, where a person sees only their own.
    A period that is too long keeps its last day and loses its beginning.
    """
    last = min(_day(arguments.get("last", ""), today), today)
    first = _day(arguments.get("first", ""), last.replace(day=1))
    first = min(max(first, last - timedelta(days=MAX_DAYS - 1)), last)
    mode, city = arguments.get("mode", ""), arguments.get("city", "")
    return Scope(
        authority=authority,
        first=first,
        last=last,
        item=arguments.get("item", "").strip()[:_MAX_CODE],
        mode=mode if Mode.has(mode) else "",
        city=city if city in {known.code for known in CITIES} - {authority} else "",
        clerk=only_clerk or arguments.get("clerk", "").strip()[:_MAX_LOGIN],
    )


def _day(text: str, otherwise: date) -> date:
    try:
        return max(date.fromisoformat(text), date(2000, 1, 1))
    except ValueError:
        return otherwise
