"""The overview's rows: each stream we send and each we receive, with the last beacons."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.bundle import BundleName
from kernel.exchange.models import (
    OPEN,
    BeaconIn,
    BeaconOut,
    BundleOut,
    BundleOutState,
    StreamIn,
    StreamInState,
    StreamOut,
    StreamOutState,
)
from kernel.exchange.receipts import gaps_between
from kernel.exchange.sealing import waiting_count
from kernel.spool import Spool
from kernel.vocabulary.zones import CARRIER_OF, Carrier, Stream, Zone, peers_of

MAX_RANGES_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class OutRow:
    """One stream we send: bundles by where they are; instants are microseconds UTC."""

    stream: str
    label: str
    highest: int
    confirmed: int
    sealed: int
    carried: int
    resent: int
    exhausted: int
    """Bundles that are missing although every automatic try was made."""
    exhausted_at: int | None
    state: StreamOutState
    state_at: int | None
    oldest_sealed: int | None
    oldest_carried: int | None

    @property
    def oldest(self) -> int | None:
        """When the first unconfirmed bundle was sealed."""
        return _first(self.oldest_sealed, self.oldest_carried)


@dataclass(frozen=True, slots=True)
class Peer:
    """A zone we send to."""

    zone: str
    label: str
    by: Carrier
    back: Carrier | None
    """How its word comes back to us."""
    streams: tuple[OutRow, ...]
    waiting: int
    beacon: int
    beacon_at: int | None

    @property
    def open(self) -> int:
        """Messages and bundles that are not known to have arrived."""
        return self.waiting + sum(row.sealed + row.carried for row in self.streams)


@dataclass(frozen=True, slots=True)
class InRow:
    """One stream we receive; ``ranges`` are the missing numbers, the first few."""

    stream: str
    label: str
    sequence: int
    promised: int
    waiting: int
    missing: int
    ranges: tuple[tuple[int, int], ...]
    active: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """A zone that sends to us."""

    zone: str
    label: str
    by: Carrier
    streams: tuple[InRow, ...]
    beacon: int
    beacon_at: int | None
    unconfirmed: int


def peers(session: Session, zone: Zone) -> tuple[Peer, ...]:
    """Every zone we send to."""
    return tuple(_peer(session, zone, to) for to in peers_of(zone))


def origins(session: Session, spool: Spool, zone: Zone) -> tuple[Origin, ...]:
    """Every zone that sends to us."""
    return tuple(_origin(session, spool, way[0], zone) for way in CARRIER_OF if way[1] is zone)


def _peer(session: Session, zone: Zone, to: Zone) -> Peer:
    heads = session.scalars(select(StreamOut).where(StreamOut.destination == to)).all()
    beacon = session.get(BeaconOut, to)
    return Peer(
        zone=to.value,
        label=to.label,
        by=CARRIER_OF[(zone, to)],
        back=CARRIER_OF.get((to, zone)),
        streams=tuple(
            _out_row(session, head) for head in sorted(heads, key=lambda head: head.stream.priority)
        ),
        waiting=waiting_count(session, to),
        beacon=beacon.counter if beacon else 0,
        beacon_at=beacon.published_at if beacon else None,
    )


def _out_row(session: Session, head: StreamOut) -> OutRow:
    ours = (BundleOut.destination == head.destination, BundleOut.stream == head.stream)
    # By state, which is indexed: what is confirmed grows for ever and is never counted.
    open_ones = {
        state: (count, oldest, exhausted, since)
        for state, count, oldest, exhausted, since in session.execute(
            select(
                BundleOut.state,
                func.count(),
                func.min(BundleOut.sealed_at),
                func.count(BundleOut.exhausted_at),
                func.min(BundleOut.exhausted_at),
            )
            .where(*ours, BundleOut.state.in_(OPEN))
            .group_by(BundleOut.state)
        )
    }
    current = session.scalars(
        select(func.count())
        .select_from(BundleOut)
        .where(*ours, BundleOut.epoch == head.epoch, BundleOut.state.in_(OPEN))
    ).one()
    resent = session.scalars(
        select(func.sum(BundleOut.offers - 1)).where(*ours, BundleOut.offers > 1)
    ).one()
    nothing = (0, None, 0, None)
    sealed, oldest_sealed, stuck, stuck_at = open_ones.get(BundleOutState.SEALED, nothing)
    carried, oldest_carried, lost, lost_at = open_ones.get(BundleOutState.CARRIED, nothing)
    return OutRow(
        stream=head.stream.value,
        label=head.stream.label,
        highest=head.sequence,
        confirmed=head.sequence - current,
        sealed=sealed,
        carried=carried,
        resent=int(resent or 0),
        exhausted=stuck + lost,
        exhausted_at=_first(stuck_at, lost_at),
        state=head.state,
        state_at=head.state_at,
        oldest_sealed=oldest_sealed,
        oldest_carried=oldest_carried,
    )


def _first(*instants: int | None) -> int | None:
    return min((at for at in instants if at is not None), default=None)


def _origin(session: Session, spool: Spool, origin: Zone, zone: Zone) -> Origin:
    waiting: dict[Stream, list[int]] = defaultdict(list)
    for entry in spool.arrivals(origin):
        if isinstance(entry.parsed, BundleName):
            waiting[entry.parsed.stream].append(entry.parsed.sequence)
    rows = session.scalars(select(StreamIn).where(StreamIn.origin == origin)).all()
    beacon = session.get(BeaconIn, origin)
    return Origin(
        zone=origin.value,
        label=origin.label,
        by=CARRIER_OF[(origin, zone)],
        streams=tuple(
            _in_row(row, waiting[row.stream])
            for row in sorted(rows, key=lambda row: row.stream.priority)
        ),
        beacon=beacon.counter if beacon else 0,
        beacon_at=beacon.received_at if beacon else None,
        unconfirmed=beacon.unconfirmed if beacon else 0,
    )


def _in_row(row: StreamIn, waiting: list[int]) -> InRow:
    gaps = gaps_between(row.sequence, waiting, row.promised)
    return InRow(
        stream=row.stream.value,
        label=row.stream.label,
        sequence=row.sequence,
        promised=max(row.promised, row.sequence),
        waiting=sum(1 for number in waiting if number > row.sequence),
        missing=sum(last - first + 1 for first, last in gaps),
        ranges=tuple(gaps[:MAX_RANGES_SHOWN]),
        active=row.state is StreamInState.ACTIVE,
    )
