"""The sending side: every bundle and beacon that is ready goes into the drop folder.

A file is written under a name that the gate ignores, made durable, and renamed, so the gate's own
software never picks up half of one. It is verified while it is copied: our spool may have rotted,
and the receiving side could not tell us. While a large file is being copied, anything more urgent
that becomes ready overtakes it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Final, Self

from gate.flow import Drop, Flow
from gate.pieces.cut import Cutter
from gate.repeat import Repeats
from kernel.bundle import Receiver
from kernel.bundle.open import Writable
from kernel.carriage import pass_on
from kernel.clock import Clock
from kernel.durable import sweep_parts, write_durably
from kernel.errors import NotFoundError, RejectedBundleError
from kernel.keys import TrustStore
from kernel.logs import get_logger
from kernel.spool import Entry, Spool
from kernel.vocabulary.zones import Zone

LOOK_SECONDS: Final = 0.5
"""How long something urgent waits at most behind a large file."""
STALE_PART_SECONDS: Final = 3600.0
"""Older temporary files in the drop folder were left by a sender that died."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """One pass: files and bytes that went into the drop folder, files that were held back."""

    files: int = 0
    bytes: int = 0
    damaged: int = 0
    held: int = 0
    """Files that wait because the drop folder is full."""
    pieces: int = 0
    repeats: int = 0
    put: bool = False
    """Whether the file that was asked for went; of no meaning for a whole pass."""

    def __add__(self, other: "Sent") -> "Sent":
        """Both together."""
        return Sent(
            self.files + other.files,
            self.bytes + other.bytes,
            self.damaged + other.damaged,
            self.held + other.held,
            self.pieces + other.pieces,
            self.repeats + other.repeats,
            self.put or other.put,
        )


class Sender:
    """Drops what is ready for one zone, the most urgent stream first."""

    def __init__(
        self,
        spool: Spool,
        drop: Path,
        trust: TrustStore,
        to: Zone,
        clock: Clock,
        flow: Flow,
        cutter: Cutter | None = None,
        repeats: Repeats | None = None,
    ) -> None:
        """Carry from ``spool`` towards ``to``; ``flow`` says when and how fast.

        With a ``cutter`` what is too large, or has too long a name, goes in pieces; with
        ``repeats`` what is not confirmed goes again by plan.
        """
        self._cutter = cutter
        self._repeats = repeats
        self._cut: dict[str, int] = {}
        """The next piece of files of which the folder could not take all."""
        self._spool = spool
        self._drop = drop
        self._trust = trust
        self._to = to
        self._clock = clock
        self._flow = flow
        self._looked_at = clock.monotonic()

    def send_ready(self) -> Sent:
        """One pass over everything that may go now.

        Raises :class:`kernel.errors.UnavailableError` when the drop folder cannot be written; what
        was not dropped stays ready.
        """
        sweep_parts(self._drop, self._clock.now().timestamp() - STALE_PART_SECONDS)
        total = Sent()
        for entry in self._spool.ready(self._to):
            total += self._send(entry)
        if self._repeats is not None and not self._spool.ready(self._to):
            total += self._repeat(self._repeats)
        return total

    def _send(self, entry: Entry) -> Sent:
        offered_at = self._spool.offered_at(self._to, entry.name)
        if offered_at is None or not self._flow.may_go(entry, offered_at):
            return Sent()
        sent = self._put(entry, partial(self._spool.open_ready, self._to, entry.name))
        if sent.put:
            self._spool.carried(self._to, entry.name)
            if self._repeats is not None:
                self._repeats.sent(entry)
            log.info("gate.sent", file=entry.name, size=entry.size)
        return sent

    def _repeat(self, repeats: Repeats) -> Sent:
        """What is due once more, while nothing else waits."""
        total = Sent()
        for entry in repeats.due():
            name = entry.name
            if not self._flow.may_go(entry, 0) or (self._drop / name).exists():
                continue
            sent = self._put(entry, partial(self._spool.open_kept, self._to, name))
            if sent.put:
                repeats.repeated(entry)
                log.info("gate.repeated", file=name, size=entry.size)
                sent = replace(sent, files=sent.files - 1, repeats=1)
            elif not sent.held:
                repeats.forget(name)
            total += sent
        return total

    def _put(self, entry: Entry, opened: Callable[[], FileIO]) -> Sent:
        """Drop one file, verified, whole or in pieces."""
        if not self._flow.has_room(Drop.look(self._drop), entry):
            return Sent(held=1)
        overtaking = _Overtaking(self, entry)
        try:
            with opened() as source:
                if self._cutter is not None and self._cutter.must_cut(entry.name, entry.size):
                    return self._put_pieces(self._cutter, entry, source, overtaking)
                with write_durably(self._drop / entry.name) as target:
                    pass_on(source, overtaking.over(target), self._receiver(), entry.name)
        except NotFoundError:
            # The exchange withdrew it meanwhile: an older beacon, a confirmed bundle.
            return overtaking.sent
        except RejectedBundleError as error:
            # The kept copy may be whole; the exchange's operator decides, the file stays.
            log.error("gate.spool_damaged", file=entry.name, error=error)
            return overtaking.sent + Sent(damaged=1)
        return overtaking.sent + Sent(files=1, bytes=entry.size, put=True)

    def _put_pieces(
        self, cutter: Cutter, entry: Entry, source: FileIO, overtaking: "_Overtaking"
    ) -> Sent:
        pass_on(source, _Nowhere(), self._receiver(), entry.name)
        source.seek(0)
        dropped = 0
        for number, piece in enumerate(cutter.cut(source, entry.name)):
            if number < self._cut.get(entry.name, 0):
                continue
            if not self._flow.has_room(Drop.look(self._drop), entry):
                return overtaking.sent + Sent(pieces=dropped, held=1)
            with write_durably(self._drop / piece.name) as target:
                piece.write(overtaking.over(target))
            self._cut[entry.name] = number + 1
            dropped += 1
        self._cut.pop(entry.name, None)
        return overtaking.sent + Sent(files=1, bytes=entry.size, pieces=dropped, put=True)

    def _receiver(self) -> Receiver:
        return Receiver(self._trust, self._to, self._clock.now())

    def overtake(self, entry: Entry) -> Sent:
        """Send everything ready that is more urgent than ``entry``; looks now and then only."""
        now = self._clock.monotonic()
        if now - self._looked_at < LOOK_SECONDS:
            return Sent()
        self._looked_at = now
        total = Sent()
        for other in self._spool.ready(self._to):
            if other.parsed.order[0] < entry.parsed.order[0]:
                total += self._send(other)
        return total

    def spend(self, size: int) -> None:
        """Wait as the pace demands."""
        self._flow.pace.spend(size)


class _Nowhere:
    """Takes what is only verified."""

    def write(self, _chunk: memoryview) -> object:
        """Forget it."""
        return None


class _Overtaking:
    """The target of one file's copy: keeps the pace, and lets more urgent files pass between."""

    def __init__(self, sender: Sender, entry: Entry) -> None:
        self._sender = sender
        self._entry = entry
        self._target: Writable | None = None
        self.sent = Sent()

    def over(self, target: Writable) -> Self:
        """Write on into ``target``."""
        self._target = target
        return self

    def write(self, chunk: memoryview) -> object:
        """Take ``chunk`` whole."""
        self._sender.spend(len(chunk))
        self.sent += self._sender.overtake(self._entry)
        return self._target.write(chunk) if self._target is not None else None
