"""The two ends at work: sessions that outlive restarts, and limits for the process.

The receiving end is one thread that empties the socket and one that does everything else, with a
bounded number of batches between them; when we are too slow the kernel drops, and says so.
"""

import json
import resource
import signal
import threading
import time
from pathlib import Path
from queue import Empty, Queue
from types import FrameType
from typing import Final

from gate.diode.frame import OVERHEAD, LinkKey
from gate.diode.group import Packer
from gate.diode.receive import LinkReceiver
from gate.diode.send import PADDING, LinkSender
from gate.diode.settings import LinkSettings
from gate.diode.telling import LinkTeller
from gate.diode.wire import Batch, ReceivingWire, SendingWire
from gate.flow import Pace
from kernel.clock import Clock, now_micros
from kernel.durable import exclusive, sweep_parts, write_durably
from kernel.errors import UnavailableError
from kernel.isal import MAX_SYMBOLS
from kernel.logs import get_logger

BATCHES: Final = 64
"""Batches between the socket and the coder: 24 MiB at an MTU of 1500."""
_TICK_SECONDS: Final = 0.25
_RETRY_SECONDS: Final = 2.0
_OPEN_FILES: Final = 2048
_MAX_JUMP: Final = 10 * 366 * 86_400 * 1_000_000

log = get_logger(__name__)


class Stop:
    """Set by SIGTERM and SIGINT."""

    def __init__(self) -> None:
        """Take over both signals."""
        self.event = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.event.set()


def run_sender(settings: LinkSettings, clock: Clock, stop: Stop, *, once: bool = False) -> int:
    """Run the sending end until told to stop, or, with ``once``, until the folder is empty.

    Answers how many files went. Raises :class:`kernel.errors.SettingsError` for a wrong key or MTU,
    and :class:`UnavailableError` (``link_down``) at the start, or at any time with ``once``.
    """
    state, symbol = settings.state.folder, settings.link.symbol
    promise = settings.promise.promise
    with exclusive(state / "link-send.lock"):
        teller = LinkTeller("gate-link-send", settings, clock)
        key = LinkKey.load(settings.link.key)
        capacity = max(PADDING, MAX_SYMBOLS * (promise.depth + 1))
        wire = SendingWire(
            str(settings.link.address), settings.link.port, symbol + OVERHEAD, capacity
        )
        packer = Packer(key, next_session(state, clock), symbol, promise.depth)
        pace = Pace(settings.pace.bytes_per_second, clock, time.sleep)
        sender = LinkSender(settings.drop.folder, wire, packer, promise, pace, clock, symbol)

        def going() -> bool:
            teller.sender(sender)
            return not stop.event.is_set()

        while not stop.event.is_set():
            try:
                sender.send_all(going)
                if once:
                    sender.last_words()
                    break
                sender.hello()
                teller.sender(sender)
            except UnavailableError as error:
                # A link that fails must not end the sending; nothing was removed.
                log.error("link.down", error=error)
                teller.sender(sender, error)
                if once:
                    raise
                stop.event.wait(_RETRY_SECONDS)
            except OSError as error:
                # The folder is gone or refuses us: an operator's matter, and it may come back.
                log.error("link.folder_unavailable", error=error)
                stop.event.wait(_RETRY_SECONDS)
            stop.event.wait(_TICK_SECONDS)
        wire.close()
        return sender.totals.files


def next_session(state: Path, clock: Clock) -> int:
    """The number of a new session, greater than every one before, whatever the clock says."""
    path = state / "link-session.json"
    session = max(now_micros(clock), _remembered(path) + 1)
    _remember(path, session)
    return session


def _remembered(path: Path) -> int:
    try:
        return int(json.loads(path.read_bytes())["session"])
    except (OSError, ValueError, TypeError, KeyError):
        return 0


def _remember(path: Path, session: int) -> None:
    with write_durably(path) as file:
        file.write(json.dumps({"session": session}).encode())


def run_receiver(settings: LinkSettings, clock: Clock, stop: Stop) -> int:
    """Run the receiving end until told to stop; answers how many files came.

    Raises :class:`kernel.errors.SettingsError` (``link_key``, ``link_buffer``) and
    :class:`UnavailableError` (``link_down``) at the start.
    """
    state, landing = settings.state.folder, settings.drop.folder
    with exclusive(state / "link-receive.lock"):
        limit_process(settings.bounds.memory_bytes)
        heard = state / "link-heard.json"
        key = LinkKey.load(settings.link.key)
        wire = ReceivingWire(
            str(settings.link.address), settings.link.port, settings.link.receive_buffer_bytes
        )
        # Whatever a receiver before us left half will never be whole.
        sweep_parts(landing, clock.now().timestamp())
        receiver = LinkReceiver(
            landing,
            key,
            settings.bounds,
            clock,
            _remembered(heard),
            lambda session: _remember(heard, session),
        )
        teller = LinkTeller("gate-link-receive", settings, clock)
        pipe = _Pipe(wire, settings.link.symbol + OVERHEAD + 1, stop.event)
        pipe.start()
        ticked = clock.monotonic()
        while not stop.event.is_set():
            batch = pipe.next()
            if batch is not None:
                receiver.take(batch.view, batch.step, batch.lengths())
                pipe.free(batch)
            if clock.monotonic() - ticked >= _TICK_SECONDS:
                ticked = clock.monotonic()
                receiver.tick()
                teller.receiver(receiver, wire)
        receiver.close()
        pipe.join()
        wire.close()
        pipe.check()
        return receiver.totals.files


class _Pipe(threading.Thread):
    """Empties the socket into batches, as fast as it can and no further than it may."""

    def __init__(self, wire: ReceivingWire, size: int, stop: threading.Event) -> None:
        super().__init__(name="diode-receive", daemon=True)
        self._wire = wire
        self._stopping = stop
        self._full: Queue[Batch] = Queue()
        self._empty: Queue[Batch] = Queue()
        self._error: UnavailableError | None = None
        for _number in range(BATCHES):
            self._empty.put(Batch(size))

    def run(self) -> None:
        """Until told to stop, or the socket fails."""
        try:
            while not self._stopping.is_set():
                try:
                    batch = self._empty.get(timeout=_TICK_SECONDS)
                except Empty:
                    continue
                while not self._wire.receive(batch):
                    if self._stopping.is_set():
                        return
                self._full.put(batch)
        except UnavailableError as error:
            self._error = error
            self._stopping.set()

    def next(self) -> Batch | None:
        """The next batch, waiting a moment for it."""
        try:
            return self._full.get(timeout=_TICK_SECONDS)
        except Empty:
            return None

    def free(self, batch: Batch) -> None:
        """Give a batch back."""
        self._empty.put(batch)

    def check(self) -> None:
        """Raise what ended the reading, if that was an error."""
        if self._error is not None:
            raise self._error


def limit_process(memory_bytes: int) -> None:
    """Bound what this process may take: it reads what a foreign network sends."""
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _soft, hard = resource.getrlimit(limit)
        wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (wanted, hard))
