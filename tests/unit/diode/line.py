"""A one-way link without sockets: datagrams in lists, which tests lose, double and shuffle."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from gate.diode.frame import OVERHEAD, LinkKey
from gate.diode.group import Packer
from gate.diode.outgoing import Outgoing
from gate.diode.promise import Promise
from gate.diode.receive import LinkReceiver
from gate.diode.settings import BoundSettings
from kernel.clock import SetClock
from kernel.isal import Code

KEY = LinkKey(bytes(range(32)))
SYMBOL = 128
PROMISE = Promise(loss=0.05, burst=8, depth=4, full=20)
"""Small, so that tests see many blocks of few bytes."""


@dataclass(slots=True)
class Line:
    """Both ends and the folders between which files go."""

    folder: Path
    clock: SetClock
    bounds: BoundSettings = field(default_factory=BoundSettings)
    promise: Promise = PROMISE
    key: LinkKey = KEY
    heard: list[int] = field(default_factory=list)
    number: int = 0
    _receiver: LinkReceiver | None = None
    _packer: Packer | None = None

    @property
    def receiver(self) -> LinkReceiver:
        """The receiving end, made when it is first asked for."""
        if self._receiver is None:
            landing = self.folder / "landing"
            landing.mkdir(exist_ok=True)
            self._receiver = LinkReceiver(
                landing, KEY, self.bounds, self.clock, max(self.heard, default=0), self.heard.append
            )
        return self._receiver

    def restart_receiver(self) -> None:
        """The receiving end dies and comes again."""
        if self._receiver is not None:
            self._receiver.close()
        self._receiver = None

    def packer(self, session: int = 1) -> Packer:
        """The sending end's session."""
        if self._packer is None:
            self._packer = Packer(self.key, session, SYMBOL, self.promise.depth)
        return self._packer

    def restart_sender(self, session: int) -> None:
        """A new session."""
        self._packer, self.number = None, 0
        self.packer(session)

    def datagrams(self, name: str, content: bytes) -> list[bytes]:
        """Everything that is sent for one file."""
        path = self.folder / name
        path.write_bytes(content)
        self.number += 1
        one = Outgoing(path, self.number, SYMBOL, self.promise)
        codes: dict[tuple[int, int], Code] = {}
        found: list[bytes] = []
        while not one.done:
            cuts = []
            while not one.done and len(cuts) < self.promise.depth:
                cut = one.take(self.promise)
                cut.code(codes)
                cuts.append(cut)
            group = self.packer().group(cuts, (one,) if one.done else ())
            found += _split(group.memory, group.size)
        one.close()
        return found

    def hello(self, count: int = 1) -> list[bytes]:
        """Datagrams that say that everything so far was sent whole."""
        group = self.packer().padding(count)
        return _split(group.memory, group.size)

    def take(self, datagrams: Iterable[bytes]) -> None:
        """Let them arrive, in this order."""
        step = SYMBOL + OVERHEAD + 1
        given = list(datagrams)
        view = memoryview(b"".join(one.ljust(step, b"\0")[:step] for one in given))
        self.receiver.take(view, step, [min(len(one), step) for one in given])
        self.receiver.settle()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and the receiver notice."""
        self.clock.advance(timedelta(seconds=seconds))
        self.receiver.tick()
        self.receiver.settle()

    def landed(self) -> dict[str, bytes]:
        """Everything in the landing folder, temporary files included."""
        return {path.name: path.read_bytes() for path in (self.folder / "landing").iterdir()}


def _split(memory: bytearray, size: int) -> list[bytes]:
    return [bytes(memory[at : at + size]) for at in range(0, len(memory), size)]


def without(datagrams: list[bytes], lost: Callable[[int], bool]) -> list[bytes]:
    """All but those whose place in the row ``lost`` names."""
    return [one for at, one in enumerate(datagrams) if not lost(at)]
