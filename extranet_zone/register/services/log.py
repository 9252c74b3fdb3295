"""The recording log (登簿日志): the entries of each day, with counts, also of days without any."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from extranet_zone.register.models import RegisterEntry
from extranet_zone.register.states import RightKind
from kernel.vocabulary.dictionaries import RegistrationType, RightType

PAGE: Final = 50
_SEIZURE: Final = "查封"


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many entries of one registration type there were on one right."""

    right: str
    registration: str
    count: int


@dataclass(frozen=True, slots=True)
class LogDay:
    """One day in Beijing; ``first`` and ``last`` are its log numbers, when it has entries."""

    day: date
    count: int
    first: int | None
    last: int | None
    counts: tuple[DayCount, ...]


def log_days(session: Session, last: date, days: int) -> list[LogDay]:
    """The ``days`` days up to ``last``, newest first; a day without entries is there with zero."""
    first = last - timedelta(days=days - 1)
    span = (RegisterEntry.day >= first.isoformat(), RegisterEntry.day <= last.isoformat())
    numbers = {
        day: (lowest, highest)
        for day, lowest, highest in session.execute(
            select(
                RegisterEntry.day, func.min(RegisterEntry.log_no), func.max(RegisterEntry.log_no)
            )
            .where(*span)
            .group_by(RegisterEntry.day)
        )
    }
    counts: dict[str, dict[tuple[str, str], int]] = {}
    group = (
        RegisterEntry.day,
        RegisterEntry.about,
        RegisterEntry.right_type,
        RegisterEntry.registration_type,
    )
    rows = session.execute(select(*group, func.count()).where(*span).group_by(*group))
    for day, about, right_type, registration_type, count in rows:
        key = (right_label(about, right_type), registration_label(registration_type))
        of_day = counts.setdefault(day, {})
        of_day[key] = of_day.get(key, 0) + count
    return [_log_day(last - timedelta(days=back), numbers, counts) for back in range(days)]


def log_entries(session: Session, day: date, after: int = 0) -> Sequence[RegisterEntry]:
    """At most ``PAGE`` entries of ``day`` with log numbers above ``after``."""
    return session.scalars(
        select(RegisterEntry)
        .where(RegisterEntry.day == day.isoformat(), RegisterEntry.log_no > after)
        .order_by(RegisterEntry.log_no)
        .limit(PAGE)
    ).all()


def _log_day(
    day: date,
    numbers: dict[str, tuple[int, int]],
    counts: dict[str, dict[tuple[str, str], int]],
) -> LogDay:
    lowest, highest = numbers.get(day.isoformat(), (None, None))
    of_day = tuple(
        DayCount(right, registration, count)
        for (right, registration), count in sorted(counts.get(day.isoformat(), {}).items())
    )
    return LogDay(day, sum(row.count for row in of_day), lowest, highest, of_day)


def right_label(about: str, right_type: str) -> str:
    """What an entry is about: the right of the dictionary, or the charge, notice or seizure."""
    if not RightKind.has(about):
        return _SEIZURE
    if about != RightKind.OWNERSHIP:
        return RightKind(about).label
    return RightType(right_type).label if RightType.has(right_type) else right_type


def registration_label(code: str) -> str:
    """登记类型 in words."""
    return RegistrationType(code).label if RegistrationType.has(code) else code
