"""Receipts: what we tell an origin about its bundles, and what a destination's word does to ours.

A receipt is cumulative, so any one of them makes all older ones superfluous, and a lost one costs
nothing. It says for each stream how far everything was applied without a gap, which numbers are
missing, and which were refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kernel.bundle import Receipts, RefusedSequence, StreamReceipt
from kernel.exchange import renewal
from kernel.exchange.models import (
    OPEN,
    BeaconOut,
    BundleIn,
    BundleOut,
    BundleOutState,
    StreamIn,
    StreamInState,
    StreamOut,
    StreamOutState,
)
from kernel.logs import get_logger
from kernel.vocabulary.zones import Stream, Zone

MAX_RANGES: Final = 1000
"""Gap ranges and refused numbers one receipt names; the rest follows when these are mended."""

MAX_TRIES: Final = 3
"""Automatic offers after the first; what is still missing then needs a person."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Settled:
    """What receipts changed: names of bundles to drop from the spool, and to offer again."""

    confirmed: tuple[str, ...]
    missing: tuple[str, ...]
    superseded: tuple[str, ...] = ()
    """Names of bundles whose messages go under a newer epoch."""


NOTHING: Final = Settled((), ())


def gaps_between(applied: int, waiting: Iterable[int], promised: int) -> list[tuple[int, int]]:
    """The missing ranges above ``applied``, given what waits and what was promised.

    >>> gaps_between(2, [5, 6, 9], 10)
    [(3, 4), (7, 8), (10, 10)]
    """
    ranges: list[tuple[int, int]] = []
    expected = applied + 1
    for present in sorted({number for number in waiting if number > applied}):
        if present > expected:
            ranges.append((expected, present - 1))
        expected = present + 1
    if promised >= expected:
        ranges.append((expected, promised))
    return ranges[:MAX_RANGES]


def our_receipts(
    session: Session, origin: Zone, waiting: dict[Stream, list[int]]
) -> list[StreamReceipt]:
    """What we say to ``origin``; ``waiting`` lists sequences in the spool not applied yet."""
    rows = session.scalars(
        select(StreamIn).where(StreamIn.origin == origin).order_by(StreamIn.stream)
    )
    return [
        StreamReceipt(
            stream=row.stream,
            epoch=row.epoch,
            contiguous=row.sequence,
            head=row.head,
            gaps=[] if row.next_epoch else _gaps(row, waiting),
            refused=_refused(session, row),
            halted=row.state is StreamInState.HALTED,
            # While it is halted a person must decide first; only then may a new epoch begin.
            closed_for=None if row.state is StreamInState.HALTED else row.next_epoch,
            reopen=row.reopen,
        )
        for row in rows
    ]


def _gaps(row: StreamIn, waiting: dict[Stream, list[int]]) -> list[list[int]]:
    found = gaps_between(row.sequence, waiting.get(row.stream, []), row.promised)
    return [[first, last] for first, last in found]


def _refused(session: Session, stream: StreamIn) -> list[RefusedSequence]:
    statement = (
        select(BundleIn.sequence, BundleIn.refused)
        .where(
            BundleIn.origin == stream.origin,
            BundleIn.stream == stream.stream,
            BundleIn.epoch == stream.epoch,
            BundleIn.refused.is_not(None),
        )
        .order_by(BundleIn.sequence.desc())
        .limit(MAX_RANGES)
    )
    return [
        RefusedSequence(sequence=sequence, code=code or "")
        for sequence, code in reversed(session.execute(statement).all())
    ]


def settle(session: Session, destination: Zone, said: Receipts, now: int) -> Settled:
    """Apply what ``destination`` says about our bundles.

    Only a bundle last offered before the newest of our beacons that ``destination`` had seen counts
    as missing, so nothing is sent again merely because a report is old. A receipt for another epoch
    says nothing about this one and is passed over.
    """
    confirmed: list[str] = []
    missing: list[str] = []
    superseded: list[str] = []
    for receipt in said.streams:
        stream = session.get(StreamOut, (destination, receipt.stream))
        if stream is None:
            continue
        if stream.state is StreamOutState.RECONCILING:
            if stream.epoch in (receipt.closed_for, receipt.epoch):
                superseded.extend(renewal.reconcile(session, stream, receipt, now))
            continue
        if receipt.closed_for == stream.epoch and stream.sequence > 0:
            missing.extend(_offer_first(session, stream, said.seen_beacon, now))
        if receipt.reopen is not None and receipt.reopen != stream.reopened:
            renewal.follow_reopen(session, stream, receipt, now)
            continue
        if stream.epoch != receipt.epoch or not _head_agrees(session, stream, receipt, now):
            continue
        confirmed.extend(_confirm(session, destination, receipt, now))
        missing.extend(_offer_again(session, destination, receipt, said.seen_beacon, now))
    return Settled(tuple(confirmed), tuple(missing), tuple(superseded))


def _head_agrees(session: Session, stream: StreamOut, receipt: StreamReceipt, now: int) -> bool:
    """Whether the destination applied what we sealed under that number.

    A different digest, or a number we never came to, means that one side was restored or somebody
    forged: nothing is confirmed, nothing more is sealed into the stream, and a person must look.
    """
    if receipt.contiguous == 0:
        return True
    ours = session.scalars(
        _of_stream(stream.destination, receipt).where(BundleOut.sequence == receipt.contiguous)
    ).one_or_none()
    if ours is not None and ours.digest == receipt.head:
        return True
    if stream.state is StreamOutState.ACTIVE:
        stream.state, stream.state_at = StreamOutState.DISAGREES, now
    log.error(
        "exchange.receipt_disagrees",
        destination=stream.destination.value,
        stream=receipt.stream.value,
        sequence=receipt.contiguous,
    )
    return False


def _confirm(
    session: Session, destination: Zone, receipt: StreamReceipt, now: int
) -> Iterable[str]:
    covered = session.scalars(
        _of_stream(destination, receipt).where(
            BundleOut.sequence <= receipt.contiguous,
            BundleOut.state.in_(OPEN),
        )
    )
    for bundle in covered:
        bundle.state = BundleOutState.CONFIRMED
        bundle.confirmed_at = now
        yield bundle.name


def _offer_again(
    session: Session, destination: Zone, receipt: StreamReceipt, seen_beacon: int, now: int
) -> Iterable[str]:
    """Bundles the destination misses although it saw a beacon that came after them."""
    for first, last in receipt.gaps:
        lost = _of_stream(destination, receipt).where(BundleOut.sequence.between(first, last))
        yield from _again(session, lost, destination, seen_beacon, now)


def _offer_first(session: Session, stream: StreamOut, seen_beacon: int, now: int) -> Iterable[str]:
    """The first bundle of a new epoch, while the destination still only waits for it."""
    first = select(BundleOut).where(
        BundleOut.destination == stream.destination,
        BundleOut.stream == stream.stream,
        BundleOut.epoch == stream.epoch,
        BundleOut.sequence == 1,
    )
    yield from _again(session, first, stream.destination, seen_beacon, now)


def _again(
    session: Session, lost: Select[BundleOut], destination: Zone, seen_beacon: int, now: int
) -> Iterable[str]:
    """Offer the same bytes under the same number, at most :data:`MAX_TRIES` times by ourselves."""
    carried = lost.where(
        BundleOut.state == BundleOutState.CARRIED, BundleOut.offered_beacon < seen_beacon
    )
    for bundle in session.scalars(carried):
        if bundle.tries < MAX_TRIES:
            bundle.tries += 1
            offered(session, bundle, destination)
            yield bundle.name
        elif bundle.exhausted_at is None:
            bundle.exhausted_at = now
            log.error("exchange.tries_exhausted", destination=destination.value, file=bundle.name)


def offered(session: Session, bundle: BundleOut, destination: Zone) -> None:
    """Note that a bundle is put before the carrier once more."""
    beacon = session.get(BeaconOut, destination)
    bundle.state = BundleOutState.SEALED
    bundle.offers += 1
    bundle.offered_beacon = beacon.counter if beacon else 0


def _of_stream(destination: Zone, receipt: StreamReceipt) -> Select[BundleOut]:
    return select(BundleOut).where(
        BundleOut.destination == destination,
        BundleOut.stream == receipt.stream,
        BundleOut.epoch == receipt.epoch,
    )
