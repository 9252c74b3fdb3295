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
from kernel.exchange.models import (
    BeaconOut,
    BundleIn,
    BundleOut,
    BundleOutState,
    StreamIn,
    StreamInState,
    StreamOut,
)
from kernel.logs import get_logger
from kernel.vocabulary.zones import Stream, Zone

MAX_RANGES: Final = 1000
"""Gap ranges and refused numbers one receipt names; the rest follows when these are mended."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Settled:
    """What receipts changed: names of bundles to drop from the spool, and to offer again."""

    confirmed: tuple[str, ...]
    missing: tuple[str, ...]


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
            gaps=[
                [first, last]
                for first, last in gaps_between(
                    row.sequence, waiting.get(row.stream, []), row.promised
                )
            ],
            refused=_refused(session, row),
            halted=row.state is StreamInState.HALTED,
        )
        for row in rows
    ]


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
    for receipt in said.streams:
        stream = session.get(StreamOut, (destination, receipt.stream))
        if stream is None or stream.epoch != receipt.epoch:
            continue
        if not _head_agrees(session, destination, receipt):
            continue
        confirmed.extend(_confirm(session, destination, receipt, now))
        missing.extend(_offer_again(session, destination, receipt, said.seen_beacon))
    return Settled(tuple(confirmed), tuple(missing))


def _head_agrees(session: Session, destination: Zone, receipt: StreamReceipt) -> bool:
    """Whether the destination applied what we sealed under that number.

    A different digest means that one side was restored or somebody forged: nothing is confirmed
    and a person must look.
    """
    if receipt.contiguous == 0:
        return True
    ours = session.scalars(
        _of_stream(destination, receipt).where(BundleOut.sequence == receipt.contiguous)
    ).one_or_none()
    if ours is not None and ours.digest == receipt.head:
        return True
    log.error(
        "exchange.receipt_disagrees",
        destination=destination.value,
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
            BundleOut.state != BundleOutState.CONFIRMED,
        )
    )
    for bundle in covered:
        bundle.state = BundleOutState.CONFIRMED
        bundle.confirmed_at = now
        yield bundle.name


def _offer_again(
    session: Session, destination: Zone, receipt: StreamReceipt, seen_beacon: int
) -> Iterable[str]:
    """Bundles the destination misses although it saw a beacon that came after them."""
    beacon = session.get(BeaconOut, destination)
    for first, last in receipt.gaps:
        lost = session.scalars(
            _of_stream(destination, receipt).where(
                BundleOut.sequence.between(first, last),
                BundleOut.state == BundleOutState.CARRIED,
                BundleOut.offered_beacon < seen_beacon,
            )
        )
        for bundle in lost:
            bundle.state = BundleOutState.SEALED
            bundle.offers += 1
            bundle.offered_beacon = beacon.counter if beacon else 0
            yield bundle.name


def _of_stream(destination: Zone, receipt: StreamReceipt) -> Select[BundleOut]:
    return select(BundleOut).where(
        BundleOut.destination == destination,
        BundleOut.stream == receipt.stream,
        BundleOut.epoch == receipt.epoch,
    )
