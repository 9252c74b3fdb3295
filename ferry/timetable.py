"""The timetable: which trip goes next, and until when, so that no promise breaks for want of one.

1. Every case whose result has not left has a moment by which it must: its promised time, less the
   way and what the other side still has to do, within the office's hours.
2. Without a case that presses, the next trip is the next regular one, when anything waits at all.
3. A case that would be late with the regular trip calls for an extra one, at that moment; one that
   cannot be kept any more calls for one at once.

It only ever proposes: people ask, approve, and carry.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ferry.settings import TimetableSettings
from kernel.clock import from_micros, to_micros
from kernel.deadlines import Deadline, Stage
from kernel.hours import Hours, Times, every_day, published_day

_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Call:
    """One case that calls for a trip; instants microseconds UTC, ``leave_by`` None when never."""

    case_no: str
    due_at: int
    leave_by: int | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """The trip to make next.

    ``leave_by`` is the latest moment at which no promise breaks; None when none depends on it.
    ``must`` cases break with any later trip, ``late`` ones break even now, ``may`` ones have time.
    """

    leave_at: int
    extra: bool
    leave_by: int | None
    must: tuple[Call, ...]
    late: tuple[Call, ...]
    may: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """How the timetable stands."""

    proposal: Proposal | None
    reviewing: tuple[Call, ...]
    """Cases that nobody has concluded; their result must leave by then, too."""
    underway: int
    """Cases whose result has left and is not confirmed."""
    missed_at: int | None
    """The regular trip that should have taken what still waits."""
    pressing: tuple[Call, ...]
    """Cases whose result must leave now, or should have."""


class Timetable:
    """Trips and office hours as the settings name them."""

    def __init__(self, settings: TimetableSettings) -> None:
        """Raises :class:`ValueError` for a wrong expression, which settings have refused."""
        worked = published_day if settings.holidays else every_day
        self._settings = settings
        self._hours = Hours(settings.opens, settings.closes, worked)
        self._trips = Times(settings.trips, worked)

    def next_trip(self, at: datetime) -> datetime | None:
        """The next regular trip."""
        return self._trips.after(at)

    def last_due(self, at: datetime) -> datetime | None:
        """The last regular trip that has had its time of grace to leave."""
        return self._trips.before(at - self._settings.grace_minutes * _MINUTE)

    def last_expected(self, at: datetime) -> datetime | None:
        """The last regular trip that should have arrived at the other side."""
        way = self._settings.travel_minutes + self._settings.grace_minutes
        return self._trips.before(at - way * _MINUTE)

    def leave_by(self, due_at: int) -> int | None:
        """When the result of a case that is due then must leave, within the office's hours."""
        way = self._settings.travel_minutes + self._settings.finish_minutes
        latest = self._hours.last_open(from_micros(due_at) - way * _MINUTE)
        return None if latest is None else to_micros(latest)

    def outlook(
        self,
        cases: Iterable[Deadline],
        waiting: Mapping[str, int],
        at: datetime,
        *,
        anything: bool = False,
    ) -> Outlook:
        """Judge ``cases``; ``waiting`` names bundles that have not left, with since when.

        ``anything``: a trip would carry something all the same, for beacons bring receipts home.
        """
        now = to_micros(at)
        calls: dict[str, list[Call]] = {"here": [], "reviewing": [], "underway": []}
        for case in cases:
            call = Call(case.case_no, case.due_at, self.leave_by(case.due_at))
            calls[_where(case, waiting)].append(call)
        here = sorted(calls["here"], key=_urgency)
        soon = now + self._settings.prepare_minutes * 60_000_000
        return Outlook(
            self._propose(here, at) if anything or waiting or here else None,
            tuple(sorted(calls["reviewing"], key=_urgency)),
            len(calls["underway"]),
            self._missed(waiting.values(), at),
            tuple(call for call in here if _urgency(call) <= soon),
        )

    def _propose(self, here: Sequence[Call], at: datetime) -> Proposal | None:
        now = to_micros(at)
        late = tuple(call for call in here if _urgency(call) < now)
        kept = [call for call in here if _urgency(call) >= now]
        regular = self.next_trip(at)
        first = _urgency(kept[0]) if kept else None
        if late:
            leave_at, extra = to_micros(self._hours.first_open(at)), True
        elif first is not None and (regular is None or first < to_micros(regular)):
            leave_at, extra = first, True
        elif regular is not None:
            leave_at, extra = to_micros(regular), False
        else:
            return None  # Nothing presses, and nobody goes as a rule.
        if regular is not None and leave_at >= to_micros(regular):
            leave_at, extra = to_micros(regular), False
        after = self.next_trip(from_micros(leave_at) + _MINUTE)
        must = [call for call in kept if after is None or _urgency(call) < to_micros(after)]
        may = kept[len(must) :]
        return Proposal(leave_at, extra, first, tuple(must), late, tuple(may))

    def _missed(self, since: Iterable[int], at: datetime) -> int | None:
        """A regular trip that left without what had been ready for it."""
        oldest, last = min(since, default=None), self.last_due(at)
        if oldest is None or last is None:
            return None
        ready = to_micros(last - self._settings.prepare_minutes * _MINUTE)
        return to_micros(last) if oldest <= ready else None


def _where(case: Deadline, waiting: Mapping[str, int]) -> str:
    if case.stage is Stage.REVIEWING:
        return "reviewing"
    # By its file alone: what is written but has not left was taken by the carrier already, and what
    # has left may be told as waiting for a while.
    return "here" if not case.file or case.file in waiting else "underway"


def _urgency(call: Call) -> int:
    """When it must leave; what never could, should have left at the beginning of time."""
    return 0 if call.leave_by is None else call.leave_by
