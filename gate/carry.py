"""The sending side: every bundle and beacon that is ready goes into the drop folder.

A file is written under a name that the gate ignores, made durable, and renamed, so the gate's own
software never picks up half of one. It is verified while it is copied: our spool may have rotted,
and the receiving side could not tell us. While a large file is being copied, anything more urgent
that becomes ready overtakes it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from gate.flow import Drop, Flow
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

    def __add__(self, other: "Sent") -> "Sent":
        """Both together."""
        return Sent(
            self.files + other.files,
            self.bytes + other.bytes,
            self.damaged + other.damaged,
            self.held + other.held,
        )


class Sender:
    """Drops what is ready for one zone, the most urgent stream first."""

    def __init__(
        self, spool: Spool, drop: Path, trust: TrustStore, to: Zone, clock: Clock, flow: Flow
    ) -> None:
        """Carry from ``spool`` towards ``to``; ``flow`` says when and how fast."""
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
        return total

    def _send(self, entry: Entry) -> Sent:
        offered_at = self._spool.offered_at(self._to, entry.name)
        if offered_at is None or not self._flow.may_go(entry, offered_at):
            return Sent()
        if not self._flow.has_room(Drop.look(self._drop), entry):
            return Sent(held=1)
        receiver = Receiver(self._trust, self._to, self._clock.now())
        overtaking = _Overtaking(self, entry)
        try:
            with (
                self._spool.open_ready(self._to, entry.name) as source,
                write_durably(self._drop / entry.name) as target,
            ):
                pass_on(source, overtaking.over(target), receiver, entry.name)
        except NotFoundError:
            # The exchange withdrew it meanwhile: an older beacon, a confirmed bundle.
            return overtaking.sent
        except RejectedBundleError as error:
            # The kept copy may be whole; the exchange's operator decides, the file stays.
            log.error("gate.spool_damaged", file=entry.name, error=error)
            return overtaking.sent + Sent(damaged=1)
        self._spool.carried(self._to, entry.name)
        log.info("gate.sent", file=entry.name, size=entry.size)
        return overtaking.sent + Sent(files=1, bytes=entry.size)

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
