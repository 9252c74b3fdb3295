"""What the exchange remembers: messages out and in, streams out and in, bundles and beacons.

State rules live in the database: a sequence exists once for each stream and epoch, a confirmed
bundle has its time, a message id has one effect.
"""

from enum import StrEnum
from typing import Final

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import (
    BigCount,
    Count,
    Digest,
    Flag,
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
    SUPERSEDED = "superseded"
    """Its messages are sealed again under a newer epoch; this file travels no more."""


OPEN: Final = (BundleOutState.SEALED, BundleOutState.CARRIED)
"""States of a bundle that is kept, and somebody waits for its receipt."""


class StreamOutState(StrEnum):
    """Whether we seal into a stream."""

    ACTIVE = "active"
    RECONCILING = "reconciling"
    """A new epoch was announced; nothing is sealed before the destination said how far it is."""
    DISAGREES = "disagrees"
    """The destination names what we never sealed: our database is older than our bundles."""


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
    state: Mapped[StreamOutState] = mapped_column(
        coded(StreamOutState, "out_state"), default=StreamOutState.ACTIVE
    )
    state_at: Mapped[Micros | None]
    """Since when it is not active."""
    generation: Mapped[Count] = mapped_column(default=0)
    """Counts this stream's epochs, so that they have an order."""
    reason: Mapped[str | None] = mapped_column(String(200))
    """Why the newest epoch was opened."""
    renews_epoch: Mapped[str | None] = mapped_column(String(16))
    renews_sequence: Mapped[BigCount] = mapped_column(default=0)
    renews_head: Mapped[Digest | None]
    """While reconciling: what we knew of the epoch before; then: where the destination left it."""
    reopened: Mapped[str | None] = mapped_column(String(16))
    """The destination's last request to send again, which was followed."""


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
    sealed_at: Mapped[Micros] = mapped_column(index=True)
    offers: Mapped[Count]
    """How often it was put before the carrier."""
    generation: Mapped[Count] = mapped_column(default=0)
    tries: Mapped[Count] = mapped_column(default=0)
    """Automatic offers since the first one, or since a person asked for another."""
    exhausted_at: Mapped[Micros | None]
    """Since when it is missing for good: automatic offers are used up, a person must look."""
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
    next_epoch: Mapped[str | None] = mapped_column(String(16))
    """The origin announced this epoch; nothing more is applied of the present one."""
    reopen: Mapped[str | None] = mapped_column(String(16))
    """Set when we were restored: asks the origin to send again what we had applied and lost."""


class RetiredEpoch(KernelBase):
    """An epoch that was left; its late bundles are dropped, their messages came again."""

    __tablename__ = "retired_epoch"

    origin: Mapped[Zone] = mapped_column(coded(Zone, "origin"), primary_key=True)
    stream: Mapped[Stream] = mapped_column(coded(Stream, "stream"), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(16), primary_key=True)
    retired_at: Mapped[Micros]


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
    applied_at: Mapped[Micros] = mapped_column(index=True)
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


class DrillRun(KernelBase):
    """One rehearsal: so many messages, each its own bundle."""

    __tablename__ = "drill_run"

    id: Mapped[Id] = mapped_column(primary_key=True)
    destination: Mapped[Zone] = mapped_column(coded(Zone, "destination"))
    asked_by: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[Micros]
    size: Mapped[BigCount]
    lose: Mapped[Count]


class DrillMessage(KernelBase):
    """One message of a rehearsal; ``withheld`` was kept from the carrier once, on purpose."""

    __tablename__ = "drill_message"

    id: Mapped[Id] = mapped_column(primary_key=True)
    """The message's id."""
    drill: Mapped[Id] = mapped_column(index=True)
    number: Mapped[Count]
    withheld: Mapped[Flag]
