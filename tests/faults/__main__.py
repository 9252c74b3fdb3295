"""``python -m faults``: every table, planted bugs first; writes ``build/faults.json``."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from faults import ferry_special, power, special
from faults.points import FAULTS, Result, Stage, chosen, table, try_point
from faults.way import WAYS
from kernel import logs

ROOT: Final = Path(__file__).parents[2]
TABLES: Final = ("planted", "calls", "power", "special")
SPECIAL: Final = {"gate": special.SPECIAL, "pieces": {}, "ferry": ferry_special.SPECIAL}
HUNTS: Final = {
    "damage": special.damaged,
    "two": special.two_receivers,
    "garbage": ferry_special.garbage,
    "forgery": ferry_special.forgery,
}
"""What finds planted bugs that no single call's fault shows."""
_MEMORY: Final = Path("/dev/shm")  # noqa: S108  # a filesystem without a disk: syncs cost nothing
_PLANTED_STRIDE: Final = 2


def main() -> int:
    """Answer 0 when no violation was found and every planted bug was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stride", type=int, default=1, help="every n-th call alone")
    parser.add_argument("--way", action="append", choices=WAYS)
    parser.add_argument("--table", action="append", choices=TABLES)
    parser.add_argument("--step", action="append")
    parser.add_argument("--bug", action="append")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "faults.json")
    given = parser.parse_args()
    logs.configure("faults", stream=sys.stderr)
    sys.dont_write_bytecode = True
    tables = given.table or TABLES
    found: dict[str, str] = {}
    results: list[Result] = []
    for carrier in given.way or WAYS:
        way = WAYS[carrier]
        with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as name:
            folder = Path(name)
            stage = Stage(way.build(folder / "start"), folder)
            if "planted" in tables:
                bugs = [bug for bug in given.bug or way.planted if bug in way.planted]
                found |= _planted(stage, folder, bugs)
            steps = [step for step in given.step or way.faulty if step in way.faulty]
            results += _results(stage, folder, tables, steps, given.stride)
    violations = [line for result in results for line in result.violations]
    print(f"points run: {sum(result.points for result in results)}, violations: {len(violations)}")
    for line in violations[:40]:
        print("  " + line)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(
        json.dumps(
            {"planted": found, "results": [asdict(result) for result in results]},
            ensure_ascii=False,
            indent=1,
        )
    )
    unknown = set(given.bug or ()) - found.keys()
    return int(bool(violations) or bool(unknown) or not all(found.values()))


def _planted(stage: Stage, folder: Path, names: Sequence[str]) -> dict[str, str]:
    """What found each planted bug; empty when nothing did."""
    print(f"{'planted bug':36} {'fault':8} {'found by'}")
    found = {}
    for name in names:
        _, fault, step = stage.way.planted[name]
        started = time.monotonic()
        found[name] = next(_hunt(stage, folder, name, fault, step), "")
        seconds = time.monotonic() - started
        print(
            f"{name:36} {fault:8} {' '.join(found[name].split())[:110] or 'NOT FOUND'} "
            f"({seconds:.1f} s)",
            flush=True,
        )
    print(f"planted bugs: {sum(map(bool, found.values()))}/{len(found)} found", flush=True)
    return found


def _hunt(stage: Stage, folder: Path, name: str, fault: str, step: str) -> Iterator[str]:
    """Violations that the planted bug brings about, one after the other."""
    if fault in HUNTS:
        yield from HUNTS[fault](stage, name)
    elif fault == "power":
        with power.Disks(folder / "disks") as disks:
            for point in power.cut_points(stage, disks, step, name)[::_PLANTED_STRIDE]:
                result = Result(step, fault)
                power.try_cut(stage, disks, point, result, name)
                yield from result.violations
    else:
        points = chosen(stage.points(step, name), fault, _PLANTED_STRIDE)
        for point in points:
            result = Result(step, fault)
            try_point(stage, point, result, name)
            yield from result.violations


def _results(
    stage: Stage, folder: Path, tables: Sequence[str], steps: Sequence[str], stride: int
) -> Iterator[Result]:
    print(f"{'step':24} {'fault':8} {'points':>6} {'missed':>6} {'violations':>10} {'seconds':>8}")
    started = time.monotonic()
    for result in _runs(stage, folder, tables, steps, stride):
        seconds, started = time.monotonic() - started, time.monotonic()
        print(
            f"{result.step:24} {result.fault:8} {result.points:6} {result.missed:6} "
            f"{len(result.violations):10} {seconds:8.1f}",
            flush=True,
        )
        yield result


def _runs(
    stage: Stage, folder: Path, tables: Sequence[str], steps: Sequence[str], stride: int
) -> Iterator[Result]:
    if "calls" in tables:
        yield from table(stage, steps, list(FAULTS), stride=stride)
    if "power" in tables and power.is_possible():
        with power.Disks(folder / "disks") as disks:
            for step in steps:
                result = Result(step, "power")
                for point in chosen(power.cut_points(stage, disks, step), "power", stride):
                    power.try_cut(stage, disks, point, result)
                yield result
    if "special" in tables and power.is_possible() and steps:
        for name, work in SPECIAL[stage.carrier].items():
            yield Result(name, "", 1, 0, work(stage))


if __name__ == "__main__":
    sys.exit(main())
