"""The receiving side: pieces gather in a folder until they make the file again.

A piece counts only when its payload has the digest that the plan names for it, and pieces belong
together only when their plans agree in every byte. So a piece that was truncated or changed on the
way is like one that was lost, and a foreign one spoils nothing but itself.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final

from gate.pieces.cut import WINDOW
from gate.pieces.layout import Group, Plan, read_front
from kernel.bundle import parse_name
from kernel.clock import Clock
from kernel.durable import PART, disk_errors, fsync_folder, write_durably
from kernel.errors import RejectedBundleError
from kernel.isal import Code, Pinned
from kernel.logs import get_logger

PLAN: Final = "plan.json"
WHOLE: Final = "whole"
_DONE: Final = "done"
"""Marks of files that were whole; their late pieces are not kept."""
MAX_DONE: Final = 10_000
LATE_SECONDS: Final = 3600.0
"""So long after a file was made its further pieces are late ones, and not a file sent again."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a piece led to: ``file`` lies whole under its name, ``repaired`` pieces were missing."""

    file: Path | None = None
    repaired: int = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many files may wait for pieces, how many bytes of them, and for how many seconds."""

    files: int = 200
    bytes: int = 50_000_000_000
    seconds: float = 7 * 86_400


class Gatherer:
    """Keeps pieces in ``folder``, over restarts too."""

    def __init__(self, folder: Path, bounds: Bounds, clock: Clock) -> None:
        """Use ``folder``, which is made when missing."""
        self._folder = folder
        self._bounds = bounds
        self._clock = clock
        with disk_errors():
            (folder / _DONE).mkdir(parents=True, exist_ok=True)

    def incomplete(self) -> list[Path]:
        """The folders of files that lack pieces, the one longest without a new piece first."""
        found = [
            (path.stat().st_mtime, path) for path in self._folder.iterdir() if path.name != _DONE
        ]
        return [path for _at, path in sorted(found)]

    def take(self, source: FileIO, name: str) -> Gathered:
        """Keep the piece called ``name``; with the last one needed, answer the file.

        Raises :class:`RejectedBundleError`: as :func:`read_front`, ``piece_digest``,
        ``piece_bounds``; and :class:`kernel.errors.UnavailableError` as the disk does.
        """
        plan, number = read_front(source, name)
        mark = plan.mark
        if self._is_done(mark):
            if os.fstat(source.fileno()).st_size < source.tell() + _size_of(plan, number):
                # The gate is still writing; taken now, its rest would come as a file of nonsense.
                raise RejectedBundleError("truncated", "分片不完整")
            return Gathered()
        home = self._folder / mark
        if not home.exists():
            self._require_room(plan)
        self._keep(home, plan, number, source)
        if not _is_enough(home, plan):
            return Gathered()
        repaired = self._assemble(home, plan)
        log.info("gate.pieces_whole", mark=mark, repaired=repaired)
        return Gathered(home / WHOLE / plan.name, repaired)

    def whole(self) -> Iterator[Path]:
        """Files that were whole already when a program before us ended."""
        for home in self.incomplete():
            if (home / WHOLE).is_dir():
                # A dead program's temporary file is no file; its pieces are taken again.
                found = sorted((home / WHOLE).iterdir())
                yield from (path for path in found if not path.name.endswith(PART))

    def settle(self, file: Path) -> None:
        """Forget the pieces of a file that was taken over, or set aside."""
        home = file.parent.parent
        done = self._folder / _DONE
        with disk_errors():
            now = self._clock.now().timestamp()
            (done / home.name).touch()
            os.utime(done / home.name, (now, now))
            fsync_folder(done)
            shutil.rmtree(home, ignore_errors=True)
            marks = sorted(done.iterdir(), key=lambda path: path.stat().st_mtime)
            for path in marks[: max(0, len(marks) - MAX_DONE)]:
                path.unlink(missing_ok=True)

    def give_up(self) -> list[str]:
        """Drop what has waited too long; answers the names of the files that were not whole."""
        until = self._clock.now().timestamp() - self._bounds.seconds
        gone = []
        for home in self.incomplete():
            if home.stat().st_mtime >= until:
                break
            gone.append(_name_of(home))
            shutil.rmtree(home, ignore_errors=True)
            log.error("gate.pieces_given_up", mark=home.name, file=gone[-1])
        return gone

    def _is_done(self, mark: str) -> bool:
        """Whether the file was made lately; what comes long after was sent again for a reason."""
        try:
            at = (self._folder / _DONE / mark).stat().st_mtime
        except FileNotFoundError:
            return False
        return abs(self._clock.now().timestamp() - at) < LATE_SECONDS

    def _require_room(self, plan: Plan) -> None:
        homes = self.incomplete()
        held = sum(_held(home) for home in homes)
        if len(homes) >= self._bounds.files or held + plan.size > self._bounds.bytes:
            raise RejectedBundleError("piece_bounds", "等待分片的文件过多，本分片未收下")

    def _keep(self, home: Path, plan: Plan, number: int, source: FileIO) -> None:
        digest = hashlib.sha256()
        expected = _size_of(plan, number)
        with disk_errors():
            home.mkdir(exist_ok=True)
        if not (home / PLAN).exists():
            with write_durably(home / PLAN) as file:
                file.write(plan.encoded())
        with write_durably(home / f"{number:04d}") as target:
            left = expected
            while left and (chunk := source.read(min(WINDOW, left))):
                digest.update(chunk)
                target.write(chunk)
                left -= len(chunk)
            if left:
                raise RejectedBundleError("truncated", "分片不完整")
            if source.read(1) or digest.hexdigest() != plan.digests[number]:
                raise RejectedBundleError("piece_digest", "分片内容与其摘要不符")

    def _assemble(self, home: Path, plan: Plan) -> int:
        repaired = 0
        folder = home / WHOLE
        with disk_errors():
            folder.mkdir(exist_ok=True)
        with write_durably(folder / str(parse_name(plan.name))) as target:
            for group in plan.groups():
                repaired += _restore(home, group, target.fileno())
        return repaired


def _restore(home: Path, group: Group, target: int) -> int:
    """Write a group's bytes of the file; answers how many of its data pieces were missing."""
    handles: dict[int, int] = {}
    try:
        for place in range(group.pieces):
            path = home / f"{group.first + place:04d}"
            if path.exists() and len(handles) < group.data:
                handles[place] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        lost = [place for place in range(group.data) if place not in handles]
        parity = [place for place in handles if place >= group.data]
        code = Code(group.data, group.parity)
        memory = bytearray(group.pieces * WINDOW)
        view = memoryview(memory)
        with Pinned(memory) as start:
            places = [start + at * WINDOW for at in range(group.pieces)]
            for offset in range(0, group.width, WINDOW):
                window = min(WINDOW, group.width - offset)
                for place, handle in handles.items():
                    slot = view[place * WINDOW : place * WINDOW + window]
                    got = os.preadv(handle, [slot], offset)
                    slot[got:] = bytes(window - got)
                code.restore(
                    places[: group.data],
                    lost,
                    [(place - group.data, places[place]) for place in parity],
                    window,
                )
                for place in range(group.data):
                    size = max(0, min(window, group.payload(place) - offset))
                    at = group.start + place * group.piece + offset
                    os.pwrite(target, view[place * WINDOW :][:size], at)
    finally:
        for handle in handles.values():
            os.close(handle)
    return len(lost)


def _is_enough(home: Path, plan: Plan) -> bool:
    there = {path.name for path in home.iterdir()}
    return all(
        sum(f"{group.first + place:04d}" in there for place in range(group.pieces)) >= group.data
        for group in plan.groups()
    )


def _size_of(plan: Plan, number: int) -> int:
    for group in plan.groups():
        if number < group.first + group.pieces:
            return group.payload(number - group.first)
    raise RejectedBundleError("piece_malformed", "文件不是有效的分片")


def _held(home: Path) -> int:
    return sum(path.stat().st_size for path in home.iterdir() if path.is_file())


def _name_of(home: Path) -> str:
    try:
        return Plan.parse((home / PLAN).read_bytes()).name
    except (OSError, RejectedBundleError):
        return home.name
