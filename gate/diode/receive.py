"""The receiving end: genuine datagrams become whole files, or a report of what is lacking.

Everything is bounded: files in flight, memory for their blocks, reports. What falls to a bound is
counted and reported like any other loss, and nothing waits for an answer that cannot be given.
"""

import shutil
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gate.diode.frame import HEADER, Datagram, Kind, LinkKey, read_datagram
from gate.diode.incoming import Incoming, Lost
from gate.diode.landing import Lander
from gate.diode.settings import BoundSettings
from kernel.clock import Clock
from kernel.logs import get_logger

MAX_LOSSES: Final = 200
"""Losses remembered, the newest."""
GRACE_SECONDS: Final = 2.0
"""How long after the sender has finished with a file its last datagrams may still come."""
MAX_UNSEEN: Final = 1000
"""Objects reported at once as never seen."""
START: Final = 1000
"""Who heard one of so many first datagrams has heard the session from its beginning."""
_RESERVE_BYTES: Final = 64 * 1024 * 1024
"""Disk that is left to others."""

log = get_logger(__name__)


@dataclass(slots=True)
class ReceivedTotals:
    """Since the start; ``lost`` are datagrams that must have been sent, but did not come."""

    files: int = 0
    files_lost: int = 0
    bytes: int = 0
    datagrams: int = 0
    lost: int = 0
    spare: int = 0
    """Came twice, or were not needed any more."""
    refused: int = 0
    """Not genuine, or of another version."""
    stale: int = 0
    """Genuine, of an earlier session: recorded and played again, or the sender's clock is old."""
    repaired: int = 0
    """Data symbols computed from parity."""


class LinkReceiver:
    """Follows the sender's session and puts its files into ``landing``."""

    def __init__(
        self,
        landing: Path,
        key: LinkKey,
        bounds: BoundSettings,
        clock: Clock,
        session: int,
        began: Callable[[int], object],
    ) -> None:
        """Go on after ``session``, the newest heard so far; ``began`` makes a newer one durable."""
        self._landing = landing
        self._key = key
        self._bounds = bounds
        self._clock = clock
        self._session = session
        self._began = began
        self._following = False
        self._lander = Lander(landing)
        self._open: OrderedDict[int, Incoming] = OrderedDict()
        self._names: OrderedDict[int, str] = OrderedDict()
        self._closed: set[int] = set()
        self._floor = 0
        """Every object up to this number is settled."""
        self._judged_from = 1
        """From this number on an object that never came is a loss."""
        self._sent_whole = 0
        self._unsettled_since = 0.0
        self._highest = 0
        self._in_session = 0
        self._lost_before = 0
        self._now = clock.monotonic()
        self.heard_at = 0.0
        """When something genuine came last, by the monotonic clock; 0 is never."""
        self.losses: deque[Lost] = deque(maxlen=MAX_LOSSES)
        self.totals = ReceivedTotals()

    @property
    def held(self) -> int:
        """Bytes of memory of blocks that are not complete yet."""
        return sum(one.held for one in self._open.values())

    @property
    def open_files(self) -> int:
        """Files in flight."""
        return len(self._open)

    def take(self, view: memoryview, step: int, lengths: list[int]) -> None:
        """Take a batch: datagram ``i`` lies at ``i * step`` of ``view``."""
        self._now = self._clock.monotonic()
        totals, key, session = self.totals, self._key, self._session
        at = 0
        for length in lengths:
            packet = view[at : at + length]
            at += step
            said = read_datagram(packet)
            if said is None:
                totals.refused += 1
                continue
            if self._following and said.session == session and self._is_spare(said):
                # Nobody would look at it, genuine or not: the parity that was not needed.
                totals.datagrams += 1
                totals.spare += 1
                self._in_session += 1
                continue
            if not key.is_genuine(packet):
                totals.refused += 1
                continue
            if said.session != session or not self._following:
                if said.session < session:
                    totals.stale += 1
                    continue
                self._begin(said)
                session = said.session
            totals.datagrams += 1
            self._in_session += 1
            self._highest = max(self._highest, said.serial)
            if said.kind == Kind.SYMBOL:
                self._symbol(said, packet)
            elif said.kind == Kind.HELLO:
                self._sent_whole = max(self._sent_whole, said.object)
            elif said.kind == Kind.NAME:
                self._named(said, packet)
            else:
                totals.refused += 1
        self.heard_at = self._now
        totals.lost = self._lost_before + max(0, self._highest - self._in_session)

    def tick(self) -> None:
        """Settle what will not come any more; called a few times a second."""
        self._now = now = self._clock.monotonic()
        self._collect()
        for number, one in list(self._open.items()):
            if not one.left:
                # All of it is here; the disk takes its time.
                continue
            over = now - one.touched
            if over > self._bounds.quiet_seconds or (
                number <= self._sent_whole and over > GRACE_SECONDS
            ):
                self._give_up(number, "incomplete")
        self._bound_memory()
        until = min(self._sent_whole, self._floor + MAX_UNSEEN)
        unseen = [
            number
            for number in range(self._floor + 1, until + 1)
            if number not in self._closed and number not in self._open
        ]
        if not unseen:
            self._unsettled_since = now
        elif now - self._unsettled_since > GRACE_SECONDS:
            for number in unseen:
                if number >= self._judged_from:
                    name = self._names.get(number, "")
                    self._report(Lost(number, name, 0, "unseen", 0, 0, ()))
                self._settle(number)

    def close(self) -> None:
        """Finish what is complete and forget the rest; the exchange notices the gap."""
        self._lander.wait()
        self._collect()
        for number in list(self._open):
            self._give_up(number, "incomplete")
        self._lander.close()

    def settle(self) -> None:
        """Wait until everything that is complete lies in the landing folder."""
        self._lander.wait()
        self._collect()

    def _begin(self, said: Datagram) -> None:
        self.settle()
        for number in list(self._open):
            self._give_up(number, "incomplete")
        if said.session != self._session:
            self._began(said.session)
        log.info("link.session", session=said.session)
        self._session = said.session
        self._following = True
        # Files of one group come side by side, so lower numbers may still come. But a receiver that
        # joined late cannot judge what was before it; the exchange above counts bundles anyway.
        heard_all = said.serial <= START
        self._floor = 0 if heard_all else max(0, said.object - 1 - self._bounds.open_files)
        self._judged_from = 1 if heard_all else said.object + (said.kind == Kind.HELLO)
        self._sent_whole = 0
        self._closed.clear()
        self._names.clear()
        self._lost_before = self.totals.lost
        self._highest = said.serial - 1
        self._in_session = said.serial - 1

    def _is_spare(self, said: Datagram) -> bool:
        """Whether the symbol's block, or its whole object, is settled."""
        if said.kind != Kind.SYMBOL:
            return False
        one = self._open.get(said.object)
        if one is None:
            return said.object <= self._floor or said.object in self._closed
        return one.has(said.block)

    def _symbol(self, said: Datagram, packet: memoryview) -> None:
        number = said.object
        one = self._open.get(number)
        if one is None:
            one = self._opened(said)
            if one is None:
                return
        if (said.length, said.symbol, said.full) != one.mark:
            self.totals.refused += 1
            return
        one.touched = self._now
        found = one.add(said, packet)
        if found is False:
            self.totals.spare += 1
        elif found is not True:
            self._lander.put(one, found)

    def _opened(self, said: Datagram) -> Incoming | None:
        reason = ""
        if not said.length or not said.symbol or not said.full:
            self.totals.refused += 1
            return None
        if said.length > self._bounds.file_bytes:
            reason = "too_large"
        elif said.length + _RESERVE_BYTES > shutil.disk_usage(self._landing).free:
            reason = "disk"
        if reason:
            name = self._names.get(said.object, "")
            self._report(Lost(said.object, name, said.length, reason, 0, 0, ()))
            self._settle(said.object)
            return None
        while len(self._open) >= self._bounds.open_files:
            stalest = min(self._open.values(), key=lambda other: other.touched)
            self._give_up(stalest.number, "bounds")
        one = self._open[said.object] = Incoming(said)
        one.name = self._names.get(said.object, "")
        return one

    def _bound_memory(self) -> None:
        held = {number: one.held for number, one in self._open.items()}
        while sum(held.values()) > self._bounds.open_bytes:
            most = max(held, key=held.__getitem__)
            self._open[most].shed()
            held[most] = self._open[most].held

    def _named(self, said: Datagram, packet: memoryview) -> None:
        name = bytes(packet[HEADER.size : HEADER.size + said.parity]).decode("ascii", "replace")
        self._names[said.object] = name
        while len(self._names) > 2 * self._bounds.open_files:
            self._names.popitem(last=False)
        if one := self._open.get(said.object):
            one.name = name

    def _collect(self) -> None:
        """Note which files were finished, or could not be."""
        for one, reason, repaired in self._lander.results():
            if self._open.pop(one.number, None) is None:
                continue
            self.totals.repaired += repaired
            if reason:
                self._report(one.lost(reason))
                self._lander.drop(one)
            else:
                self.totals.files += 1
                self.totals.bytes += one.length
                log.info("link.received", object=one.number, size=one.length, repaired=repaired)
            self._settle(one.number)

    def _give_up(self, number: int, reason: str) -> None:
        one = self._open.pop(number)
        self._report(one.lost(reason))
        self._lander.drop(one)
        self._settle(number)

    def _settle(self, number: int) -> None:
        self._closed.add(number)
        while self._floor + 1 in self._closed:
            self._floor += 1
            self._closed.discard(self._floor)
        self._names.pop(number, None)

    def _report(self, lost: Lost) -> None:
        self.losses.append(lost)
        self.totals.files_lost += 1
        log.error(
            "link.lost",
            object=lost.object,
            file=lost.name,
            reason=lost.reason,
            blocks_lost=lost.blocks_lost,
            blocks_total=lost.blocks_total,
        )
