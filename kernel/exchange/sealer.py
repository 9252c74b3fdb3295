"""Seals what waits, the most urgent first, as far as the disk allows.

One stream that cannot be sealed (a damaged material, a full disk) never holds up the others.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kernel.bundle import Receipts
from kernel.bundle.seal import BlobSource, BundleDraft, SealedBundle, seal
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.errors import UnavailableError
from kernel.exchange import drill, sealing
from kernel.keys import Purpose, TrustStore, ZoneKeys
from kernel.logs import get_logger
from kernel.materials import MaterialsStore
from kernel.retention import DiskMarks, FreeBytes, Room, held_back, may_seal
from kernel.spool import Spool
from kernel.vocabulary.zones import ENCRYPTED, Stream, Zone

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """When sealing is held back: the marks, and how to look at the disk."""

    marks: DiskMarks
    free: FreeBytes


class Sealer:
    """Makes bundles for one zone; used by its exchange alone."""

    def __init__(
        self,
        zone: Zone,
        database: Database,
        spool: Spool,
        store: MaterialsStore,
        keys: ZoneKeys,
        trust: TrustStore,
        clock: Clock,
        *,
        receipts_for: Callable[[Session, Zone], Receipts],
        limits: Limits,
    ) -> None:
        """``receipts_for(session, destination)`` is what every bundle tells its destination."""
        self._zone = zone
        self._database = database
        self._spool = spool
        self._store = store
        self._keys = keys
        self._trust = trust
        self._clock = clock
        self._receipts_for = receipts_for
        self._limits = limits

    def seal_waiting(self) -> int:
        """Seal everything that waits and may be sealed; answers how many bundles that made."""
        count = 0
        stuck: set[tuple[Zone, Stream]] = set()
        for _ in range(sealing.MAX_BUNDLES_A_TICK):
            with self._database.reading() as session:
                waiting = [way for way in sealing.waiting_streams(session) if way not in stuck]
            if not waiting:
                break
            way, room = waiting[0], self._room()
            if not may_seal(way[1], room):
                # The most urgent goes first: what comes after it may not either.
                log.error("exchange.sealing_held", error=held_back(room))
                break
            try:
                count += self._seal_next(*way) is not None
            except UnavailableError as error:
                stuck.add(way)
                log.error("exchange.sealing_failed", stream=way[1].value, error=error)
        return count

    def _room(self) -> Room:
        return self._limits.marks.room(self._limits.free(self._spool.folder))

    def _seal_next(self, to: Zone, stream: Stream) -> SealedBundle | None:
        with self._database.reading() as session:
            found = sealing.next_batch(session, to, stream)
            said = self._receipts_for(session, to)
        if found is None:
            return None
        batch, message_ids = found
        now = now_micros(self._clock)
        recipient = (
            self._trust.current(to, Purpose.RECEIVE, self._clock.now())
            if (self._zone, to) in ENCRYPTED
            else None
        )
        draft = BundleDraft(
            self._zone,
            to,
            stream,
            batch.epoch,
            batch.sequence,
            batch.previous,
            now,
            said,
            batch.renews,
        )
        blobs = [
            BlobSource(self._store.path(blob.digest), blob.digest, blob.size, blob.media_type)
            for blob in batch.blobs
        ]
        with self._spool.sealing(to) as part:
            sealed = seal(part.file, draft, batch.refs, batch.lines, blobs, self._keys, recipient)
            part.keep(sealed.name)
        with self._database.begin() as session:
            withheld = stream is Stream.DRILL and drill.is_withheld(session, message_ids)
            sealing.record_sealed(
                session, to, stream, batch, sealed, message_ids, now, withheld=withheld
            )
        if not withheld:
            self._spool.offer(to, sealed.name)
        log.info("exchange.sealed", destination=to.value, file=sealed.name, size=sealed.size)
        return sealed
