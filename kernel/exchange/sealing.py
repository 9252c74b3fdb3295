"""Sealing: messages that wait become the next bundles of their streams.

There is one sealer in a zone (the worker holds a lock), so a bundle can be written before the
transaction that records it:

1. read the stream's head and the waiting messages;
2. write the bundle to the spool's ``kept`` folder, durably;
3. in one transaction record the bundle, its messages and the new head;
4. offer it to the carrier.

A crash between 2 and 3 leaves a file without a row: recovery removes it, and the same number is
sealed again. A crash between 3 and 4 leaves a row that was never offered: recovery offers it.
Offering twice is harmless.
"""

import json
import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kernel.bundle import MessageRef, Renewed
from kernel.bundle.seal import SealedBundle
from kernel.exchange import renewal
from kernel.exchange.models import (
    BeaconOut,
    BundleOut,
    BundleOutState,
    OutboxMessage,
    StreamOut,
    StreamOutState,
)
from kernel.messages import BlobRef, encode
from kernel.vocabulary.zones import Stream, Zone

MAX_MESSAGES: Final = 500
MAX_BLOB_BYTES: Final = 256 * 1024 * 1024
"""What one bundle takes together; a single larger blob still travels, alone."""
MAX_LINE_BYTES: Final = 32 * 1024 * 1024
MAX_BLOBS: Final = 1500
"""Half of what a bundle allows for messages and three quarters for blobs: one message more, however
large, still fits."""
MAX_BUNDLES_A_TICK: Final = 200


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that will be one bundle, with the stream's head before it."""

    epoch: str
    sequence: int
    previous: str | None
    lines: tuple[bytes, ...]
    refs: tuple[MessageRef, ...]
    blobs: tuple[BlobRef, ...]
    generation: int = 0
    renews: Renewed | None = None


def next_batch(
    session: Session, destination: Zone, stream: Stream
) -> tuple[Batch, list[str]] | None:
    """The next bundle's content and its message ids, or None when nothing waits."""
    waiting = session.scalars(
        select(OutboxMessage)
        .where(
            OutboxMessage.destination == destination,
            OutboxMessage.stream == stream,
            OutboxMessage.bundle.is_(None),
        )
        .order_by(OutboxMessage.created, OutboxMessage.ordinal)
        .limit(MAX_MESSAGES)
    ).all()
    if not waiting:
        return None
    head = session.get(StreamOut, (destination, stream))
    if head is not None and head.state is not StreamOutState.ACTIVE:
        return None
    if stream is Stream.DRILL:
        # A rehearsal counts bundles: each of its messages travels alone.
        waiting = waiting[:1]
    taken: list[OutboxMessage] = []
    blobs: dict[str, BlobRef] = {}
    line_bytes = 0
    for message in waiting:
        own = [BlobRef.model_validate(blob) for blob in json.loads(message.blobs)]
        together = {**blobs, **{blob.digest: blob for blob in own}}
        line_bytes += len(message.body.encode()) + len(message.blobs)
        if taken and (
            sum(blob.size for blob in together.values()) > MAX_BLOB_BYTES
            or len(together) > MAX_BLOBS
            or line_bytes > MAX_LINE_BYTES
        ):
            break
        taken.append(message)
        blobs = together
    lines = tuple(
        encode(
            message.id,
            message.kind,
            message.created,
            message.body,
            [BlobRef.model_validate(blob) for blob in json.loads(message.blobs)],
        )
        for message in taken
    )
    batch = Batch(
        epoch=head.epoch if head else secrets.token_hex(8),
        sequence=head.sequence + 1 if head else 1,
        previous=head.head if head else None,
        lines=lines,
        refs=tuple(MessageRef(id=message.id, kind=message.kind) for message in taken),
        blobs=tuple(blobs.values()),
        generation=head.generation if head else 0,
        renews=renewal.renewed(head) if head and head.sequence == 0 else None,
    )
    return batch, [message.id for message in taken]


def waiting_streams(session: Session) -> list[tuple[Zone, Stream]]:
    """Directions and streams with messages that wait and may be sealed, the most urgent first."""
    stopped = {
        (row.destination, row.stream)
        for row in session.scalars(
            select(StreamOut).where(StreamOut.state != StreamOutState.ACTIVE)
        )
    }
    rows = session.execute(
        select(OutboxMessage.destination, OutboxMessage.stream)
        .where(OutboxMessage.bundle.is_(None))
        .distinct()
    ).all()
    return sorted(
        ((to, stream) for to, stream in rows if (to, stream) not in stopped),
        key=lambda row: row[1].priority,
    )


def record_sealed(
    session: Session,
    destination: Zone,
    stream: Stream,
    batch: Batch,
    sealed: SealedBundle,
    message_ids: list[str],
    now: int,
    *,
    withheld: bool = False,
) -> None:
    """Write down that ``sealed`` exists; commits together with the stream's new head.

    ``withheld``: a rehearsal of loss; it counts as carried and is offered to nobody.
    """
    head = session.get(StreamOut, (destination, stream))
    if head is None:
        head = StreamOut(destination=destination, stream=stream, epoch=batch.epoch, sequence=0)
        session.add(head)
    if head.sequence + 1 != batch.sequence or head.epoch != batch.epoch:
        raise RuntimeError("another sealer moved the stream")
    head.sequence = batch.sequence
    head.head = sealed.digest
    # At most MAX_MESSAGES in one statement; a row at a time would cost more than the sealing.
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id.in_(message_ids))
        .values(bundle=sealed.digest)
        .execution_options(synchronize_session=False)
    )
    beacon = session.get(BeaconOut, destination)
    session.add(
        BundleOut(
            digest=sealed.digest,
            destination=destination,
            stream=stream,
            epoch=batch.epoch,
            sequence=batch.sequence,
            name=sealed.name,
            size=sealed.size,
            messages=len(message_ids),
            state=BundleOutState.CARRIED if withheld else BundleOutState.SEALED,
            sealed_at=now,
            offers=1,
            generation=batch.generation,
            tries=0,
            exhausted_at=None,
            offered_beacon=beacon.counter if beacon else 0,
            carried_at=now if withheld else None,
            confirmed_at=None,
        )
    )


def waiting_count(session: Session, destination: Zone) -> int:
    """How many messages wait to be sealed towards ``destination``."""
    return session.scalars(
        select(func.count())
        .select_from(OutboxMessage)
        .where(OutboxMessage.destination == destination, OutboxMessage.bundle.is_(None))
    ).one()
