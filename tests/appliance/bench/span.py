"""A trip over several discs, read in the order last, first, ..., one of them badly scratched."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from appliance.bench.discs import MIB, ORIGIN, TO, prepare
from appliance.ferryman import Start, as_program
from ferry.repair.layout import Geometry
from ferry.repair.recover import OpenDevice, find_index
from ferry.settings import DVD_BYTES
from ferry.xorriso import SECTOR

WHOLE_MIB: Final = 11_440
"""12 GB."""
BUNDLE_MIB: Final = 104
DISCS: Final = 3
SCRATCHED: Final = 1
"""The second disc is the one that was scratched."""


@dataclass(frozen=True, slots=True)
class Spanned:
    """Seconds for writing and reading all discs, how many there were, what was repaired."""

    write: float
    read: float
    discs: int
    mib: float
    repaired_sectors: int


def measure(
    folder: Path,
    mib: int = WHOLE_MIB,
    *,
    bundle_mib: int = BUNDLE_MIB,
    capacity: int = DVD_BYTES,
    start: Start = as_program,
) -> Spanned:
    """Drive the trip in ``folder``, which is removed.

    Raises :class:`RuntimeError` when anything of it did not arrive whole.
    """
    shutil.rmtree(folder, ignore_errors=True)
    try:
        people = prepare(folder, mib, bundle_mib=bundle_mib, capacity=capacity, start=start)
        sent = {
            path.name for path in (folder / ORIGIN.value / "out" / TO.value / "ready").iterdir()
        }
        started = time.perf_counter()
        discs: list[Path] = []
        written = people.write("跨盘")
        while written is not None:
            discs.append(people.disc.rename(folder / f"{len(discs)}.iso"))
            written = people.run("export", str(written["trip"])) if written["left"] else None
        write_seconds = time.perf_counter() - started
        scratch(discs[SCRATCHED])
        started, repaired = time.perf_counter(), 0
        for disc in (discs[-1], *discs[:-1]):
            disc.rename(people.disc)
            found = people.run("ingest", side="ingest")
            if found["refused"]:
                raise RuntimeError(f"not all of a disc was read: {found}")
            repaired += int(str(found["repaired_sectors"]))
            people.disc.unlink()
        read_seconds = time.perf_counter() - started
        arrived = {path.name for path in (folder / TO.value / "in" / ORIGIN.value).iterdir()}
        if arrived != sent:
            raise RuntimeError(f"{len(arrived)} of {len(sent)} files arrived")
        return Spanned(write_seconds, read_seconds, len(discs), mib, repaired)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def scratch(disc: Path) -> None:
    """Spoil as much in one piece as the medium promises to bring back wherever it lies."""
    with disc.open("r+b") as file:
        index = find_index(OpenDevice(file.fileno()))
        if index is None:
            raise RuntimeError("the disc has no repair region")
        geometry = index.geometry
        sectors = (geometry.parity - 1) * geometry.rows
        # It begins with the directory and the cover sheet, and goes on into the files.
        wide = min(sectors, geometry.image_sectors) * SECTOR
        for at in range(0, wide, MIB):
            os.pwrite(file.fileno(), b"\xa5" * min(MIB, wide - at), at)


def capacity_for(bundles: int, bundle_mib: int) -> int:
    """How large a disc is that takes so many bundles and no more."""
    sectors = 2048 + bundles * (bundle_mib * MIB // SECTOR + 64)
    return Geometry(sectors, 20, 3).sectors * SECTOR
