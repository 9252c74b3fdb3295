"""Promised times that depend on the hand carrier: a zone tells its ferry, which reads no bundle.

What the ferry carries is encrypted, so the zone's worker publishes which cases wait, until when,
and in which files their results lie. Only the timetable's advice depends on it: a board that is
missing or old costs a proposal, never a case.
"""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from kernel.boards import Board, Record

DEADLINES: Final = "deadlines"
"""The board's name."""
MAX_CASES: Final = 10_000
"""Cases told; those due first."""


class Stage(StrEnum):
    """How far a case's result is."""

    REVIEWING = "reviewing"
    """Nobody has concluded yet."""
    WAITING = "waiting"
    """Concluded; no carrier has taken it."""
    CARRIED = "carried"
    """A carrier took it; no receipt has come."""


class Deadline(Record):
    """One case: ``due_at`` is its promised time (microseconds UTC), ``file`` empty until sealed."""

    case_no: Annotated[str, Field(max_length=20)]
    due_at: Annotated[int, Field(ge=0)]
    stage: Stage
    file: Annotated[str, Field(max_length=128)] = ""


class Deadlines(Board):
    """Cases of a zone whose result must still cross, due first first."""

    cases: Annotated[tuple[Deadline, ...], Field(max_length=MAX_CASES)] = ()
