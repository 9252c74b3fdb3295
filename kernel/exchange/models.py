"""What the exchange remembers: messages out and in, streams out and in, bundles and beacons.

State rules live in the database: a sequence exists once for each stream and epoch, a confirmed
bundle has its time, a message id has one effect.
"""

from enum import StrEnum

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import (
    BigCount,
    Count,
    Digest,
    Id,
    Json,
    KernelBase,
    Micros,
    coded,
)
from kernel.vocabulary.zones import Stream, Zone


class BundleOutState(StrEnum):
    """Where one of our bundles is, as far as we can know."""

    SEALED = "sealed"
    """In the spool, offered to the carrier."""
    CARRIED = "carried"
    """The carrier took it; not yet known to have arrived."""
    CONFIRMED = "confirmed"
    """A receipt covers it."""


class StreamInState(StrEnum):
    """Whether a stream is admitted."""

    ACTIVE = "active"
    HALTED = "halted"
    """Two different bundles claimed one sequence; a person must decide."""


class InboxState(StrEnum):
    """What became of one received message."""

    APPLIED = "applied"
    REFUSED = "refused"


class OutboxMessage(KernelBase):
    """A message posted in the transaction of the act that caused it."""

    __tablename__ = "outbox_message"

    id: Mapped[Id] = mapped_column(primary_key=True)
    destination: Mapped[Zone] = mapped_column(coded(Zone, "destination"))
    stream: Mapped[Stream] = mapped_column(coded(Stream, "stream"))
    kind: Mapped[str] = mapped_column(String(40))
    case_no: Mapped[str | None] = mapped_column(String(20), index=True)
    body: Mapped[Json]
    blobs: Mapped[Json]
    created: Mapped[Micros]
    ordinal: Mapped[Count]
    """Order of posting within one transaction; across transactions ``created`` orders."""
    bundle: Mapped[Digest | None] = mapped_column(index=True)


class StreamOut(KernelBase):
    """The head of one stream we seal."""

    __tablename__ = "stream_out"

    destination: Mapped[Zone] = mapped_column(coded(Zone, "destination"), primary_key=True)
    stream: Mapped[Stream] = mapped_column(coded(Stream, "stream"), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(16))
    sequence: Mapped[BigCount]
    head: Mapped[Digest | None]


class BundleOut(KernelBase):
    """One bundle we sealed; kept in the spool until a receipt covers it."""

    __tablename__ = "bundle_out"
    __table_args__ = (
        UniqueConstraint("destination", "stream", "epoch", "sequence"),
        CheckConstraint(
            "(state = 'confirmed') = (confirmed_at IS NOT NULL)", name="confirmed_has_time"
        ),
    )

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    destination: Mapped[Zone] = mapped_column(coded(Zone, "destination"))
    stream: Mapped[Stream] = mapped_column(coded(Stream, "stream"))
    epoch: Mapped[str] = mapped_column(String(16))
    sequence: Mapped[BigCount]
    name: Mapped[str] = mapped_column(String(128))
    size: Mapped[BigCount]
    messages: Mapped[Count]
    state: Mapped[BundleOutState] = mapped_column(coded(BundleOutState, "state"), index=True)
    sealed_at: Mapped[Micros]
    offers: Mapped[Count]
    """How often it was put before the carrier."""
    offered_beacon: Mapped[BigCount]
    """Our beacon's counter at the last offer: a gap report that had seen a later beacon counts."""
    carried_at: Mapped[Micros | None]
    confirmed_at: Mapped[Micros | None]


class StreamIn(KernelBase):
    """How far one stream from elsewhere has been applied."""

    __tablename__ = "stream_in"

    origin: Mapped[Zone] = mapped_column(coded(Zone, "origin"), primary_key=True)
    stream: Mapped[Stream] = mapped_column(coded(Stream, "stream"), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(16))
    sequence: Mapped[BigCount]
    head: Mapped[Digest | None]
    state: Mapped[StreamInState] = mapped_column(coded(StreamInState, "state"))
    promised: Mapped[BigCount]
    """The highest sequence the origin's beacons have named."""


class BundleIn(KernelBase):
    """One bundle that was applied."""

    __tablename__ = "bundle_in"
    __table_args__ = (UniqueConstraint("origin", "stream", "epoch", "sequence"),)

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    origin: Mapped[Zone] = mapped_column(coded(Zone, "origin"))
    stream: Mapped[Stream] = mapped_column(coded(Stream, "stream"))
    epoch: Mapped[str] = mapped_column(String(16))
    sequence: Mapped[BigCount]
    name: Mapped[str] = mapped_column(String(128))
    size: Mapped[BigCount]
    messages: Mapped[Count]
    applied_at: Mapped[Micros]
    refused: Mapped[str | None] = mapped_column(String(64))
    """Code of the first message that was refused; the bundle lies in quarantine then."""


class InboxMessage(KernelBase):
    """One received message id; its presence is what makes the effect happen once."""

    __tablename__ = "inbox_message"

    id: Mapped[Id] = mapped_column(primary_key=True)
    origin: Mapped[Zone] = mapped_column(coded(Zone, "origin"))
    kind: Mapped[str] = mapped_column(String(40))
    case_no: Mapped[str | None] = mapped_column(String(20), index=True)
    bundle: Mapped[Digest] = mapped_column(index=True)
    state: Mapped[InboxState] = mapped_column(coded(InboxState, "state"))
    code: Mapped[str | None] = mapped_column(String(64))
    received_at: Mapped[Micros]


class BeaconOut(KernelBase):
    """The newest beacon we published towards one zone."""

    __tablename__ = "beacon_out"

    destination: Mapped[Zone] = mapped_column(coded(Zone, "destination"), primary_key=True)
    counter: Mapped[BigCount]
    published_at: Mapped[Micros]
    content: Mapped[Digest]
    """Digest of what it says but counter and time; unchanged, it waits for the heartbeat."""


class BeaconIn(KernelBase):
    """The newest beacon we received from one zone."""

    __tablename__ = "beacon_in"

    origin: Mapped[Zone] = mapped_column(coded(Zone, "origin"), primary_key=True)
    counter: Mapped[BigCount]
    created: Mapped[Micros]
    received_at: Mapped[Micros]
    unconfirmed: Mapped[Count]
    """How many bundles the origin says are on their way to us."""
