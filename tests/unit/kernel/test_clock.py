"""Claims about instants: aware or refused, exact to the microsecond, shown in Beijing time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import (
    SetClock,
    SystemClock,
    beijing_text,
    from_micros,
    now_micros,
    to_micros,
)

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_stored_instant_comes_back_exactly(instant: datetime) -> None:
    assert from_micros(to_micros(instant)) == instant


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001 - Hypothesis adds the zone
def test_same_instant_in_two_zones_is_stored_the_same(local: datetime) -> None:
    beijing = local.replace(tzinfo=timezone(timedelta(hours=8)))
    assert to_micros(beijing) == to_micros(beijing.astimezone(UTC))


def test_naive_instant_is_a_bug() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - what is refused
    with pytest.raises(ValueError, match="aware"):
        to_micros(naive)
    with pytest.raises(ValueError, match="aware"):
        SetClock(naive)


def test_pages_show_beijing_time() -> None:
    assert beijing_text(datetime(2025, 12, 31, 16, 30, tzinfo=UTC)) == "2026-01-01 00:30"


def test_set_clock_moves_only_when_told() -> None:
    clock = SetClock(NEW_YEAR)
    assert clock.now() == clock.now() == NEW_YEAR
    clock.advance(timedelta(seconds=90))
    assert (clock.now() - NEW_YEAR, clock.monotonic()) == (timedelta(seconds=90), 90.0)


def test_jump_of_the_time_of_day_leaves_durations_alone() -> None:
    clock = SetClock(NEW_YEAR)
    clock.jump(timedelta(days=-400))
    assert clock.monotonic() == 0.0
    assert clock.now() < NEW_YEAR


def test_system_clock_is_aware_and_durations_never_go_back() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()
    assert now_micros(clock) > to_micros(NEW_YEAR)
