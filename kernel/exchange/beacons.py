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
from kernel.exchange.models import (
    BeaconIn,
    BeaconOut,
    BundleOut,
    BundleOutState,
    StreamIn,
    StreamInState,
    StreamOut,
)
from kernel.vocabulary.zones import Zone

SOFTWARE: Final = "tongban 0.1.0"


def stream_heads(session: Session, destination: Zone) -> list[StreamHead]:
    """Every stream towards ``destination`` with what of it is unconfirmed, the oldest first."""
    heads = session.scalars(
        select(StreamOut).where(StreamOut.destination == destination).order_by(StreamOut.stream)
    )
    return [_head(session, stream) for stream in heads]


def _head(session: Session, stream: StreamOut) -> StreamHead:
    open_ones = (
        BundleOut.destination == stream.destination,
        BundleOut.stream == stream.stream,
        BundleOut.epoch == stream.epoch,
        BundleOut.state != BundleOutState.CONFIRMED,
    )
    total = session.scalars(select(func.count()).select_from(BundleOut).where(*open_ones)).one()
    oldest = session.scalars(
        select(BundleOut).where(*open_ones).order_by(BundleOut.sequence).limit(MAX_UNCONFIRMED)
    )
    return StreamHead(
        stream=stream.stream,
        epoch=stream.epoch,
        highest=stream.sequence,
        head=stream.head or "",
        unconfirmed_total=total,
        unconfirmed=[
            Unconfirmed(sequence=row.sequence, digest=row.digest, size=row.size) for row in oldest
        ],
    )


def is_due(session: Session, destination: Zone, said: Receipts, now: int, heartbeat: int) -> bool:
    """Whether there is something new to say, or the heartbeat (microseconds) has passed."""
    last = session.get(BeaconOut, destination)
    return (
        last is None
        or now >= last.published_at + heartbeat
        or last.content != _content(stream_heads(session, destination), said)
    )


def next_beacon(
    session: Session, origin: Zone, destination: Zone, said: Receipts, now: int
) -> Beacon:
    """The beacon to publish now; its counter moves in the caller's transaction.

    A beacon that is lost after the commit costs nothing: the next one says as much.
    """
    streams = stream_heads(session, destination)
    last = session.get(BeaconOut, destination)
    if last is None:
        last = BeaconOut(destination=destination, counter=0, published_at=now, content="")
        session.add(last)
    last.counter += 1
    last.published_at = now
    last.content = _content(streams, said)
    return Beacon(
        format="tongban-beacon/1",
        suite="international",
        origin=origin,
        destination=destination,
        counter=last.counter,
        created=now,
        software=SOFTWARE,
        streams=streams,
        receipts=said,
    )


def _content(streams: list[StreamHead], said: Receipts) -> str:
    """Digest of what a beacon says.

    Which beacon of the other side was seen is left out: two zones that only acknowledge each
    other's beacons would never fall silent.
    """
    spoken = [
        [head.model_dump(mode="json") for head in streams],
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


def seen_beacon(session: Session, origin: Zone) -> int:
    """The counter of the newest beacon from ``origin``; 0 when none came yet."""
    known = session.get(BeaconIn, origin)
    return known.counter if known else 0
