"""What a station shows on its zone's console: ledger, what waits, timetable, as one board."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from ferry import timetable
from ferry.awaiting import Awaiting
from ferry.ledger.book import STOCK, Medium, View
from ferry.ledger.chain import Line
from ferry.ledger.states import MediumAct, MediumState
from ferry.readings import readings
from ferry.station import Station
from kernel.clock import now_micros, to_micros
from kernel.ferry_board import (
    MAX_CALLS,
    MAX_MEDIA,
    MAX_STEPS,
    MAX_TRIPS,
    Call,
    Calls,
    FerryBoard,
    Proposal,
    Step,
    Stock,
    Trip,
    Waiting,
)
from kernel.ferry_board import Medium as ShownMedium

_HOUR: Final = 3600 * 1_000_000
_SAID: Final = ("note", "reason", "device", "drive")
"""Details of a line that people want to read."""
_STOCK_LABEL: Final = {STOCK: "登记入库"}


def board_of(
    station: Station, view: View, awaiting: Awaiting | None, outlook: timetable.Outlook | None
) -> FerryBoard:
    """The board of a station; the reading side has nothing that waits and no outlook."""
    allowed = station.settings.release.overdue_hours * _HOUR
    overdue = {one.number for one in view.overdue(now_micros(station.clock), allowed)}
    used = [one for one in view.media.values() if one.state is not MediumState.IN_STOCK]
    used.sort(key=lambda one: (one.since, one.number), reverse=True)
    regular = timetable.Timetable(station.settings.timetable).next_trip(station.clock.now())
    board = FerryBoard(
        writing=station.settings.side == "export",
        next_trip=None if regular is None else to_micros(regular),
        trips=_trips(used, overdue),
        media=tuple(_medium(one, one.number in overdue) for one in used[:MAX_MEDIA]),
        left_out=max(0, len(used) - MAX_MEDIA),
        stock=_stock(view),
        readings=readings(station),
    )
    if awaiting is None or outlook is None:
        return board
    media, too_large = awaiting.media(station)
    return board.model_copy(
        update={
            "waiting": Waiting(
                files=len(awaiting.entries),
                bytes=awaiting.bytes,
                media=media,
                kind=station.settings.medium.kind,
                too_large=too_large,
            ),
            "proposal": _proposal(outlook.proposal),
            "reviewing": _calls(outlook.reviewing),
            "underway": outlook.underway,
        }
    )


def _proposal(found: timetable.Proposal | None) -> Proposal | None:
    if found is None:
        return None
    return Proposal(
        leave_at=found.leave_at,
        extra=found.extra,
        leave_by=found.leave_by,
        must=_calls(found.must),
        late=_calls(found.late),
        may=_calls(found.may),
    )


def _calls(found: Sequence[timetable.Call]) -> Calls:
    return Calls(
        count=len(found),
        first=tuple(
            Call(case_no=one.case_no, due_at=one.due_at, leave_by=one.leave_by)
            for one in found[:MAX_CALLS]
        ),
    )


def _stock(view: View) -> tuple[Stock, ...]:
    kinds: dict[str, list[str]] = defaultdict(list)
    for medium in view.in_state(MediumState.IN_STOCK):
        kinds[medium.kind].append(medium.number)
    return tuple(
        Stock(kind=kind, count=len(numbers), first=numbers[0])
        for kind, numbers in sorted(kinds.items())
    )


def _medium(medium: Medium, overdue: bool) -> ShownMedium:
    return ShownMedium(
        number=medium.number,
        kind=medium.kind,
        state=medium.state.value,
        label=medium.state.label,
        trip=medium.trip,
        since=medium.since,
        overdue=overdue,
        steps=tuple(_step(line) for line in medium.history[-MAX_STEPS:]),
    )


def _step(line: Line) -> Step:
    label = MediumAct(line.act).label if MediumAct.has(line.act) else _STOCK_LABEL.get(line.act)
    if line.act == STOCK and line.detail.get("arrived"):
        label = "首次到达"
    said = "，".join(str(line.detail[name]) for name in _SAID if line.detail.get(name))
    return Step(at=line.at, act=label or line.act, by=line.by, note=said[:400])


def _trips(used: Sequence[Medium], overdue: set[str]) -> tuple[Trip, ...]:
    """The newest trips, by when they were asked for or came; what was withdrawn is none."""
    groups: dict[str, list[Medium]] = {}
    for medium in used:
        if medium.trip:
            groups.setdefault(medium.trip, []).append(medium)
    shown = [_trip(trip, media, overdue) for trip, media in groups.items()]
    shown.sort(key=lambda one: one.asked_at, reverse=True)
    return tuple(shown[:MAX_TRIPS])


def _trip(trip: str, media: Sequence[Medium], overdue: set[str]) -> Trip:
    ordered = sorted(media, key=lambda one: one.number)
    first = ordered[0]
    asked = first.last(MediumAct.REQUEST) or first.history[0]
    counted = Counter(one.state for one in ordered)
    approved = first.last(MediumAct.APPROVE)
    return Trip(
        id=trip,
        purpose=first.detail("purpose")[:400],
        maker=first.detail("maker") or asked.by,
        approver=first.detail("approver") or (approved.by if approved else ""),
        asked_at=asked.at,
        media=tuple(one.number for one in ordered),
        labels=tuple((state.label, counted[state]) for state in MediumState if counted[state]),
        files=int(first.detail("files", "0")),
        bytes=int(first.detail("bytes", "0")),
        overdue=any(one.number in overdue for one in ordered),
        volumes=int(first.detail("volumes", "0")),
    )
