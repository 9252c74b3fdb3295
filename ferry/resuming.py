"""What a trip that was interrupted needs next, told from what lies on disk alone."""

from dataclasses import dataclass, field

from ferry.ledger.book import Trip, View
from ferry.ledger.states import BLANK, MediumAct, MediumState
from ferry.release import image_of
from ferry.station import Station
from kernel.errors import ConflictError, NotFoundError

_OPEN = BLANK - {MediumState.IN_STOCK} | {
    MediumState.BURNED,
    MediumState.VERIFIED,
    MediumState.LABELLED,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a trip stands; ``todo`` is what a person does next, in Chinese, in order."""

    trip: str
    approved: bool
    to_write: tuple[str, ...]
    interrupted: tuple[str, ...]
    """Were being written when a run died, or proved and not finished."""
    rejected: tuple[str, ...]
    todo: tuple[str, ...] = field(default=())


def unfinished(view: View) -> list[Trip]:
    """Trips that still need the writing side, the oldest first."""
    names = {medium.trip for medium in view.in_state(*_OPEN)} - {""}
    return sorted((view.trip(name) for name in names), key=lambda trip: trip.requested_at)


def choose(view: View, trip: str | None) -> Trip:
    """The trip that is meant.

    Raises :class:`NotFoundError` (``trip_unknown``, ``nothing_unfinished``) and
    :class:`ConflictError` (``trip_ambiguous``, naming them).
    """
    if trip is not None:
        return view.trip(trip)
    found = unfinished(view)
    if not found:
        raise NotFoundError("nothing_unfinished", "没有未完成的摆渡")
    if len(found) > 1:
        words = "、".join(one.id for one in found[:5])
        raise ConflictError("trip_ambiguous", f"未完成的摆渡有 {len(found)} 次，请指明：{words}")
    return found[0]


def standing(station: Station, view: View, trip: Trip) -> Standing:
    """How ``trip`` stands now."""
    states = {number: _state(view, trip, number) for number in trip.media}
    to_write = [
        number
        for number, state in states.items()
        if state in (MediumState.APPROVED, MediumState.STAGED)
    ]
    interrupted = [
        number
        for number, state in states.items()
        if state is MediumState.BURNED
        or (state is MediumState.VERIFIED and image_of(station, number).exists())
    ]
    rejected = [number for number, state in states.items() if state is MediumState.REJECTED]
    todo: list[str] = []
    if MediumState.REQUESTED in states.values():
        todo.append(f"由审批人执行 ferry approve {trip.id}")
    if to_write:
        todo.append(f"放入空白介质，执行 ferry resume {trip.id}（还有 {len(to_write)} 张要写）")
    if rejected:
        words = "、".join(rejected)
        todo.append(f"作废的 {words} 所载内容仍待运：写完后执行 ferry request 重新申请")
    for number, state in states.items():
        if state is MediumState.VERIFIED:
            todo.append(f"贴标：ferry label {number}")
        if state in (MediumState.VERIFIED, MediumState.LABELLED):
            todo.append(f"交接：ferry handover {number}")
    return Standing(
        trip.id,
        bool(trip.approver),
        tuple(to_write),
        tuple(interrupted),
        tuple(rejected),
        tuple(todo),
    )


def half_read(view: View) -> list[str]:
    """At the reading side: media that arrived and whose import did not come to its end."""
    return [
        medium.number
        for medium in view.in_state(MediumState.RECEIVED)
        if medium.last(MediumAct.IMPORT) is None
    ]


def _state(view: View, trip: Trip, number: str) -> MediumState | None:
    """A medium of the trip; None once it went back to stock and belongs to another."""
    medium = view.medium(number)
    return medium.state if medium.trip == trip.id else None
