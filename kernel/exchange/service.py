"""One zone's exchange at work: admit what arrived, seal what waits, publish beacons.

:meth:`Exchange.tick` is called again and again by the zone's one worker; every step may be cut off
at any instruction, and the next tick continues.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from kernel.audit import AuditEntry, AuditResult, record
from kernel.bundle import (
    BeaconName,
    BundleName,
    Receipts,
    Receiver,
    open_beacon,
    read_header,
    seal_beacon,
    unpack,
)
from kernel.bundle.beacon import MAX_BEACON_BYTES
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.errors import RejectedBundleError
from kernel.exchange import (
    admission,
    asked,
    beacons,
    drill,
    offering,
    receipts,
)
from kernel.exchange.sealer import Limits, Sealer
from kernel.keys import TrustStore, ZoneKeys
from kernel.logs import get_logger
from kernel.materials import MaterialsStore, StoreSink
from kernel.messages import Kind
from kernel.retention import DiskMarks, FreeBytes, free_bytes
from kernel.spool import Entry, Spool
from kernel.vocabulary.zones import CARRIER_OF, Stream, Zone, peers_of

MAX_ADMITTED_A_TICK: Final = 1000
STALE_PART_SECONDS: Final = 3600.0

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """What one pass did, in bundles and files."""

    sealed: int = 0
    applied: int = 0
    duplicates: int = 0
    quarantined: int = 0
    waiting: int = 0


class Exchange:
    """Seals, admits and receipts for one zone."""

    def __init__(
        self,
        zone: Zone,
        database: Database,
        spool: Spool,
        store: MaterialsStore,
        keys: ZoneKeys,
        trust: TrustStore,
        clock: Clock,
        handlers: Mapping[str, admission.Handler],
        *,
        beacon_seconds: float = 60,
        marks: DiskMarks | None = None,
        free: FreeBytes = free_bytes,
    ) -> None:
        """Wire the exchange of ``zone``; only one may be ticking at any time."""
        self._zone = zone
        self._database = database
        self._spool = spool
        self._store = store
        self._keys = keys
        self._trust = trust
        self._clock = clock
        self._handlers = {**handlers, Kind.DRILL_SENT: drill.receive_drill}
        self._heartbeat = int(beacon_seconds * 1_000_000)
        self._sealer = Sealer(
            zone,
            database,
            spool,
            store,
            keys,
            trust,
            clock,
            receipts_for=self.receipts_for,
            limits=Limits(marks or DiskMarks(), free),
        )
        self._origins = tuple(origin for origin, to in CARRIER_OF if to is zone)

    def recover(self) -> None:
        """After a start: remove what was never recorded, offer what was never offered.

        Raises :class:`kernel.errors.UnavailableError` (``database_older``) on a restored database
        for which no new epoch was opened.
        """
        offering.recover(self._database, self._spool, self._zone)
        now = self._clock.now().timestamp()
        self._spool.sweep(now)
        self._store.sweep_parts(now - STALE_PART_SECONDS)

    def tick(self) -> Tick:
        """One pass over everything."""
        applied = duplicates = quarantined = waiting = 0
        for origin in self._origins:
            found = self._admit_from(origin)
            applied += found.applied
            duplicates += found.duplicates
            quarantined += found.quarantined
            waiting += found.waiting
        asked.serve(self._database, self._spool, self._zone, self._clock)
        self.note_carried()
        sealed = self._sealer.seal_waiting()
        for to in peers_of(self._zone):
            self._publish_beacon(to)
        asked.publish(self._database, self._spool)
        return Tick(sealed, applied, duplicates, quarantined, waiting)

    # Admission.

    def _admit_from(self, origin: Zone) -> Tick:
        applied = duplicates = quarantined = waiting = 0
        for entry in self._spool.arrivals(origin)[:MAX_ADMITTED_A_TICK]:
            try:
                if isinstance(entry.parsed, BeaconName):
                    self._take_beacon(origin, entry)
                    continue
                verdict = self._admit(origin, entry)
            except RejectedBundleError as error:
                self._set_aside(origin, entry, error)
                quarantined += 1
                continue
            applied += verdict is admission.Verdict.APPLY
            duplicates += verdict in {admission.Verdict.DUPLICATE, admission.Verdict.RETIRED}
            waiting += verdict is admission.Verdict.WAIT
        return Tick(0, applied, duplicates, quarantined, waiting)

    def _receiver(self) -> Receiver:
        return Receiver(self._trust, self._zone, self._clock.now())

    def _admit(self, origin: Zone, entry: Entry) -> admission.Verdict:
        receiver = self._receiver()
        with self._spool.open_arrival(origin, entry.name) as source:
            verified = read_header(source, receiver, entry.name)
        if verified.header.origin is not origin:
            raise RejectedBundleError("wrong_origin", "交换包不是从声明的来源网送达的")
        with self._database.reading() as session:
            verdict = admission.judge(session, verified.header, verified.digest)
        if verdict is admission.Verdict.APPLY:
            self._apply(origin, entry, receiver)
        if verdict is not admission.Verdict.WAIT:
            self._spool.admitted(origin, entry.name)
        return verdict

    def _apply(self, origin: Zone, entry: Entry, receiver: Receiver) -> None:
        with (
            self._spool.open_arrival(origin, entry.name) as source,
            StoreSink(self._store) as sink,
        ):
            opened = unpack(source, receiver, entry.name, self._keys, sink)
            sink.keep()
        now = now_micros(self._clock)
        with self._database.begin() as session:
            # Judged again under the write lock: what was read before may be old.
            if admission.judge(session, opened.header, opened.digest) is not (
                admission.Verdict.APPLY
            ):
                return
            refused = admission.apply(
                session,
                opened,
                entry.name,
                entry.size,
                self._handlers,
                self._zone,
                now,
            )
            settled = receipts.settle(session, origin, opened.header.receipts, now)
            if refused is not None:
                record(session, _refusal(origin, entry, refused))
        offering.act_on(self._spool, origin, settled)
        if refused is not None:
            error = RejectedBundleError(refused, "交换包内有消息未被接受，其余内容已处理")
            path = self._spool.arrivals_folder(origin) / entry.name
            self._spool.quarantine(path, error, "exchange", now)
        log.info(
            "exchange.applied",
            origin=origin.value,
            file=entry.name,
            messages=len(opened.messages),
            refused=refused,
        )

    def _take_beacon(self, origin: Zone, entry: Entry) -> None:
        with self._spool.open_arrival(origin, entry.name) as source:
            content = source.read(MAX_BEACON_BYTES + 1)
        beacon = open_beacon(content, self._receiver(), entry.name)
        if beacon.origin is not origin:
            raise RejectedBundleError("wrong_origin", "信标不是从声明的来源网送达的")
        now = now_micros(self._clock)
        with self._database.begin() as session:
            settled = receipts.NOTHING
            if beacons.take_beacon(session, beacon, now):
                settled = receipts.settle(session, origin, beacon.receipts, now)
        offering.act_on(self._spool, origin, settled)
        self._spool.admitted(origin, entry.name)

    def _set_aside(self, origin: Zone, entry: Entry, error: RejectedBundleError) -> None:
        """Quarantine an arrival, on record; equivocation halts its stream."""
        now = now_micros(self._clock)
        with self._database.begin() as session:
            if error.code == "equivocation" and isinstance(entry.parsed, BundleName):
                admission.halt(session, origin, entry.parsed.stream)
            record(session, _refusal(origin, entry, error.code))
        path = self._spool.arrivals_folder(origin) / entry.name
        self._spool.quarantine(path, error, "exchange", now)
        log.warning("exchange.quarantined", origin=origin.value, file=entry.name, error=error)

    def note_carried(self) -> None:
        """A bundle that is not ready any more was taken by its carrier."""
        offering.note_carried(self._database, self._spool, self._zone, self._clock)

    # Beacons and receipts.

    def receipts_for(self, session: Session, origin: Zone) -> Receipts:
        """What we have to say to ``origin`` about its bundles, however it will travel."""
        waiting: dict[Stream, list[int]] = defaultdict(list)
        if origin in self._origins:
            for entry in self._spool.arrivals(origin):
                if isinstance(entry.parsed, BundleName):
                    waiting[entry.parsed.stream].append(entry.parsed.sequence)
        return Receipts(
            seen_beacon=beacons.seen_beacon(session, origin),
            streams=receipts.our_receipts(session, origin, waiting),
        )

    def _publish_beacon(self, to: Zone) -> None:
        now = now_micros(self._clock)
        with self._database.reading() as session:
            said = self.receipts_for(session, to)
            if not beacons.is_due(session, to, said, now, self._heartbeat):
                return
        with self._database.begin() as session:
            beacon = beacons.next_beacon(session, self._zone, to, said, now)
        sealed = seal_beacon(beacon, self._keys)
        self._spool.put_beacon(to, sealed.name, sealed.content)


def _refusal(origin: Zone, entry: Entry, code: str) -> AuditEntry:
    return AuditEntry(
        actor="system:exchange",
        act="exchange.refused",
        object_kind="bundle",
        object_id=entry.parsed.digest,
        result=AuditResult.FAILED,
        detail={"origin": origin.value, "code": code, "file": entry.name},
    )
