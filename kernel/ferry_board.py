"""What a ferry station tells the console of its zone: trips, media, custody, stock, readings.

Words for people come with the codes, because nobody but the ferry knows its states. Logins, no
names; numbers of cases, nothing personal. Instants are microseconds UTC, sizes bytes.
"""

from typing import Annotated, Final

from pydantic import Field

from kernel.boards import Board, Record

MAX_MEDIA: Final = 20_000
"""Media told with their history, the newest; blank stock is counted only."""
MAX_STEPS: Final = 40
MAX_TRIPS: Final = 500
MAX_CALLS: Final = 200
MAX_READINGS: Final = 50
MAX_REFUSED: Final = 20

Text = Annotated[str, Field(max_length=400)]
Count = Annotated[int, Field(ge=0)]


class Step(Record):
    """One line of the ledger about a medium: who did what."""

    at: int
    act: Text
    by: Text
    note: Text = ""


class Medium(Record):
    """One medium with its custody, the oldest step first."""

    number: Text
    kind: Text
    state: Text
    label: Text
    trip: Text
    since: int
    overdue: bool = False
    steps: Annotated[tuple[Step, ...], Field(max_length=MAX_STEPS)] = ()


class Trip(Record):
    """What was released together; ``labels`` say where its media are, counted."""

    id: Text
    purpose: Text
    maker: Text
    approver: Text
    asked_at: int
    media: tuple[Text, ...]
    labels: tuple[tuple[Text, Count], ...]
    files: Count = 0
    bytes: Count = 0
    overdue: bool = False
    volumes: Count = 0
    """How many media belong to it; more than ``media`` when some have not arrived here."""


class Call(Record):
    """A case that depends on a trip; ``leave_by`` is when its result must leave at the latest."""

    case_no: Text
    due_at: int
    leave_by: int | None


class Calls(Record):
    """The first of many."""

    count: Count = 0
    first: Annotated[tuple[Call, ...], Field(max_length=MAX_CALLS)] = ()


class Proposal(Record):
    """The trip to make next, with the cases that need it; see :mod:`ferry.timetable`."""

    leave_at: int
    extra: bool
    leave_by: int | None
    must: Calls = Calls()
    late: Calls = Calls()
    may: Calls = Calls()


class Waiting(Record):
    """What waits for a medium, and what it takes: ``media`` of ``kind``."""

    files: Count = 0
    bytes: Count = 0
    media: Count = 0
    kind: Text = ""
    too_large: Count = 0


class Stock(Record):
    """Blank media of one kind; ``first`` is the next number."""

    kind: Text
    count: Count
    first: Text


class Refusal(Record):
    """A file that was set aside."""

    name: Text
    code: Text
    message: Text


class Reading(Record):
    """What became of one medium that was put in; ``code`` is empty when it was admitted."""

    at: int
    device: Text
    code: Text = ""
    message: Text = ""
    medium: Text = ""
    trip: Text = ""
    volume: Count = 0
    volumes: Count = 0
    admitted: Count = 0
    bytes: Count = 0
    already: bool = False
    repaired: Count = 0
    refused_count: Count = 0
    refused: Annotated[tuple[Refusal, ...], Field(max_length=MAX_REFUSED)] = ()

    @property
    def good(self) -> bool:
        """Whether everything on it was admitted, now or before."""
        return not self.code and not self.refused_count


class FerryBoard(Board):
    """How one station stands."""

    writing: bool
    waiting: Waiting = Waiting()
    proposal: Proposal | None = None
    next_trip: int | None = None
    """The next regular trip of the timetable."""
    reviewing: Calls = Calls()
    underway: Count = 0
    """Cases whose result has left and is not confirmed."""
    trips: Annotated[tuple[Trip, ...], Field(max_length=MAX_TRIPS)] = ()
    media: Annotated[tuple[Medium, ...], Field(max_length=MAX_MEDIA)] = ()
    left_out: Count = 0
    """Older media that the ledger holds and this board does not."""
    stock: tuple[Stock, ...] = ()
    readings: Annotated[tuple[Reading, ...], Field(max_length=MAX_READINGS)] = ()
    """The newest first."""
