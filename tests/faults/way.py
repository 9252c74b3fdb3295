"""A carrier's way from one zone to the other: its steps, their order, and what must hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from faults import (
    checks,
    ferry_checks,
    ferry_planted,
    ferry_world,
    piece_world,
    planted,
    world,
)
from faults.planted import Planted
from faults.world import Step, World


@dataclass(frozen=True, slots=True)
class Way:
    """Everything the harness needs to know about one carrier."""

    build: Callable[[Path], World]
    steps: Mapping[str, Step]
    order: tuple[str, ...]
    """The whole way, every step once."""
    again: tuple[str, ...]
    """Everything starts again, later."""
    faulty: tuple[str, ...]
    """Steps in which faults happen."""
    after_fault: Callable[[World, str], list[str]]
    in_the_end: Callable[[World], list[str]]
    planted: Mapping[str, Planted]
    threads: bool = True
    """Whether calls of threads and of programs it starts are points, too."""


WAYS: Final = {
    "gate": Way(
        world.build,
        world.STEPS,
        world.ORDER,
        world.AGAIN,
        ("seal", "send", "receive", "admit", "confirm"),
        checks.after_fault,
        checks.in_the_end,
        planted.PLANTED,
    ),
    "pieces": Way(
        piece_world.build,
        piece_world.PIECE_STEPS,
        piece_world.PIECE_ORDER,
        piece_world.PIECE_AGAIN,
        ("send", "receive"),
        checks.after_fault,
        checks.in_the_end,
        piece_world.PLANTED,
    ),
    "ferry": Way(
        ferry_world.build,
        {**ferry_world.STEPS, "honest": ferry_checks.honest},
        ferry_world.ORDER,
        ferry_world.AGAIN,
        ("request", "export", "ingest"),
        ferry_checks.after_fault,
        ferry_checks.in_the_end,
        ferry_planted.PLANTED,
        # xorriso only ever writes a file that has no name yet; its death is a fault of its own.
        threads=False,
    ),
}
