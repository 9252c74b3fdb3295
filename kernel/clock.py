"""Time comes from here alone, so that tests can set it; instants are UTC-aware.

In databases and on carriers an instant is a whole number of microseconds since 1970-01-01 UTC
(``int``), because time-zone columns differ between the databases we must run on.
"""

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Protocol

BEIJING: Final = timezone(timedelta(hours=8), "UTC+8")
"""China has used one zone without daylight saving time since 1991; pages show this one."""


class Clock(Protocol):
    """Tells the time of day and a monotonic time for durations."""

    def now(self) -> datetime:
        """The present instant, UTC-aware."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start that never go back; for time-outs, never stored."""


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """The present instant, UTC-aware."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()


class SetClock:
    """A clock that stands still until it is told to move; for tests and rehearsals."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("SetClock needs an aware instant")
        self._now = start.astimezone(UTC)
        self._monotonic = 0.0

    def now(self) -> datetime:
        """The instant last set."""
        return self._now

    def monotonic(self) -> float:
        """Seconds advanced so far."""
        return self._monotonic

    def advance(self, step: timedelta) -> None:
        """Move both clocks forward by ``step``."""
        self._now += step
        self._monotonic += step.total_seconds()

    def jump(self, step: timedelta) -> None:
        """Move only the time of day, as an administrator or a bad battery does."""
        self._now += step


def to_micros(instant: datetime) -> int:
    """Microseconds since the epoch of an aware instant.

    Raises :class:`ValueError` for a naive one.
    """
    if instant.tzinfo is None:
        raise ValueError("a stored instant must be aware")
    delta = instant - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_micros(micros: int) -> datetime:
    """The UTC-aware instant of a stored number."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def now_micros(clock: Clock) -> int:
    """The present instant in the form that is stored."""
    return to_micros(clock.now())


def beijing_text(instant: datetime) -> str:
    """``2021-06-11 09:30`` in Beijing time, the form pages and documents show."""
    return instant.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
