"""What arrives is repaired and written beside the reading, and gets its name when it is whole.

A file appears in the landing folder under its name when all of it is there and its digest agrees,
and never before. The thread does what takes long without holding Python up: coding, writing,
hashing, syncing.
"""

import hashlib
import os
import re
import threading
from pathlib import Path
from queue import Empty, Full, Queue
from typing import Final

from gate.diode.incoming import Block, Incoming
from gate.diode.outgoing import MAX_NAME, TRAILER, TRAILER_MAGIC
from kernel.durable import disk_errors, fsync_folder, part_in
from kernel.errors import UnavailableError
from kernel.isal import Code, Pinned
from kernel.logs import get_logger

MAX_JOBS: Final = 256
"""Complete blocks that wait to be written: 90 MiB at an MTU of 1500. Then the reading waits."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_READ: Final = 1024 * 1024
_LOOK_SECONDS: Final = 0.5

log = get_logger(__name__)


class Landing:
    """One object's file: temporary until :meth:`finish`."""

    def __init__(self, folder: Path, length: int, symbol: int, full: int) -> None:
        """For an object of ``length`` bytes; the file is made with the first block."""
        self.repaired = 0
        """Data symbols that were computed again."""
        self._folder = folder
        self._length = length
        self._symbol = symbol
        self._full = full
        self._part: Path | None = None
        self._handle = -1
        self._digest = hashlib.sha256()
        self._hashed = 0
        """Blocks from the front that the digest covers."""

    def write(self, block: Block, codes: dict[tuple[int, int], Code]) -> None:
        """Repair a complete block and write it.

        Raises :class:`OSError` and :class:`UnavailableError` as the disk does.
        """
        self._repair(block, codes)
        start = block.number * self._full * self._symbol
        content = memoryview(block.symbols)[: min(block.data * self._symbol, self._length - start)]
        with disk_errors():
            if self._part is None:
                self._part = part_in(self._folder)
                self._handle = os.open(
                    self._part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640
                )
            written = 0
            while written < len(content):
                written += os.pwrite(self._handle, content[written:], start + written)
        # In order, so that most of the digest is ready with the last block. The trailer is not
        # part of it, so the blocks in which it may lie are left to the end.
        inside = start + len(content) < self._length - MAX_NAME - TRAILER.size
        if block.number == self._hashed and inside:
            self._digest.update(content)
            self._hashed += 1

    def _repair(self, block: Block, codes: dict[tuple[int, int], Code]) -> None:
        data, there = block.data, block.there
        lost = [at for at in range(data) if not there[at]]
        if not lost:
            return
        key = (data, block.parity)
        code = codes.get(key)
        if code is None:
            code = codes[key] = Code(*key)
        size = self._symbol
        with Pinned(block.symbols) as base:
            parity = [
                (at - data, base + at * size)
                for at in range(data, data + block.parity)
                if there[at]
            ]
            code.restore([base + at * size for at in range(data)], lost, parity, size)
        self.repaired += len(lost)

    def finish(self) -> str:
        """Give the whole file its name, durably; answers ``""``, or why that may not be.

        The reasons are those of :class:`gate.diode.incoming.Lost`. Raises as the disk does.
        """
        tail_at = max(0, self._length - MAX_NAME - TRAILER.size)
        tail = os.pread(self._handle, self._length - tail_at, tail_at)
        if len(tail) < TRAILER.size:
            return "name"
        digest, long, magic = TRAILER.unpack(tail[-TRAILER.size :])
        name = tail[: -TRAILER.size][-long:].decode("ascii", "replace")
        if magic != TRAILER_MAGIC or len(name) != long or not _NAME.fullmatch(name):
            return "name"
        size = self._length - TRAILER.size - long
        if self._digested(size) != digest or self._part is None:
            return "digest"
        with disk_errors():
            os.ftruncate(self._handle, size)
            os.fsync(self._handle)
            self._part.replace(self._folder / name)
            self._part = None
            fsync_folder(self._folder)
        self.drop()
        return ""

    def _digested(self, size: int) -> bytes:
        at = self._hashed * self._full * self._symbol
        while at < size:
            chunk = os.pread(self._handle, min(_READ, size - at), at)
            if not chunk:
                break
            self._digest.update(chunk)
            at += len(chunk)
        return self._digest.digest()

    def drop(self) -> None:
        """Let go of the file; what has no name yet is removed."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        if self._part is not None:
            self._part.unlink(missing_ok=True)
            self._part = None


class Lander(threading.Thread):
    """Writes complete blocks in the order they come, beside the reading of the network."""

    def __init__(self, folder: Path) -> None:
        """Into ``folder``; runs from now on."""
        super().__init__(name="diode-land", daemon=True)
        self._folder = folder
        self._jobs: Queue[tuple[Incoming, Block | None] | None] = Queue(MAX_JOBS)
        self._results: Queue[tuple[Incoming, str, int]] = Queue()
        self._codes: dict[tuple[int, int], Code] = {}
        self._open: dict[int, Landing] = {}
        self._broken: set[int] = set()
        self._failure: BaseException | None = None
        self.start()

    def put(self, one: Incoming, block: Block) -> None:
        """Write a block of ``one``; waits when too many wait."""
        self._queue((one, block))

    def drop(self, one: Incoming) -> None:
        """Forget ``one``, which has been given up."""
        self._queue((one, None))

    def _queue(self, job: tuple[Incoming, Block | None] | None) -> None:
        while True:
            self._check()
            try:
                self._jobs.put(job, timeout=_LOOK_SECONDS)
            except Full:
                continue
            return

    def results(self) -> list[tuple[Incoming, str, int]]:
        """Objects that ended since the last look: ``""`` or a reason, and symbols repaired."""
        self._check()
        found = []
        try:
            while True:
                found.append(self._results.get_nowait())
        except Empty:
            return found

    def wait(self) -> None:
        """Until everything put so far is done."""
        with self._jobs.all_tasks_done:
            while self._jobs.unfinished_tasks:
                self._check()
                self._jobs.all_tasks_done.wait(_LOOK_SECONDS)

    def close(self) -> None:
        """Do what was put, and end."""
        self._queue(None)
        self.join()

    def _check(self) -> None:
        """A bug in this thread must end the process, not make it wait for ever."""
        if self._failure is not None:
            raise RuntimeError("the landing has failed") from self._failure

    def run(self) -> None:
        """Work until closed; an object that cannot be written ends, the next goes on."""
        try:
            self._run()
        except BaseException as error:
            self._failure = error
            raise

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            one, block = job
            try:
                self._work(one, block)
            except (UnavailableError, OSError) as error:
                log.error("link.disk", object=one.number, error=error)
                self._end(one, "disk")
                self._broken.add(one.number)
            finally:
                self._jobs.task_done()
        self._jobs.task_done()

    def _work(self, one: Incoming, block: Block | None) -> None:
        number = one.number
        if block is None:
            self._broken.discard(number)
            if landing := self._open.pop(number, None):
                landing.drop()
            return
        if number in self._broken:
            return
        landing = self._open.get(number)
        if landing is None:
            landing = self._open[number] = Landing(self._folder, *one.mark)
        landing.write(block, self._codes)
        one.unwritten -= 1
        if not one.unwritten:
            self._end(one, landing.finish())

    def _end(self, one: Incoming, reason: str) -> None:
        landing = self._open.pop(one.number, None)
        repaired = 0
        if landing is not None:
            repaired = landing.repaired
            landing.drop()
        self._results.put((one, reason, repaired))
