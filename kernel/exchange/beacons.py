"""Beacons: what we promise a destination, and what an origin's word changes here."""

import hashlib
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.bundle import (
    MAX_UNCONFIRMED,
    Beacon,
    Receipts,
    StreamHead,
    Unconfirmed,
)
from kernel.bundle.header import canonical
from kernel.exchange import renewal
from kernel.exchange.models import (
    OPEN,
    BeaconIn,
    BeaconOut,
    BundleOut,
    StreamIn,
    StreamInState,
    StreamOut,
)
from kernel.logs import get_logger
from kernel.version import SOFTWARE
from kernel.vocabulary.zones import Zone

log = get_logger(__name__)

PAGE: Final = MAX_UNCONFIRMED // 2
"""Unconfirmed bundles one beacon lists of a stream: all streams' full pages and receipts fit."""


def stream_heads(session: Session, destination: Zone, page: int = 0) -> list[StreamHead]:
    """Every stream towards ``destination`` with one page of what of it is unconfirmed.

    ``page`` may be any number: pages come round.
    """
    heads = session.scalars(
        select(StreamOut)
        .where(StreamOut.destination == destination, StreamOut.sequence > 0)
        .order_by(StreamOut.stream)
    )
    return [_head(session, stream, page) for stream in heads]


def _head(session: Session, stream: StreamOut, page: int) -> StreamHead:
    open_ones = (
        BundleOut.destination == stream.destination,
        BundleOut.stream == stream.stream,
        BundleOut.epoch == stream.epoch,
        BundleOut.state.in_(OPEN),
    )
    total = session.scalars(select(func.count()).select_from(BundleOut).where(*open_ones)).one()
    pages = max(1, -(-total // PAGE))
    listed = session.scalars(
        select(BundleOut)
        .where(*open_ones)
        .order_by(BundleOut.sequence)
        .limit(PAGE)
        .offset(page % pages * PAGE)
    )
    return StreamHead(
        stream=stream.stream,
        epoch=stream.epoch,
        highest=stream.sequence,
        head=stream.head or "",
        unconfirmed_total=total,
        unconfirmed=[
            Unconfirmed(sequence=row.sequence, digest=row.digest, size=row.size) for row in listed
        ],
    )


def is_due(session: Session, destination: Zone, said: Receipts, now: int, heartbeat: int) -> bool:
    """Whether there is something new to say, or the heartbeat (microseconds) has passed."""
    last = session.get(BeaconOut, destination)
    return (
        last is None
        or now >= last.published_at + heartbeat
        or last.content != _content(session, destination, said)
    )


def next_beacon(
    session: Session, origin: Zone, destination: Zone, said: Receipts, now: int
) -> Beacon:
    """The beacon to publish now; its counter moves in the caller's transaction.

    A beacon that is lost after the commit costs nothing: the next one says as much.
    """
    last = session.get(BeaconOut, destination)
    if last is None:
        last = BeaconOut(destination=destination, counter=0, published_at=now, content="")
        session.add(last)
    last.counter += 1
    last.published_at = now
    last.content = _content(session, destination, said)
    return Beacon(
        format="tongban-beacon/1",
        suite="international",
        origin=origin,
        destination=destination,
        counter=last.counter,
        created=now,
        software=SOFTWARE,
        streams=stream_heads(session, destination, last.counter),
        receipts=said,
        renewals=renewal.renewals(session, destination),
    )


def _content(session: Session, destination: Zone, said: Receipts) -> str:
    """Digest of what a beacon says, its first page for all pages.

    Which beacon of the other side was seen is left out: two zones that only acknowledge each
    other's beacons would never fall silent.
    """
    spoken = [
        [head.model_dump(mode="json") for head in stream_heads(session, destination)],
        [each.model_dump(mode="json") for each in renewal.renewals(session, destination)],
        [receipt.model_dump(mode="json") for receipt in said.streams],
    ]
    return hashlib.sha256(canonical(spoken)).hexdigest()


def take_beacon(session: Session, beacon: Beacon, now: int) -> bool:
    """Remember the newest beacon of its origin; answers False for an older one."""
    known = session.get(BeaconIn, beacon.origin)
    if known is None:
        known = BeaconIn(origin=beacon.origin, counter=0, created=0, received_at=now, unconfirmed=0)
        session.add(known)
    if beacon.counter <= known.counter:
        return False
    known.counter = beacon.counter
    known.created = beacon.created
    known.received_at = now
    known.unconfirmed = sum(head.unconfirmed_total for head in beacon.streams)
    renewal.take_renewals(session, beacon)
    for head in beacon.streams:
        _promise(session, beacon.origin, head)
    return True


def _promise(session: Session, origin: Zone, head: StreamHead) -> None:
    """Note how far the origin has sealed, so that a lost tail is a gap and not silence."""
    stream = session.get(StreamIn, (origin, head.stream))
    if stream is None:
        stream = StreamIn(
            origin=origin,
            stream=head.stream,
            epoch=head.epoch,
            sequence=0,
            head=None,
            state=StreamInState.ACTIVE,
            promised=0,
        )
        session.add(stream)
    if stream.epoch == head.epoch:
        stream.promised = max(stream.promised, head.highest)
        _notice_restore(stream, head)


def _notice_restore(stream: StreamIn, head: StreamHead) -> None:
    """Ask for everything again when the origin has receipts that we cannot have given.

    We never say more than we durably applied; an origin that holds more confirmed than we know of
    proves that our database is older than our word.
    """
    if stream.reopen is not None or stream.next_epoch is not None:
        return
    if len(head.unconfirmed) != head.unconfirmed_total:
        return
    oldest = head.unconfirmed[0].sequence if head.unconfirmed else head.highest + 1
    if oldest > stream.sequence + 1:
        stream.reopen = renewal.new_epoch()
        log.error(
            "exchange.database_older",
            origin=stream.origin.value,
            stream=stream.stream.value,
            sequence=stream.sequence,
            confirmed=oldest - 1,
        )


def seen_beacon(session: Session, origin: Zone) -> int:
    """The counter of the newest beacon from ``origin``; 0 when none came yet."""
    known = session.get(BeaconIn, origin)
    return known.counter if known else 0
