"""Time used against time promised, by the clocks that ended in the period.

A clock ended late, in its last two working days (amber, as on worklists) or before. How long it
took is counted by its own rule: whole working days, or office time as a part of a working day.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case
from extranet_zone.clocks.models import ClockPause, ClockRow
from extranet_zone.clocks.services.explain import left_of
from extranet_zone.clocks.services.keeper import ClockKeeper
from extranet_zone.clocks.states import ClockKind
from extranet_zone.clocks.working_time import Pause, Tone, used_days
from extranet_zone.statistics.services.scope import Scope
from kernel.clock import from_micros
from kernel.errors import RefusedError

MAX_CLOCKS: Final = 50_000
"""Clocks looked at one by one; a year of a city has fewer, and a cut says so."""
_NINETY: Final = 0.9


@dataclass(slots=True)
class Times:
    """One kind of clock, or one item's promise; ``used`` are working days, sorted at the end."""

    kind: ClockKind
    item: str = ""
    on_time: int = 0
    amber: int = 0
    late: int = 0
    unknown: int = 0
    """Ended without a due moment: the calendar did not reach."""
    used: list[float] = field(default_factory=list)

    @property
    def ended(self) -> int:
        """How many ended."""
        return self.on_time + self.amber + self.late + self.unknown

    @property
    def median(self) -> float | None:
        """Working days within which half of them ended (nearest rank)."""
        return _rank(self.used, 0.5)

    @property
    def ninety(self) -> float | None:
        """Working days within which nine of ten ended (nearest rank)."""
        return _rank(self.used, _NINETY)


@dataclass(frozen=True, slots=True)
class Kept:
    """By kind of clock, and the promise by item; ``cut`` when there were more than are counted."""

    by_kind: Sequence[Times]
    by_item: Sequence[Times]
    cut: bool


def times(session: Session, keeper: ClockKeeper, scope: Scope) -> Kept:
    """How the clocks of the period were kept."""
    conditions = _conditions(scope)
    rows = session.execute(
        select(
            ClockRow.id,
            ClockRow.kind,
            ClockRow.item,
            ClockRow.started_at,
            ClockRow.ended_at,
            ClockRow.due_at,
            ClockRow.late,
        )
        .where(*conditions)
        .order_by(ClockRow.ended_at.desc())
        .limit(MAX_CLOCKS + 1)
    ).all()
    pauses: dict[str, list[Pause]] = defaultdict(list)
    for clock_id, begun, ended in session.execute(
        select(ClockPause.clock_id, ClockPause.begun_at, ClockPause.ended_at)
        .join(ClockRow, ClockRow.id == ClockPause.clock_id)
        .where(*conditions)
        .order_by(ClockRow.ended_at.desc())
        .limit(2 * MAX_CLOCKS)
    ):
        until = None if ended is None else from_micros(ended)
        pauses[clock_id].append(Pause(from_micros(begun), until, ""))
    kinds: dict[ClockKind, Times] = {}
    items: dict[str, Times] = {}
    for identity, kind, item, started, ended, due, late in rows[:MAX_CLOCKS]:
        if ended is None:
            continue  # a row of the period has ended; the column's type does not know
        halves = keeper.rules[kind].measure == "half_days"
        tone = _tone(keeper, due, ended, late=bool(late), halves=halves)
        spent = _spent(keeper, started, ended, pauses.get(identity, ()), halves=halves)
        groups = [kinds.setdefault(kind, Times(kind))]
        if kind is ClockKind.HANDLING:
            groups.append(items.setdefault(item, Times(kind, item)))
        for group in groups:
            _count(group, tone, spent)
    for group in (*kinds.values(), *items.values()):
        group.used.sort()
    return Kept(
        [kinds[kind] for kind in ClockKind if kind in kinds],
        sorted(items.values(), key=lambda one: (-one.late, -one.ended, one.item)),
        cut=len(rows) > MAX_CLOCKS,
    )


def _conditions(scope: Scope) -> list[ColumnElement[bool]]:
    conditions = [
        *scope.within(ClockRow.ended_at),
        ClockRow.authority == scope.authority,
        ClockRow.kind != ClockKind.PAYMENT,
    ]
    if scope.item:
        conditions.append(ClockRow.item == scope.item)
    if scope.clerk:
        conditions.append(ClockRow.ended_by == scope.clerk)
    if scope.mode or scope.city:
        meant = select(Case.case_no).where(Case.case_no == ClockRow.subject, *scope.cases())
        conditions.append(meant.exists())
    return conditions


def _tone(
    keeper: ClockKeeper, due: int | None, ended: int, *, late: bool, halves: bool
) -> Tone | None:
    if late:
        return Tone.RED
    if due is None:
        return None
    return left_of(keeper.calendar, due, "", ended, office_time=halves)[1]


def _spent(
    keeper: ClockKeeper, started: int, ended: int, pauses: Sequence[Pause], *, halves: bool
) -> float | None:
    try:
        return used_days(
            keeper.calendar, from_micros(started), from_micros(ended), pauses, office_time=halves
        )
    except RefusedError:
        return None


def _count(group: Times, tone: Tone | None, spent: float | None) -> None:
    match tone:
        case Tone.RED:
            group.late += 1
        case Tone.AMBER:
            group.amber += 1
        case Tone.CALM:
            group.on_time += 1
        case None:
            group.unknown += 1
    if spent is not None:
        group.used.append(spent)


def _rank(ordered: Sequence[float], part: float) -> float | None:
    return ordered[max(math.ceil(part * len(ordered)) - 1, 0)] if ordered else None
