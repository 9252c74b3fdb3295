"""Power cuts on real ext4: the spool and the drop folder on a loop device each, cut off together.

The filesystem is told to shut down without flushing its log (what XFS tests use), so whatever was
not synced is gone; then it is mounted again, as after a boot. Two filesystems, because on a single
one any sync makes earlier renames durable too and hides what was forgotten.
"""

import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

from faults.child import run
from faults.points import Point, Result, Stage, points_of
from faults.world import World

_SHUTDOWN: Final = 0x8004587D
"""EXT4_IOC_SHUTDOWN."""
_NO_LOG_FLUSH: Final = 2
_IMAGE_BYTES: Final = 48 * 1024 * 1024
_KILL: Final = "signal=KILL"


def is_possible() -> bool:
    """Whether this machine lets us mount loop devices."""
    return os.geteuid() == 0 and Path("/dev/loop-control").exists()


class Disks:
    """The two filesystems of one world; images are made once and copied."""

    def __init__(self, folder: Path) -> None:
        """Keep images and mounts below ``folder``."""
        self._folder = folder
        self._empty = folder / "empty.img"
        folder.mkdir(exist_ok=True)
        with self._empty.open("wb") as file:
            file.truncate(_IMAGE_BYTES)
        _call("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0", "-J", "size=4", self._empty)
        self.at = folder / "at"
        self.at.mkdir(exist_ok=True)
        self._mounted: list[tuple[Path, Path]] = []
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()
        for image in self._folder.glob("*.img"):
            image.unlink()

    def hold(self, world: World) -> World:
        """A copy of ``world`` on two fresh filesystems, synced."""
        self.remove()
        self._mount(self._empty, self.at)
        (self.at / "world" / "drop").mkdir(parents=True)
        self._mount(self._empty, self.at / "world" / "drop")
        shutil.copytree(world.folder, self.at / "world", symlinks=True, dirs_exist_ok=True)
        os.sync()
        return replace(world, folder=self.at / "world")

    def cut(self) -> None:
        """The power goes; it comes back and both filesystems are mounted again."""
        held = list(self._mounted)
        for path, _image in reversed(held):
            handle = os.open(path, os.O_RDONLY)
            try:
                fcntl.ioctl(handle, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
            finally:
                os.close(handle)
        images = [(path, self._copied(image)) for path, image in held]
        self.remove()
        for path, image in images:
            self._mount(image, path)
            image.unlink()

    def remove(self) -> None:
        """Unmount whatever is mounted."""
        while self._mounted:
            path, image = self._mounted.pop()
            _call("umount", path)
            image.unlink()

    def _copied(self, image: Path) -> Path:
        # A new file for every mount: a mount namespace made meanwhile by some other program would
        # hold on to the one that was cut off, and mounting it again would find it cut off.
        self._count += 1
        copy = self._folder / f"{self._count}.img"
        shutil.copyfile(image, copy)
        return copy

    def _mount(self, image: Path, at: Path) -> None:
        own = self._copied(image)
        _call("mount", "-o", "loop,errors=remount-ro", own, at)
        self._mounted.append((at, own))
        lost = at / "lost+found"
        if lost.exists():
            lost.rmdir()


def try_cut(
    stage: Stage, disks: Disks, point: Point, result: Result, planted: str | None = None
) -> None:
    """Kill at ``point``, cut the power at that instant, boot, check, start again, check."""
    world = disks.hold(stage.before[result.step])
    inject = f"{point.call}:{_KILL}:when={point.number}"
    ended = run(world, [result.step], inject=inject, planted=planted)
    result.points += 1
    result.missed += ended.code >= 0
    disks.cut()
    found = stage.way.after_fault(world, result.step)
    again = run(world, stage.way.again, planted=planted)
    if again.code:
        found.append(f"does not start again: exit {again.code}: {again.said[-600:]}")
    found += stage.way.in_the_end(world)
    result.violations += [
        f"{result.step}, power cut at {point.call} {point.number}: {what}"
        for what in dict.fromkeys(found)
    ]


def cut_points(
    stage: Stage, disks: Disks, step: str, planted: str | None = None
) -> Sequence[Point]:
    """Every point of ``step`` as it runs on these disks, the end of the run among them."""
    world = disks.hold(stage.before[step])
    trace = run(world, [step], inject="", planted=planted).trace
    return list(points_of(trace, world.folder))


def _call(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
