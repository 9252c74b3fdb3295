"""Runs the benchmarks, prints a table, writes ``build/bench.json``."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from appliance.bench import cases, discs, link, messages, nncp, register, sealing, smalls, span
from appliance.bench.memory import own_peak_mib

BUILD: Final = Path(__file__).parents[3] / "build"
GIB_MIB: Final = 1024
PLAN_SECONDS: Final = 2.0
LINK_MIB: Final = 256


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table; ``ratio`` is ours to theirs, larger is better."""

    name: str
    against: str
    ratio: float
    ours: float
    theirs: float
    unit: str
    peak_mib: float


def bundles(names: list[str], mib: int) -> list[Result]:
    """``seal``, ``carry``, ``open``: each needs the one before, and all are measured in one run."""
    folder = BUILD / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        sealing.prepare(folder, mib)
        found = []
        for work in ("seal", "carry", "open"):
            theirs, digest = sealing.peer_seconds(folder)
            ours, peak = sealing.run(folder, work, digest)
            found.append(
                Result(
                    work,
                    "sha256sum + cp + sync of the same bytes",
                    round(theirs / ours, 2),
                    round(mib / ours, 1),
                    round(mib / theirs, 1),
                    "MiB/s",
                    round(peak, 1),
                )
            )
        return [result for result in found if result.name in names]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def small_messages(_names: list[str], _mib: int) -> list[Result]:
    """``messages``: through outbox, bundle, spool and inbox."""
    ours, theirs, peak = messages.measure()
    against = "one SQLite insert and commit a message"
    return [
        Result(
            "messages",
            against,
            round(ours / theirs, 2),
            round(ours, 1),
            round(theirs, 1),
            "messages/s",
            round(peak, 1),
        )
    ]


def whole_cases(_names: list[str], _mib: int) -> list[Result]:
    """``cases``: from application to archive-ready certificate, people's requests included."""
    found = cases.measure()
    console = Console()
    for name, seconds in found.phases.items():
        console.print(f"cases: {name:<16}{seconds:8.1f} s", markup=False)
    against = "the same cases if uplink, gate and ferry took no time"
    return [
        Result(
            "cases",
            against,
            round(found.rate / found.rate_without_carriers, 2),
            round(found.rate, 3),
            round(found.rate_without_carriers, 3),
            "cases/s",
            round(own_peak_mib(), 1),
        )
    ]


def full_discs(names: list[str], _mib: int) -> list[Result]:
    """``disc-write`` and ``disc-read``: a full DVD with everything the office asks for."""
    mib = discs.FULL_MIB
    found = discs.measure(BUILD / "bench-disc", mib)
    against = {
        "disc-write": "xorriso + sync + sha256sum of the image",
        "disc-read": "xorriso extracting + sync + sha256sum",
    }
    return [
        Result(
            name,
            words,
            round(found[name][1] / found[name][0], 2),
            round(mib / found[name][0], 1),
            round(mib / found[name][1], 1),
            "MiB/s",
            round(found["peak"][0], 1),
        )
        for name, words in against.items()
        if name in names
    ]


def one_way_link(_names: list[str], _mib: int) -> list[Result]:
    """``link``: each kind of loss against each peer; a ratio of 0 is a peer that lost the file."""
    found = []
    for name, case in link.measure(LINK_MIB, list(link.CASES)).items():
        if case.ours.seconds is None:
            raise RuntimeError(f"link: our own file did not arrive: {name}")
        ours = LINK_MIB / case.ours.seconds
        for peer, theirs in (("pydiode", case.pydiode), ("udpcast", case.udpcast)):
            rate = LINK_MIB / theirs.seconds if theirs.seconds else 0.0
            against = peer if rate else f"{peer}, which did not deliver"
            found.append(
                Result(
                    f"link, {name}",
                    against,
                    round(ours / rate, 2) if rate else 0.0,
                    round(ours, 1),
                    round(rate, 1),
                    "MiB/s",
                    round(case.peak_mib, 1),
                )
            )
    return found


def through_the_gate(names: list[str], mib: int) -> list[Result]:
    """``gate-small`` and ``gate-large``: outbox to inbox, against NNCP with the same content."""
    found = []
    if "gate-small" in names:
        crossed = nncp.small(BUILD / "bench")
        theirs = nncp.MESSAGES / crossed.theirs
        for name, seconds in (
            ("gate-small", crossed.ours),
            ("gate-small, posting too", crossed.post + crossed.ours),
        ):
            ours = nncp.MESSAGES / seconds
            found.append(_against_nncp(name, ours, theirs, "messages/s", crossed.peak_mib))
    if "gate-large" in names:
        crossed = nncp.large(BUILD / "bench", mib)
        ours, theirs = crossed.mib / crossed.ours, crossed.mib / crossed.theirs
        found.append(_against_nncp("gate-large", ours, theirs, "MiB/s", crossed.peak_mib))
    return found


def _against_nncp(name: str, ours: float, theirs: float, unit: str, peak: float) -> Result:
    against = "nncp-file + nncp-xfer + nncp-toss"
    ratio = round(ours / theirs, 2)
    return Result(name, against, ratio, round(ours, 1), round(theirs, 1), unit, round(peak, 1))


def spanning(_names: list[str], _mib: int) -> list[Result]:
    """``span``: 12 GB over three DVDs, read in the order 3, 1, 2, one of them repaired."""
    found = span.measure(BUILD / "bench")
    Console().print(f"span: {found.discs} discs, {found.repaired_sectors} sectors repaired")
    return [
        Result(
            "span",
            "writing the same discs",
            round(found.write / found.read, 2),
            round(found.mib / found.read, 1),
            round(found.mib / found.write, 1),
            "MiB/s",
            round(own_peak_mib(), 1),
        )
    ]


def small_results(_names: list[str], _mib: int) -> list[Result]:
    """``small-results``: 50 000 on one disc, planned within two seconds, and how fast they come."""
    found = smalls.measure(BUILD / "bench")
    ours, theirs = smalls.COUNT / (found.read + found.admit), messages.peer_rate()
    tossed = nncp.toss_rate(BUILD / "bench", smalls.SAMPLE)
    peak = round(own_peak_mib(), 1)
    return [
        Result(
            "small-results",
            "one SQLite insert and commit a result",
            round(ours / theirs, 2),
            round(ours, 1),
            round(theirs, 1),
            "results/s",
            peak,
        ),
        Result(
            "small-results",
            "nncp-toss of as many small files",
            round(ours / tossed, 2),
            round(ours, 1),
            round(tossed, 1),
            "results/s",
            peak,
        ),
        Result(
            "small-plan",
            "two seconds for the plan of 50 000 results",
            round(PLAN_SECONDS / found.plan, 2),
            round(found.plan, 2),
            PLAN_SECONDS,
            "s",
            peak,
        ),
    ]


def large_register(
    _names: list[str], _mib: int, sizes: tuple[int, ...] = register.SIZES
) -> list[Result]:
    """``register``: pages and recording, each size beside a bare page, then how cost grows."""
    measured = register.measure(BUILD / "bench-register", sizes)
    peak = round(own_peak_mib(), 1)
    found: list[Result] = []
    first: dict[str, tuple[int, float]] = {}
    for one in measured:
        Console().print(f"register: {one.server}, {one.units} units filled in {one.fill:.0f} s")
        for rate in one.rates:
            theirs = "one insert and commit" if rate.name == "recording" else "bare page"
            name = f"register, {rate.name}, {one.server}"
            found.append(
                Result(
                    f"{name}, {one.units} units",
                    theirs,
                    round(rate.ours / rate.theirs, 3),
                    round(rate.ours, 1),
                    round(rate.theirs, 1),
                    "1/s",
                    peak,
                )
            )
            least = first.setdefault(name, (one.units, rate.ours))
            if one.units != least[0]:
                found.append(
                    Result(
                        f"{name}, growth to {one.units}",
                        f"itself with {least[0]} units",
                        round(rate.ours / least[1], 3),
                        round(rate.ours, 1),
                        round(least[1], 1),
                        "1/s",
                        peak,
                    )
                )
    return found


GROUPS: Final[tuple[tuple[tuple[str, ...], Callable[[list[str], int], list[Result]]], ...]] = (
    (("seal", "carry", "open"), bundles),
    (("disc-write", "disc-read"), full_discs),
    (("link",), one_way_link),
    (("gate-small", "gate-large"), through_the_gate),
    (("span",), spanning),
    (("small-results",), small_results),
    (("messages",), small_messages),
    (("cases",), whole_cases),
    (("register",), large_register),
)
NAMES: Final = tuple(name for names, _function in GROUPS for name in names)


def run(only: str | None, gib: float, units: tuple[int, ...] = ()) -> None:
    """Measure everything, or what ``only`` names; ``units`` are the sizes of the register."""
    results: list[Result] = []
    for names, function in GROUPS:
        wanted = [name for name in names if only in (None, name)]
        if wanted:
            started = time.monotonic()
            if function is large_register and units:
                results.extend(large_register(wanted, 0, units))
            else:
                results.extend(function(wanted, int(gib * GIB_MIB)))
            seconds = time.monotonic() - started
            Console().print(f"{'、'.join(wanted)}: {seconds:.0f} s", markup=False)
    table = Table(title="ratio = ours / theirs, larger is better")
    for heading in ("name", "against", "ratio", "ours", "theirs", "unit", "peak MiB"):
        table.add_column(heading)
    for result in results:
        table.add_row(*(str(value) for value in asdict(result).values()))
    Console().print(table)
    BUILD.mkdir(exist_ok=True)
    _keep(results, BUILD / "bench.json")


def _keep(results: list[Result], path: Path) -> None:
    """Write the figures; what was not measured this time keeps its last ones."""
    measured = {result.name for result in results}
    before = json.loads(path.read_text("utf-8")) if path.exists() else []
    kept = [one for one in before if one["name"] not in measured]
    said = [*kept, *(asdict(result) for result in results)]
    path.write_text(json.dumps(said, indent=1), "utf-8")
