"""Claims about working time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extranet_zone.clocks.working_time import (
    Tone,
    add_half_working_day,
    add_working_days,
    remaining,
)
from kernel.calendar import PublishedCalendar
from kernel.clock import BEIJING
from kernel.errors import RefusedError


class PlainWeeks:
    """A calendar without holidays."""

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < 5


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-01-05 09:00", 1, "2026-01-06 23:59:59"),
        ("2026-01-05 23:59", 5, "2026-01-12 23:59:59"),
        ("2026-01-09 16:00", 1, "2026-01-12 23:59:59"),
        ("2026-01-10 10:00", 1, "2026-01-12 23:59:59"),
    ],
)
def test_the_day_of_the_beginning_does_not_count(start: str, days: int, due: str) -> None:
    assert add_working_days(PlainWeeks(), at(start), days) == at(due)


def test_days_are_those_of_beijing() -> None:
    late = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
    assert add_working_days(PlainWeeks(), late, 1) == at("2026-01-07 23:59:59")


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-01-05 09:00", "2026-01-05 23:59:59"),
        ("2026-01-05 12:00", "2026-01-06 12:00"),
        ("2026-01-05 16:30", "2026-01-06 12:00"),
        ("2026-01-09 16:30", "2026-01-12 12:00"),
        ("2026-01-10 09:00", "2026-01-12 12:00"),
    ],
)
def test_half_a_day_ends_with_the_next_half(start: str, due: str) -> None:
    assert add_half_working_day(PlainWeeks(), at(start)) == at(due)


def test_holidays_are_skipped_and_make_up_days_count() -> None:
    calendar = PublishedCalendar()
    # National day 2025 lasted from 1 to 8 October; Saturday 11 October was worked instead.
    assert not calendar.is_working_day(date(2025, 10, 8))
    assert calendar.is_working_day(date(2025, 10, 11))
    assert add_working_days(calendar, at("2025-09-30 10:00"), 3) == at("2025-10-11 23:59:59")


def test_a_year_without_published_holidays_is_refused() -> None:
    with pytest.raises(RefusedError) as refused:
        PublishedCalendar().is_working_day(date(2099, 1, 5))
    assert refused.value.code == "calendar_unknown_year"
    assert "2099" in refused.value.message


def test_a_calendar_without_working_days_is_a_bug_not_a_loop() -> None:
    class Never:
        def is_working_day(self, day: date) -> bool:
            return day.year < 2000

    with pytest.raises(ValueError, match="no working day"):
        add_working_days(Never(), at("2026-01-05 09:00"), 1)


@pytest.mark.parametrize(
    ("now", "text", "tone"),
    [
        ("2026-01-05 09:00", "剩余 4 个工作日", Tone.CALM),
        ("2026-01-08 09:00", "剩余 1 个工作日", Tone.AMBER),
        ("2026-01-09 18:00", "今日到期", Tone.AMBER),
        ("2026-01-10 09:00", "已超期", Tone.RED),
        ("2026-01-13 09:00", "已超期 2 个工作日", Tone.RED),
    ],
)
def test_what_is_left_is_said_in_words_and_colour(now: str, text: str, tone: Tone) -> None:
    left = remaining(PlainWeeks(), at(now), at("2026-01-09 23:59:59"))
    assert (left.text, left.tone) == (text, tone)


@given(
    st.integers(min_value=0, max_value=300 * 24 * 60),
    st.integers(min_value=1, max_value=30),
)
def test_as_many_days_are_left_as_were_promised(minutes: int, days: int) -> None:
    begun = at("2026-01-01 00:00") + timedelta(minutes=minutes)
    due = add_working_days(PlainWeeks(), begun, days)
    assert remaining(PlainWeeks(), begun, due).working_days == days
    assert PlainWeeks().is_working_day(due.date())
    assert due - begun < timedelta(days=days * 2 + 7)
