"""Faults of a trip by disc that are no single system call.

Each function takes the stage and answers violations; none means that nothing was lost.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from faults.child import run
from faults.ferry_world import FerryWorld
from faults.planted import BAD_BURNER
from faults.points import Stage, judged
from faults.world import World
from ferry.repair.recover import OpenDevice, find_index
from ferry.xorriso import SECTOR, list_files

_SPARE_KIB: Final = (0, 4, 64, 512, 4096, 8192)
_DISK_KIB: Final = 24 * 1024
_YEAR: Final = 365 * 86_400
_STEPS: Final = ("request", "export", "ingest")


def full_disk(stage: Stage) -> list[str]:
    """The filesystem a step writes to has room for a few blocks only, then for more."""
    found = []
    for step, zone in zip(_STEPS, ("intranet", "intranet", "extranet"), strict=True):
        for spare in _SPARE_KIB:
            with _on_small_disk(stage, step, zone) as (world, disk):
                filler = disk / "filler"
                free = os.statvfs(disk)
                _fill(filler, free.f_bavail * free.f_bsize - spare * 1024)
                ended = run(world, [step])
                filler.unlink()
                wrong = judged(ended.code, ended.said) + stage.way.after_fault(world, step)
                found += _again(stage, world, wrong, f"{step}, {spare} KiB left")
    return found


def clocks_years_off(stage: Stage) -> list[str]:
    """One side's clock is a year ahead or behind; both are right again later."""
    found = []
    for step in _STEPS:
        for years in (1, -1):
            world = stage.fresh(step)
            ended = run(world, [step], planted=f"clock:{years * _YEAR}")
            wrong = judged(ended.code, ended.said) + stage.way.after_fault(world, step)
            found += _again(stage, world, wrong, f"{step}, clock {years:+d} y")
            shutil.rmtree(world.folder)
    return found


def bad_burner(stage: Stage) -> list[str]:
    """The burner reports success and wrote something else: the disc is a coaster."""
    world = stage.fresh("export")
    ended = run(world, ["export"], planted=BAD_BURNER)
    wrong = judged(ended.code, ended.said) + stage.way.after_fault(world, "export")
    if "readback_failed" not in ended.said:
        wrong.append(f"not found by reading back: {ended.code} {ended.said[-300:]}")
    found = _again(stage, world, wrong, "bad burner")
    shutil.rmtree(world.folder)
    return found


def no_image_maker(stage: Stage) -> list[str]:
    """The image maker cannot be started, or dies when it has written a part of the image."""
    found = []
    for name in ("kill -9 $$", "head -c 100000 /dev/zero > ${OUT#stdio:}; kill -9 $$"):
        world = stage.fresh("export")
        folder = world.folder / "bin"
        folder.mkdir()
        fake = folder / "xorriso"
        find = 'for word in "$@"; do case $word in stdio:*) OUT=$word;; esac; done'
        fake.write_text(f"#!/bin/sh\n{find}\n{name}\n")
        fake.chmod(0o755)
        before = os.environ["PATH"]
        os.environ["PATH"] = f"{folder}:{before}"
        try:
            ended = run(world, ["export"])
        finally:
            os.environ["PATH"] = before
        wrong = judged(ended.code, ended.said) + stage.way.after_fault(world, "export")
        if not ended.code:
            wrong.append("a disc was written without an image")
        found += _again(stage, world, wrong, "xorriso dies")
        shutil.rmtree(world.folder)
    return found


SPECIAL: Final[dict[str, Callable[[Stage], list[str]]]] = {
    "full disk, ferry": full_disk,
    "clocks years off": clocks_years_off,
    "burner wrote garbage": bad_burner,
    "xorriso dies": no_image_maker,
}


def garbage(stage: Stage, planted: str) -> list[str]:
    """With ``planted`` in, a disc that is not what was written is called proved."""
    world = stage.fresh("export")
    ended = run(world, ["export"], planted=f"{BAD_BURNER}+{planted}")
    found = stage.way.after_fault(world, "export")
    shutil.rmtree(world.folder)
    return found if not ended.code else []


def forgery(stage: Stage, planted: str) -> list[str]:
    """A file of the disc is not what its name says, and the repair region agrees with the file."""
    world = stage.fresh("ingest")
    assert isinstance(world, FerryWorld)
    disc = world.disc
    content = bytearray(disc.read_bytes())
    file = next(one for one in list_files(disc).files if one.path.endswith(".tar"))
    at = file.extents[0].sector * SECTOR + file.size // 2
    content[at] ^= 1
    with disc.open("rb") as opened:
        index = find_index(OpenDevice(opened.fileno()))
    assert index is not None
    disc.write_bytes(content[: index.image_sectors * SECTOR])
    run(world, ["ingest"], planted=planted)
    found = stage.way.after_fault(world, "ingest")
    shutil.rmtree(world.folder)
    return found


def _again(stage: Stage, world: World, found: list[str], what: str) -> list[str]:
    again = run(world, stage.way.again)
    if again.code:
        found.append(f"does not start again: exit {again.code}: {again.said[-600:]}")
    found += stage.way.in_the_end(world)
    return [f"{what}: {line}" for line in dict.fromkeys(found)]


@contextmanager
def _on_small_disk(stage: Stage, step: str, zone: str) -> Iterator[tuple[World, Path]]:
    """A world in which the folder of ``zone`` is a small filesystem of its own."""
    world = stage.fresh(step)
    disk, aside = world.folder / zone, world.folder / "aside"
    disk.rename(aside)
    disk.mkdir()
    _call("mount", "-t", "tmpfs", "-o", f"size={_DISK_KIB}k", "tmpfs", disk)
    try:
        shutil.copytree(aside, disk, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(aside)
        yield world, disk
    finally:
        _call("umount", "-l", disk)
        shutil.rmtree(world.folder)


def _fill(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.write(bytes(max(0, size)))


def _call(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
