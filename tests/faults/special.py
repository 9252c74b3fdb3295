"""Faults that are no single system call: full disks, folders that vanish, clocks that jump.

Each function takes the stage and answers violations; none means that nothing was lost.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from faults.checks import after_fault, in_the_end
from faults.child import run
from faults.points import Stage, judged
from faults.world import AGAIN, RECEIVER, SENDER, World

ROOT: Final = Path(__file__).parents[2]
_SPARE_BLOCKS: Final = (0, 1, 4, 16, 40, 64)
_SPARE_INODES: Final = (0, 1, 2, 3, 4, 6)
_QUEUE: Final = 20_000
"""More than the kernel queues for one watcher (16,384)."""
_WAIT_SECONDS: Final = 30.0
_DISK_OF: Final = {
    "seal": SENDER.value,
    "send": "drop",
    "receive": RECEIVER.value,
    "admit": RECEIVER.value,
}
_YEAR: Final = 365 * 86_400


def full_disk(stage: Stage) -> list[str]:
    """The filesystem a step writes to has room for a few blocks only, then for more."""
    found = []
    for step, part in _DISK_OF.items():
        for spare in _SPARE_BLOCKS:
            with _on_tmpfs(stage, step, part) as (world, disk):
                free = os.statvfs(disk)
                filler = disk / "filler"
                _fill(filler, free.f_bavail * free.f_bsize - spare * free.f_bsize)
                found += _through(world, step, f"{spare} blocks left", [filler])
    return found


def no_inodes(stage: Stage) -> list[str]:
    """The filesystem has blocks but can hold a few names only, then more."""
    found = []
    for step, part in _DISK_OF.items():
        for spare in _SPARE_INODES:
            with _on_tmpfs(stage, step, part) as (world, disk):
                fillers = disk / "fillers"
                fillers.mkdir()
                for number in range(os.statvfs(disk).f_ffree - spare):
                    (fillers / str(number)).touch()
                found += _through(world, step, f"{spare} inodes left", [fillers])
    return found


def clock_jumps(stage: Stage) -> list[str]:
    """Every program's clock is a year off, now ahead, now behind."""
    found = []
    for step in _DISK_OF:
        for years in (1, -1):
            world = stage.fresh(step)
            ended = run(world, [step], planted=f"clock:{years * _YEAR}")
            found += [f"{step}, clock {years:+d} y: {what}" for what in judged(ended.code, "")]
            if "Traceback" in ended.said:
                found.append(f"{step}, clock {years:+d} y: {ended.said[-600:]}")
            found += _again(world, step, f"clock {years:+d} y")
    return found


def database_locked(stage: Stage) -> list[str]:
    """Another program holds the database; the exchange says so and goes on later."""
    found = []
    for step, zone in (("seal", SENDER), ("admit", RECEIVER)):
        world = stage.fresh(step)
        holder = sqlite3.connect(world.database(zone))
        holder.execute("BEGIN EXCLUSIVE")
        try:
            ended = run(world, [step], planted="impatient")
        finally:
            holder.close()
        found += judged(ended.code, ended.said)
        if not ended.code:
            found.append(f"{step}: worked on a locked database")
        found += _again(world, step, "database locked")
    return found


def two_receivers(stage: Stage, planted: str | None = None) -> list[str]:
    """A second program on the same folders is refused with its reason, and ends."""
    found = []
    for side, step in (("receive", "receive"), ("send", "send")):
        world = stage.fresh(step)
        with _running(world, side):
            ended = run(world, [step], planted=planted)
            if ended.code != 3 or "already_running" not in ended.said:
                found.append(f"second {side} was not refused: {ended.code} {ended.said[-300:]}")
        shutil.rmtree(world.folder)
    return found


def queue_overflow(stage: Stage) -> list[str]:
    """While the receiver stands still, more happens in its folder than the kernel notes."""
    world = stage.fresh("receive")
    aside = _aside(world)
    with _running(world, "receive") as receiver:
        receiver.send_signal(signal.SIGSTOP)
        for number in range(_QUEUE):
            (world.drop / f".{number}.part").touch()
        for path in aside:
            path.rename(world.drop / path.name)
        for number in range(_QUEUE):
            (world.drop / f".{number}.part").unlink()
        receiver.send_signal(signal.SIGCONT)
        found = _arrives(world, len(aside))
    return found + _again(world, "receive", "queue overflow")


def folder_unmounted(stage: Stage) -> list[str]:
    """The drop folder is unmounted under the receiver, then gone, then back with bundles in it."""
    world = stage.fresh("receive")
    aside = _aside(world)
    _mount(world.drop, "size=16m")
    with _running(world, "receive") as receiver:
        time.sleep(0.5)
        _call("umount", "-l", world.drop)
        world.drop.rename(world.folder / "gone")
        time.sleep(1)
        (world.folder / "gone").rename(world.drop)
        found = [] if receiver.poll() is None else ["the receiver ended with its folder"]
        for path in aside:
            path.rename(world.drop / path.name)
        found += _arrives(world, len(aside))
    return found + _again(world, "receive", "folder unmounted")


SPECIAL: Final[dict[str, Callable[[Stage], list[str]]]] = {
    "full disk": full_disk,
    "no inodes": no_inodes,
    "clock jumps": clock_jumps,
    "database locked": database_locked,
    "second program": two_receivers,
    "inotify overflow": queue_overflow,
    "drop folder unmounted": folder_unmounted,
}


def damaged(stage: Stage, planted: str | None = None) -> list[str]:
    """A cut file and a forged one: neither may arrive under its final name."""
    world = stage.fresh("receive")
    whole = sorted(world.drop.glob("*.tar"))
    content = bytearray(whole[0].read_bytes())
    # Only zeros of the end are cut off: whatever looks inside finds everything in its place.
    whole[0].write_bytes(content[:-700])
    content = bytearray(whole[1].read_bytes())
    at = content.index(b'"sig":"') + 20
    content[at : at + 1] = b"B" if content[at : at + 1] == b"A" else b"A"
    whole[1].write_bytes(content)
    ended = run(world, ["receive"], planted=planted)
    names = {path.name for path in whole}
    arrived = world.spool(RECEIVER).arrivals(SENDER)
    found = [f"arrived though damaged: {entry.name}" for entry in arrived if entry.name in names]
    if ended.code:
        found.append(f"ends with {ended.code}: {ended.said[-300:]}")
    shutil.rmtree(world.folder)
    return found


def _through(world: World, step: str, what: str, fillers: Sequence[Path]) -> list[str]:
    """The step on a full disk, then again with room; everything must arrive after all."""
    ended = run(world, [step])
    found = judged(ended.code, ended.said)
    # Room is made before looking: to read a database takes a little, too.
    for filler in fillers:
        if filler.is_dir():
            shutil.rmtree(filler)
        else:
            filler.unlink()
    found += after_fault(world, step)
    again = run(world, AGAIN)
    if again.code:
        found.append(f"does not start again: {again.code} {again.said[-300:]}")
    return [f"{step}, {what}: {line}" for line in dict.fromkeys(found + in_the_end(world))]


def _again(world: World, step: str, what: str) -> list[str]:
    again = run(world, AGAIN)
    found = [again.said[-300:]] if again.code else []
    found += in_the_end(world)
    shutil.rmtree(world.folder)
    return [f"{step}, {what}: {line}" for line in found]


@contextmanager
def _on_tmpfs(stage: Stage, step: str, part: str) -> Iterator[tuple[World, Path]]:
    """A world whose folder ``part`` is a small filesystem of its own."""
    world = stage.fresh(step)
    disk, aside = world.folder / part, world.folder / "aside"
    disk.rename(aside)
    disk.mkdir()
    _mount(disk, "size=4m,nr_inodes=400")
    try:
        shutil.copytree(aside, disk, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(aside)
        yield world, disk
    finally:
        _call("umount", "-l", disk)
        shutil.rmtree(world.folder)


@contextmanager
def _running(world: World, side: str) -> Iterator[subprocess.Popen[bytes]]:
    """The real program, watching; ended afterwards."""
    command = [sys.executable, "-m", "gate", side, "--settings", str(world.settings(side))]
    log = Path(f"{world.folder}.log")
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output, cwd=ROOT) as program,
    ):
        try:
            _until(lambda: b"gate.watching" in log.read_bytes())
            yield program
        finally:
            program.send_signal(signal.SIGCONT)
            program.terminate()
    log.unlink()


def _aside(world: World) -> list[Path]:
    """Take everything out of the drop folder, to put it there later."""
    folder = world.folder / "later"
    folder.mkdir()
    return [path.rename(folder / path.name) for path in sorted(world.drop.iterdir())]


def _arrives(world: World, count: int) -> list[str]:
    arrived = world.spool(RECEIVER).arrivals_folder(SENDER)
    if _until(lambda: len(list(arrived.iterdir())) == count):
        return []
    return [f"{len(list(arrived.iterdir()))} of {count} files arrived"]


def _until(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def _fill(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.write(bytes(max(0, size)))


def _mount(folder: Path, options: str) -> None:
    _call("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder)


def _call(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
