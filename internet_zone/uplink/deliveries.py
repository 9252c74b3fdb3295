"""Files the extranet is bringing: received in chunks, resumed, verified when complete."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from kernel.bundle import Receiver, parse_name
from kernel.bundle.header import MAX_BUNDLE_BYTES
from kernel.carriage import pass_on
from kernel.clock import Clock, now_micros
from kernel.durable import disk_errors
from kernel.errors import ConflictError, InvalidValueError, RejectedBundleError, UnavailableError
from kernel.keys import TrustStore
from kernel.logs import get_logger
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone

MAX_PARTS: Final = 64
MAX_CHUNK_BYTES: Final = 8 * 1024 * 1024
STALE_SECONDS: Final = 24 * 3600
CARRIER: Final = "uplink"

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes ``first`` to ``last`` (both included) of a file of ``size`` bytes."""

    first: int
    last: int
    size: int


class Deliveries:
    """Part files below the spool, one for each file that is under way."""

    def __init__(self, spool: Spool, trust: TrustStore, clock: Clock) -> None:
        """Deliver into ``spool`` what the extranet sealed."""
        self._spool = spool
        self._trust = trust
        self._clock = clock
        self._folder = spool.folder / "uplink"
        self._folder.mkdir(exist_ok=True)

    def received(self, name: str) -> int | None:
        """Bytes we have of ``name``; None when it lies complete among the arrivals."""
        own = str(parse_name(name))
        if (self._spool.arrivals_folder(Zone.EXTRANET) / own).exists():
            return None
        try:
            return self._part(own).stat().st_size
        except FileNotFoundError:
            return 0

    def take(self, name: str, chunk: Chunk, source: IO[bytes]) -> int | None:
        """Append a chunk; answers what :meth:`received` would.

        Raises :class:`InvalidValueError` (``uplink_range``), :class:`ConflictError`
        (``uplink_offset``), :class:`UnavailableError` (``uplink_too_many_parts``, ``disk_full``)
        and, when the file is complete and wrong, :class:`RejectedBundleError`.
        """
        own = str(parse_name(name))
        _require_sense(chunk)
        have = self.received(own)
        if have is None:
            return None
        if chunk.first != have:
            raise ConflictError("uplink_offset", "续传位置与已接收的长度不符", received=have)
        part = self._part(own)
        if have == 0:
            self._require_room()
        with disk_errors(), part.open("ab") as file:
            left = chunk.last - chunk.first + 1
            while left and (piece := source.read(min(left, 1024 * 1024))):
                file.write(piece)
                left -= len(piece)
            file.flush()
            os.fsync(file.fileno())
        size = part.stat().st_size
        if size < chunk.size:
            return size
        self._deliver(own, part)
        return None

    def _deliver(self, name: str, part: Path) -> None:
        receiver = Receiver(self._trust, Zone.INTERNET, self._clock.now())
        try:
            with (
                part.open("rb", buffering=0) as source,
                self._spool.delivering(Zone.EXTRANET, name) as target,
            ):
                if pass_on(source, target, receiver, name) is not Zone.EXTRANET:
                    raise RejectedBundleError("wrong_origin", "文件不是从声明的来源网送达的")
        except RejectedBundleError as error:
            named = part.with_name(name)
            part.rename(named)
            self._spool.quarantine(named, error, CARRIER, now_micros(self._clock))
            log.warning("uplink.quarantined", file=name, error=error)
            raise
        part.unlink()
        log.info("uplink.delivered", file=name)

    def _part(self, name: str) -> Path:
        return self._folder / f"{name}.part"

    def _require_room(self) -> None:
        parts = list(self._folder.glob("*.part"))
        stale = time.time() - STALE_SECONDS
        for part in parts:
            if part.stat().st_mtime < stale:
                part.unlink(missing_ok=True)
        if len(parts) >= MAX_PARTS and len(list(self._folder.glob("*.part"))) >= MAX_PARTS:
            raise UnavailableError("uplink_too_many_parts", "未完成的上行文件过多，请稍后重试")


def _require_sense(chunk: Chunk) -> None:
    if not (
        0 <= chunk.first <= chunk.last < chunk.size <= MAX_BUNDLE_BYTES
        and chunk.last - chunk.first < MAX_CHUNK_BYTES
    ):
        raise InvalidValueError("uplink_range", "分块范围不正确")
