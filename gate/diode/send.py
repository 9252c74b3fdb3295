"""The sending end: files leave the drop folder for the wire, the most urgent first.

A file is removed only when its last datagram is on its way; whoever is killed before that sends it
again. More urgent files overtake a large one between two groups. A link that is down keeps
everything where it lies.
"""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gate.diode.frame import UDP_IP_BYTES
from gate.diode.group import Group, Packer
from gate.diode.outgoing import MAX_NAME, Cut, Outgoing
from gate.diode.promise import Promise
from gate.diode.wire import SendingWire
from gate.flow import Pace
from kernel.bundle import parse_name
from kernel.clock import Clock
from kernel.durable import remove_durably
from kernel.errors import NotFoundError, RejectedBundleError
from kernel.isal import Code
from kernel.logs import get_logger

PADDING: Final = 200
"""Datagrams before the first group after a pause: what wakes a link is what it loses."""
IDLE_SECONDS: Final = 1.0
SLICE: Final = 64
"""Datagrams between two looks at the pace."""
LOOK_SECONDS: Final = 0.5
MAX_LISTED: Final = 20_000

log = get_logger(__name__)


@dataclass(slots=True)
class SentTotals:
    """What has gone out since the start."""

    files: int = 0
    bytes: int = 0
    datagrams: int = 0


_Mark = tuple[int, int, int]
"""Inode, size and time of change of a file."""


class LinkSender:
    """One session of the sending end."""

    def __init__(
        self,
        drop: Path,
        wire: SendingWire,
        packer: Packer,
        promise: Promise,
        pace: Pace,
        clock: Clock,
        symbol: int,
    ) -> None:
        """Send what lies in ``drop``."""
        self._drop = drop
        self._wire = wire
        self._packer = packer
        self._promise = promise
        self._pace = pace
        self._clock = clock
        self._symbol = symbol
        self._codes: dict[tuple[int, int], Code] = {}
        self._open: dict[str, Outgoing] = {}
        self._unfit: dict[str, _Mark] = {}
        """What became shorter while it was sent, and how it looked then."""
        self._leaving: set[str] = set()
        """Packed whole, but still in the folder because not everything is on the wire."""
        self._listed: list[str] = []
        self._listed_at = -LOOK_SECONDS
        self._spoke_at = -IDLE_SECONDS
        self._number = 0
        self.totals = SentTotals()

    def send_all(self, going: Callable[[], bool] = lambda: True) -> None:
        """Send until nothing is left, or ``going``, asked after each group, says no.

        Raises :class:`kernel.errors.UnavailableError` (``link_down``): everything that was not sent
        whole then lies where it lay, and begins anew.
        """
        if self._names() and self._clock.monotonic() - self._spoke_at >= IDLE_SECONDS:
            self._transmit(self._packer.padding(PADDING))
        with ThreadPoolExecutor(1, "diode-pack") as packing:
            coming = packing.submit(self._next_group)
            try:
                while group := coming.result():
                    coming = packing.submit(self._next_group)
                    self._transmit(group)
                    for one in group.finished:
                        self._gone(one)
                    if not going():
                        break
            finally:
                self._forget(coming)

    @property
    def unfit(self) -> int:
        """Files in the folder that are not sent until they are dropped anew."""
        return len(self._unfit)

    def last_words(self) -> None:
        """Say that everything has gone, often enough that a lossy link lets it through."""
        self._transmit(self._packer.padding(PADDING))

    def hello(self) -> None:
        """Say that we live; quiet while files do that."""
        if self._clock.monotonic() - self._spoke_at >= IDLE_SECONDS:
            self._transmit(self._packer.padding(2))

    def _transmit(self, group: Group) -> None:
        self._wire.load(group.places())
        on_wire = group.size + UDP_IP_BYTES
        for first in range(0, group.count, SLICE):
            count = min(SLICE, group.count - first)
            self._pace.spend(count * on_wire)
            self._wire.send(first, count)
        self.totals.datagrams += group.count
        self._spoke_at = self._clock.monotonic()

    def _gone(self, one: Outgoing) -> None:
        one.close()
        remove_durably(one.path)
        self._leaving.discard(one.path.name)
        self.totals.files += 1
        self.totals.bytes += one.size
        log.info("link.sent", object=one.number, size=one.size)

    def _forget(self, coming: "Future[Group | None]") -> None:
        coming.exception()
        for one in self._open.values():
            one.close()
        self._open.clear()
        self._leaving.clear()
        self._listed_at = -LOOK_SECONDS

    # What follows runs beside the sending, in the packing thread.

    def _next_group(self) -> Group | None:
        cuts: list[Cut] = []
        finished: list[Outgoing] = []
        for name in self._names():
            one = self._opened(name)
            while one is not None and len(cuts) < self._promise.depth and not one.done:
                try:
                    cut = one.take(self._promise)
                except RejectedBundleError as error:
                    log.error("link.drop_changed", object=one.number, error=error)
                    self._unfit[name] = one.mark()
                    self._close(name)
                    self._listed.remove(name)
                    break
                cut.code(self._codes)
                cuts.append(cut)
                if one.done:
                    self._leaving.add(name)
                    finished.append(self._open.pop(name))
                    self._listed.remove(name)
            if len(cuts) >= self._promise.depth:
                break
        return self._packer.group(cuts, tuple(finished)) if cuts else None

    def _opened(self, name: str) -> Outgoing | None:
        known = self._open.get(name)
        if known is not None:
            return known
        try:
            one = Outgoing(self._drop / name, self._number + 1, self._symbol, self._promise)
        except NotFoundError:
            self._listed.remove(name)
            return None
        self._number += 1
        self._open[name] = one
        return one

    def _close(self, name: str) -> None:
        self._open.pop(name).close()

    def _names(self) -> list[str]:
        """What may go, the most urgent first; a copy, and not older than half a second."""
        now = self._clock.monotonic()
        if now - self._listed_at >= LOOK_SECONDS or not self._listed:
            self._listed = self._look()
            self._listed_at = now
        return list(self._listed)

    def _look(self) -> list[str]:
        found: list[tuple[tuple[int, int], str]] = []
        unfit: dict[str, _Mark] = {}
        with os.scandir(self._drop) as entries:
            for entry in entries:
                if entry.name in self._leaving:
                    continue
                if (mark := self._unfit.get(entry.name)) and mark == _mark_of(entry):
                    unfit[entry.name] = mark
                    continue
                if len(found) >= MAX_LISTED:
                    break
                try:
                    order = parse_name(entry.name).order
                except RejectedBundleError:
                    # Not ours to judge; the folder's own gate leaves it too.
                    continue
                if len(entry.name) <= MAX_NAME and entry.is_file(follow_symlinks=False):
                    found.append((order, entry.name))
        self._unfit = unfit
        return [name for _order, name in sorted(found)]


def _mark_of(entry: os.DirEntry[str]) -> _Mark | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
