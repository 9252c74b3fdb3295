"""Claims about working hours and fixed times in Beijing time."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kernel.clock import BEIJING
from kernel.hours import Cron, Hours, Times, every_day, published_day

MONDAY = datetime(2026, 11, 23, tzinfo=BEIJING)
OFFICE = Hours("0 8,14 * * mon-fri", "0 12,18 * * mon-fri")


def at(days: int, hour: int, minute: int = 0) -> datetime:
    return MONDAY + timedelta(days=days, hours=hour, minutes=minute)


@pytest.mark.parametrize(
    ("moment", "last"),
    [
        (at(0, 9), at(0, 9)),
        (at(0, 13), at(0, 12)),
        (at(0, 19), at(0, 18)),
        (at(1, 7), at(0, 18)),
        (at(6, 12), at(4, 18)),
        (at(0, 8), at(0, 8)),
    ],
)
def test_the_last_open_moment_is_now_or_the_closing_before(
    moment: datetime, last: datetime
) -> None:
    assert OFFICE.last_open(moment) == last


def test_the_first_open_moment_is_now_or_the_next_opening() -> None:
    assert OFFICE.first_open(at(0, 9)) == at(0, 9)
    assert OFFICE.first_open(at(0, 12, 30)) == at(0, 14)
    assert OFFICE.first_open(at(5, 9)) == at(7, 8)


@given(st.integers(0, 60 * 24 * 14))
def test_what_is_answered_is_open_or_a_closing_and_never_later(minutes: int) -> None:
    moment = MONDAY + timedelta(minutes=minutes)
    last = OFFICE.last_open(moment)
    assert last is not None
    assert last <= moment
    assert OFFICE.is_open(last - timedelta(minutes=1)) or OFFICE.is_open(last)
    closed = int((moment - last).total_seconds()) // 60
    assert not any(OFFICE.is_open(last + timedelta(minutes=m)) for m in range(1, closed, 119))


def test_hours_without_expressions_are_always_open() -> None:
    always = Hours(None, None)
    assert always.is_open(at(5, 3))
    assert always.last_open(at(5, 3)) == at(5, 3)
    assert always.opens_at(at(5, 3)) is None


def test_published_holidays_are_no_office_days_and_make_up_days_are() -> None:
    hours = Hours("0 8 * * *", "0 18 * * *", published_day)
    national_day = datetime(2025, 10, 3, 12, tzinfo=BEIJING)
    assert not hours.is_open(national_day)
    assert hours.last_open(national_day) == datetime(2025, 9, 30, 18, tzinfo=BEIJING)
    assert hours.is_open(datetime(2025, 10, 11, 12, tzinfo=BEIJING))  # A Saturday that is worked.
    assert Times(["0 9 * * *"], published_day).after(national_day) == datetime(
        2025, 10, 9, 9, tzinfo=BEIJING
    )


def test_a_year_that_is_not_published_is_worked_from_monday_to_friday() -> None:
    assert published_day(date(2099, 1, 5))
    assert not published_day(date(2099, 1, 4))


def test_times_before_and_after() -> None:
    times = Times(["30 10 * * mon-fri", "30 16 * * mon-fri"])
    assert times.after(at(0, 10, 30)) == at(0, 10, 30)
    assert times.after(at(0, 10, 31)) == at(0, 16, 30)
    assert times.before(at(0, 10)) == at(-3, 16, 30)
    assert times.before(at(0, 16, 30)) == at(0, 16, 30)
    assert Times([]).after(at(0, 9)) is None
    assert Times([]).before(at(0, 9)) is None


def test_a_time_for_every_minute_is_found_at_once() -> None:
    assert Times(["* * * * *"], every_day).before(at(0, 9)) == at(0, 9)


@pytest.mark.parametrize("wrong", ["", "0 8 * *", "61 8 * * mon-fri", "0 8 * * funday"])
def test_a_wrong_expression_is_refused_when_settings_are_read(wrong: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Cron).validate_python(wrong)
