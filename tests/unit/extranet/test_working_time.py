"""Claims about working time."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extranet_zone.clocks.calendar import KnownYears
from extranet_zone.clocks.calendar_file import seed
from extranet_zone.clocks.working_time import (
    Hours,
    Pause,
    Tone,
    count_half_days,
    count_working_days,
    remaining,
    remaining_office_time,
)
from kernel.clock import BEIJING
from kernel.errors import RefusedError

HOURS: Hours = ((time(9), time(12)), (time(13), time(17)))


class PlainWeeks:
    """A calendar without holidays."""

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < 5

    def reason_of(self, day: date) -> str:
        return "" if day.weekday() < 5 else "周末"

    def hours_on(self, _day: date) -> Hours:
        return HOURS


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
    assert count_working_days(PlainWeeks(), at(start), days).due == at(due)


def test_days_are_those_of_beijing() -> None:
    late = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
    assert count_working_days(PlainWeeks(), late, 1).due == at("2026-01-07 23:59:59")


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-01-05 09:00", "2026-01-05 13:30"),
        ("2026-01-05 09:30", "2026-01-05 14:00"),
        ("2026-01-05 12:00", "2026-01-05 16:30"),
        ("2026-01-05 16:30", "2026-01-06 12:00"),
        ("2026-01-05 08:00", "2026-01-05 13:30"),
        ("2026-01-05 22:00", "2026-01-06 13:30"),
        ("2026-01-09 16:30", "2026-01-12 12:00"),
        ("2026-01-10 09:00", "2026-01-12 13:30"),
    ],
)
def test_half_a_day_is_half_of_the_office_time(start: str, due: str) -> None:
    assert count_half_days(PlainWeeks(), at(start), 1).due == at(due)


def test_office_time_stands_still_while_suspended() -> None:
    pause = Pause(at("2026-01-05 10:30"), at("2026-01-07 09:00"), "等待申请人补正")
    count = count_half_days(PlainWeeks(), at("2026-01-05 09:30"), 1, [pause])
    # One hour before, two and a half after.
    assert count.due == at("2026-01-07 11:30")
    assert [line.counted for line in count.lines if line.counted] == ["60 分钟", "150 分钟"]
    assert "挂起：等待申请人补正" in {line.why for line in count.lines}


def test_while_it_is_suspended_a_clock_has_no_due_moment() -> None:
    pause = Pause(at("2026-01-05 10:30"), None, "等待申请人补正")
    half = count_half_days(PlainWeeks(), at("2026-01-05 09:30"), 1, [pause])
    days = count_working_days(PlainWeeks(), at("2026-01-05 09:30"), 5, [pause])
    assert (half.due, half.note) == (None, "挂起：等待申请人补正")
    assert (days.due, days.note) == (None, "挂起：等待申请人补正")


def test_a_day_is_not_counted_when_the_clock_stood_still_at_its_closing() -> None:
    pause = Pause(at("2026-01-06 10:00"), at("2026-01-08 09:00"), "等待缴费")
    count = count_working_days(PlainWeeks(), at("2026-01-05 09:30"), 3, [pause])
    # Tuesday and Wednesday closed suspended; Thursday, Friday and Monday count.
    assert count.due == at("2026-01-12 23:59:59")
    assert [(line.when[:10], line.counted) for line in count.lines if line.counted] == [
        ("2026-01-08", "第 1 个工作日"),
        ("2026-01-09", "第 2 个工作日"),
        ("2026-01-12", "第 3 个工作日"),
    ]


def test_holidays_are_skipped_and_make_up_days_count_and_each_says_why() -> None:
    calendar = KnownYears({2025: seed(2025)})
    # National day 2025 lasted from 1 to 8 October; Saturday 11 October was worked instead.
    assert not calendar.is_working_day(date(2025, 10, 8))
    assert calendar.is_working_day(date(2025, 10, 11))
    count = count_working_days(calendar, at("2025-09-30 10:00"), 3)
    assert count.due == at("2025-10-11 23:59:59")
    why = {line.why for line in count.lines}
    assert why >= {"起算当日不计", "调休上班"}
    assert any("国庆节" in reason or "中秋节" in reason for reason in why)


def test_where_the_holiday_table_ends_the_count_ends_and_says_so() -> None:
    calendar = KnownYears({2026: seed(2026)})
    days = count_working_days(calendar, at("2026-12-28 10:00"), 10)
    assert days.due is None
    assert "2027 年的节假日安排尚未装入" in days.note
    assert [line.counted for line in days.lines if line.counted][-1] == "第 3 个工作日"
    half = count_half_days(calendar, at("2026-12-31 16:00"), 1)
    assert half.due is None
    assert "2027" in half.note


def test_a_year_without_published_holidays_is_refused() -> None:
    for ask in (
        lambda: KnownYears({}).is_working_day(date(2099, 1, 5)),
        lambda: seed(2099),
    ):
        with pytest.raises(RefusedError) as refused:
            ask()
        assert refused.value.code == "calendar_unknown_year"
        assert "2099" in refused.value.message


def test_a_calendar_without_working_days_is_a_bug_not_a_loop() -> None:
    class Never:
        def is_working_day(self, day: date) -> bool:
            return day.year < 2000

        def reason_of(self, _day: date) -> str:
            return "从不"

        def hours_on(self, _day: date) -> Hours:
            return HOURS

    with pytest.raises(ValueError, match="no working day"):
        count_working_days(Never(), at("2026-01-05 09:00"), 1)


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
    due = count_working_days(PlainWeeks(), begun, days).due
    assert due is not None
    assert remaining(PlainWeeks(), begun, due).working_days == days
    assert PlainWeeks().is_working_day(due.date())
    assert due - begun < timedelta(days=days * 2 + 7)


@given(
    st.integers(min_value=0, max_value=30 * 24 * 60),
    st.integers(min_value=0, max_value=5 * 24 * 60),
    st.integers(min_value=1, max_value=5 * 24 * 60),
)
def test_a_pause_never_shortens_and_never_costs_office_time(
    minutes: int, until_pause: int, paused: int
) -> None:
    begun = at("2026-01-01 00:00") + timedelta(minutes=minutes)
    pause = Pause(
        begun + timedelta(minutes=until_pause),
        begun + timedelta(minutes=until_pause + paused),
        "挂起",
    )
    plain = count_half_days(PlainWeeks(), begun, 1)
    held = count_half_days(PlainWeeks(), begun, 1, [pause])
    assert plain.due is not None
    assert held.due is not None
    assert held.due >= plain.due
    counted = [int(line.counted.split()[0]) for line in held.lines if line.counted]
    assert sum(counted) == 210
    assert remaining_office_time(PlainWeeks(), begun, plain.due).minutes == 210
