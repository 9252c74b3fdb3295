"""Every file-system call of a step is a point; at each one a fault happens, once."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from faults.child import BUG, run
from faults.way import WAYS
from faults.world import World

FAULTS: Final = {
    "kill": "signal=KILL",
    "ENOSPC": "error=ENOSPC",
    "EIO": "error=EIO",
}
_LINE: Final = re.compile(r"^(?:(\d+) +)?([a-z0-9_]+)\(")
_NO_SPACE: Final = frozenset({"unlink", "unlinkat"})
"""Removing a name never fails for want of space."""
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
_KILLED: Final = -9


@dataclass(frozen=True, slots=True)
class Point:
    """The ``number``-th ``call`` of a step."""

    call: str
    number: int

    def inject(self, fault: str) -> str:
        """The fault at this point as strace takes it."""
        return f"{self.call}:{FAULTS[fault]}:when={self.number}"


@dataclass(slots=True)
class Result:
    """One row of the table."""

    step: str
    fault: str
    points: int = 0
    missed: int = 0
    """Points that did not come up again: the run took another way."""
    violations: list[str] = field(default_factory=list)


class Stage:
    """Keeps a world for each step, in which that step is the next to run."""

    def __init__(self, start: World, folder: Path) -> None:
        """Run the whole way once from ``start``; copies lie in ``folder``."""
        self._folder = folder
        self.carrier = start.carrier
        self.way = WAYS[start.carrier]
        self.before: dict[str, World] = {}
        world = start.copied(folder / "whole")
        for step in self.way.order:
            self.before[step] = world.copied(folder / f"before-{step}")
            ended = run(world, [step])
            if ended.code:
                raise RuntimeError(f"{step} fails without any fault: {ended.said}")
        if found := self.way.in_the_end(world):
            raise RuntimeError(f"the way is not clean without any fault: {found}")

    def fresh(self, step: str) -> World:
        """A new copy for one run of ``step``."""
        return self.before[step].copied(self._folder / "run")

    def points(self, step: str, planted: str | None = None) -> list[Point]:
        """Every call of ``step`` that changes something below its world."""
        world = self.fresh(step)
        try:
            ended = run(world, [step], inject="", planted=planted)
            return list(points_of(ended.trace, world.folder))
        finally:
            shutil.rmtree(world.folder)


def points_of(trace: str, folder: Path) -> Iterator[Point]:
    """The points of one traced run; calls of every thread count for themselves."""
    seen: Counter[tuple[str | None, str]] = Counter()
    known: set[Point] = set()
    for line in trace.splitlines():
        matched = _LINE.match(line)
        if matched is None:
            continue
        process, call = matched.groups()
        seen[process, call] += 1
        changes = "EEXIST" not in line and (call != "openat" or "O_CREAT" in line)
        if not changes or f"{folder}/" not in line:
            continue
        if (point := Point(call, seen[process, call])) not in known:
            known.add(point)
            yield point


def table(
    stage: Stage, steps: Sequence[str], faults: Sequence[str], *, stride: int = 1
) -> Iterator[Result]:
    """Try every ``stride``-th point of every step under every fault."""
    for step in steps:
        points = stage.points(step)
        for fault in faults:
            result = Result(step, fault)
            for point in chosen(points, fault, stride):
                try_point(stage, point, result)
            yield result


def chosen(points: Sequence[Point], fault: str, stride: int) -> list[Point]:
    """Which points to try; the first and the last are always among them."""
    possible = [point for point in points if fault != "ENOSPC" or point.call not in _NO_SPACE]
    return [*possible[:-1:stride], *possible[-1:]]


def try_point(stage: Stage, point: Point, result: Result, planted: str | None = None) -> None:
    """One fault, the checks, the restart, the checks again; violations are added to ``result``."""
    world = stage.fresh(result.step)
    try:
        ended = run(world, [result.step], inject=point.inject(result.fault), planted=planted)
        result.points += 1
        found = [] if result.fault == "kill" else judged(ended.code, ended.said)
        hit = ended.code == _KILLED if result.fault == "kill" else "(INJECTED)" in ended.trace
        result.missed += not hit
        found += stage.way.after_fault(world, result.step)
        again = run(world, stage.way.again, planted=planted)
        if again.code:
            found.append(f"does not start again: exit {again.code}: {again.said[-600:]}")
        found += stage.way.in_the_end(world)
        result.violations += [
            f"{result.step}, {result.fault} at {point.call} {point.number}: {what}"
            for what in dict.fromkeys(found)
        ]
    finally:
        shutil.rmtree(world.folder)


def judged(code: int, said: str) -> list[str]:
    """What is wrong with how a program met a failing disk: it must say so in Chinese, and end."""
    if "Traceback" in said or code == BUG:
        return [f"traceback: {said[-900:]}"]
    if code and not _CHINESE.search(said):
        return [f"ends with {code} and says nothing"]
    return []
