"""The daily report of the recording log (登簿日志) as text, CSV and JSON, zeroes too."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Final

from extranet_zone.register.services.log import LogDay, log_days
from kernel.db import Database
from kernel.vocabulary.dictionaries import RegistrationType

MAX_DAYS: Final = 400
"""Days of one report: a year, and a leap day."""
_HEADINGS: Final = ("日期", "权利", *(kind.label for kind in RegistrationType), "合计")
_ALL: Final = "全部权利"


def read_days(database: Database, last: date, days: int) -> Sequence[LogDay]:
    """The ``days`` days up to ``last``, oldest first."""
    with database.reading() as session:
        return log_days(session, last, days)[::-1]


def as_json(days: Sequence[LogDay]) -> dict[str, object]:
    """Each day with its log numbers and its counts; every registration type has its count."""
    return {
        "days": [
            {
                "day": day.day.isoformat(),
                "count": day.count,
                "first_log_no": day.first,
                "last_log_no": day.last,
                "by_registration": {
                    kind.value: _count(day, "", kind.label) for kind in RegistrationType
                },
                "by_right": [
                    {"right": part.right, "registration": part.registration, "count": part.count}
                    for part in day.counts
                ],
            }
            for day in days
        ]
    }


def as_csv(days: Sequence[LogDay]) -> str:
    """A line a day and right, and one for all rights of each day; UTF-8 with a mark, for Excel."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(_HEADINGS)
    for day in days:
        for right in (*dict.fromkeys(part.right for part in day.counts), ""):
            counts = [_count(day, right, kind.label) for kind in RegistrationType]
            writer.writerow([day.day.isoformat(), right or _ALL, *counts, sum(counts)])
    return "\ufeff" + file.getvalue()


def as_text(days: Sequence[LogDay]) -> str:
    """What a person reads: a line a day, and below it what was recorded."""
    lines = []
    for day in days:
        numbers = f"，日志号 {day.first} 至 {day.last}" if day.count else ""
        lines.append(f"{day.day.isoformat()} 登簿 {day.count} 件{numbers}")
        lines += [f"  {part.right}·{part.registration} {part.count}" for part in day.counts]
    return "\n".join(lines)


def _count(day: LogDay, right: str, registration: str) -> int:
    return sum(
        part.count
        for part in day.counts
        if part.registration == registration and (not right or part.right == right)
    )
