"""Epochs: how a stream goes on after a restore, without losing or doubling anything.

At its origin (docs/spec/bundle-v1.md, section "Epochs"):

1. :func:`open_epochs` draws a new epoch for every stream; nothing is sealed from then on;
2. beacons announce it (:func:`renewals`) until
3. a receipt of the destination says that the old epoch is closed for the new one, and how far it
   was applied; :func:`reconcile` then confirms what that covers and lets the rest be sealed again.

At the destination :func:`take_renewals` closes the old epoch, and :func:`require_renewal` lets the
new one begin only where the old one was left. Message ids make a second arrival harmless.
"""

import secrets
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from kernel.audit import AuditEntry, record
from kernel.bundle import Beacon, BundleHeader, Renewal, Renewed, StreamReceipt
from kernel.errors import RejectedBundleError
from kernel.exchange.models import (
    OPEN,
    BeaconOut,
    BundleOut,
    BundleOutState,
    OutboxMessage,
    RetiredEpoch,
    StreamIn,
    StreamInState,
    StreamOut,
    StreamOutState,
)
from kernel.logs import get_logger
from kernel.vocabulary.zones import Stream, Zone

BEACONS_A_SECOND: Final = 10
"""More than are ever published: a counter drawn from the clock is above all lost ones."""
PEER_RESTORED: Final = "对端从备份恢复，要求重新发送"

log = get_logger(__name__)


def new_epoch() -> str:
    """A name nobody used before."""
    return secrets.token_hex(8)


# At the origin.


def open_epochs(
    session: Session, destinations: Iterable[Zone], origins: Iterable[Zone], reason: str, now: int
) -> int:
    """After a restore: every stream begins a new epoch, and origins are asked to send again.

    ``reason`` is told to the other side. Beacon counters continue above any that may have been used
    since the backup, by the clock. Answers how many streams wait for their destination's word.
    """
    count = 0
    for to in destinations:
        beacon = session.get(BeaconOut, to)
        if beacon is None:
            beacon = BeaconOut(destination=to, counter=0, published_at=0, content="")
            session.add(beacon)
        beacon.counter = max(beacon.counter + 1, now // 1_000_000 * BEACONS_A_SECOND)
        beacon.content = ""
        for stream in Stream:
            open_epoch(session, to, stream, reason, now)
            count += 1
    for origin in origins:
        for row in session.scalars(select(StreamIn).where(StreamIn.origin == origin)):
            row.reopen = new_epoch()
    return count


def open_epoch(session: Session, to: Zone, stream: Stream, reason: str, now: int) -> None:
    """Announce a new epoch for one stream; repeated before it began, it replaces the announced."""
    row = session.get(StreamOut, (to, stream))
    if row is None:
        row = StreamOut(destination=to, stream=stream, epoch="", sequence=0, generation=0)
        session.add(row)
    elif row.state is not StreamOutState.RECONCILING:
        row.renews_epoch, row.renews_sequence, row.renews_head = row.epoch, row.sequence, row.head
    row.epoch, row.sequence, row.head = new_epoch(), 0, None
    row.generation += 1
    row.state, row.state_at = StreamOutState.RECONCILING, now
    row.reason = reason
    record(
        session,
        AuditEntry(
            actor="system:exchange",
            act="exchange.epoch_opened",
            object_kind="stream",
            object_id=f"{to.value}/{stream.value}",
            detail={
                "epoch": row.epoch,
                "before": row.renews_epoch,
                "sequence": row.renews_sequence,
                "reason": reason,
            },
        ),
    )
    log.warning("exchange.epoch_opened", destination=to.value, stream=stream.value, reason=reason)


def renewals(session: Session, to: Zone) -> list[Renewal]:
    """What beacons towards ``to`` announce."""
    rows = session.scalars(
        select(StreamOut)
        .where(StreamOut.destination == to, StreamOut.state == StreamOutState.RECONCILING)
        .order_by(StreamOut.stream)
    )
    return [Renewal(stream=row.stream, epoch=row.epoch, renews=renewed(row)) for row in rows]


def renewed(row: StreamOut) -> Renewed | None:
    """The epoch that ``row``'s replaces."""
    if row.renews_epoch is None:
        return None
    return Renewed(
        epoch=row.renews_epoch,
        sequence=row.renews_sequence,
        head=row.renews_head,
        reason=row.reason or "",
    )


def reconcile(session: Session, row: StreamOut, receipt: StreamReceipt, now: int) -> list[str]:
    """The destination's last word about the old epoch; answers the names that travel no more.

    What the receipt covers is confirmed. Every other message that was not known to be applied waits
    again, in its old order, to be sealed under the new epoch.
    """
    fresh = receipt.epoch == row.epoch
    everything = fresh or not _is_known(session, row, receipt.epoch)
    place = _place(session, row, receipt)
    gone: list[str] = []
    for bundle in session.scalars(_of(row)):
        if _is_applied(bundle, place):
            if bundle.state in OPEN:
                bundle.state, bundle.confirmed_at = BundleOutState.CONFIRMED, now
                gone.append(bundle.name)
        elif bundle.state in OPEN or place is not None or everything:
            gone.append(bundle.name)
            bundle.state, bundle.confirmed_at = BundleOutState.SUPERSEDED, None
            session.execute(
                update(OutboxMessage)
                .where(OutboxMessage.bundle == bundle.digest)
                .values(bundle=None)
            )
    row.state, row.state_at = StreamOutState.ACTIVE, None
    row.renews_epoch = None if fresh else receipt.epoch
    row.renews_sequence = 0 if fresh else receipt.contiguous
    row.renews_head = None if fresh else receipt.head
    unknown = place is None and receipt.contiguous > 0
    record(
        session,
        AuditEntry(
            actor="system:exchange",
            act="exchange.epoch_reconciled",
            object_kind="stream",
            object_id=f"{row.destination.value}/{row.stream.value}",
            detail={
                "epoch": row.epoch,
                "before": row.renews_epoch,
                "sequence": row.renews_sequence,
                "superseded": len(gone),
                # What the destination applied and our restored database has never heard of.
                "unknown_here": int(unknown),
            },
        ),
    )
    log.warning(
        "exchange.epoch_reconciled",
        destination=row.destination.value,
        stream=row.stream.value,
        sequence=receipt.contiguous,
        unknown_here=unknown,
    )
    return gone


def _is_known(session: Session, row: StreamOut, epoch: str) -> bool:
    """Whether our database has heard of the epoch the destination is in.

    If not, the backup is older than a change of epochs, and what it calls confirmed may have been
    lost and sent again since: only sending everything again is safe, and ids make it harmless.
    """
    known = session.scalars(_of(row).where(BundleOut.epoch == epoch).limit(1)).first()
    return known is not None or epoch == row.renews_epoch


def _place(session: Session, row: StreamOut, receipt: StreamReceipt) -> tuple[int, int] | None:
    """Where the destination is, as generation and sequence, if we know that place."""
    known = session.scalars(
        _of(row).where(
            BundleOut.epoch == receipt.epoch,
            BundleOut.sequence == max(receipt.contiguous, 1),
        )
    ).one_or_none()
    if known is not None and (receipt.contiguous == 0 or known.digest == receipt.head):
        return known.generation, receipt.contiguous
    if receipt.contiguous == 0 and receipt.epoch == row.renews_epoch:
        return row.generation - 1, 0
    return None


def _is_applied(bundle: BundleOut, place: tuple[int, int] | None) -> bool:
    """Covered by the destination's word, or by its earlier word about an earlier epoch."""
    if place is None:
        return False
    if bundle.generation == place[0]:
        return bundle.sequence <= place[1]
    return bundle.generation < place[0] and bundle.state is BundleOutState.CONFIRMED


def _of(row: StreamOut) -> Select[BundleOut]:
    return (
        select(BundleOut)
        .where(
            BundleOut.destination == row.destination,
            BundleOut.stream == row.stream,
            BundleOut.state != BundleOutState.SUPERSEDED,
        )
        .order_by(BundleOut.generation, BundleOut.sequence)
    )


def follow_reopen(session: Session, row: StreamOut, receipt: StreamReceipt, now: int) -> None:
    """The destination was restored: begin a new epoch from where it stands now, once a wish."""
    if receipt.reopen is not None and receipt.reopen != row.reopened:
        row.reopened = receipt.reopen
        open_epoch(session, row.destination, row.stream, PEER_RESTORED, now)


# At the destination.


def take_renewals(session: Session, beacon: Beacon) -> None:
    """Close the present epoch of every stream for the one its origin announces."""
    for renewal in beacon.renewals:
        row = session.get(StreamIn, (beacon.origin, renewal.stream))
        if row is None:
            row = StreamIn(
                origin=beacon.origin,
                stream=renewal.stream,
                epoch=renewal.epoch,
                sequence=0,
                head=None,
                state=StreamInState.ACTIVE,
                promised=0,
            )
            session.add(row)
        elif renewal.epoch not in {row.epoch, row.next_epoch}:
            row.next_epoch = renewal.epoch
            record(
                session,
                AuditEntry(
                    actor="system:exchange",
                    act="exchange.epoch_closed",
                    object_kind="stream",
                    object_id=f"{beacon.origin.value}/{renewal.stream.value}",
                    detail={
                        "epoch": row.epoch,
                        "next": renewal.epoch,
                        "sequence": row.sequence,
                        "reason": renewal.renews.reason if renewal.renews else None,
                    },
                ),
            )


def is_retired(session: Session, row: StreamIn, header: BundleHeader) -> bool:
    """Whether a bundle belongs to an epoch whose unapplied messages come again under another."""
    if row.next_epoch is not None and header.epoch == row.epoch:
        return True
    return session.get(RetiredEpoch, (header.origin, header.stream, header.epoch)) is not None


def require_renewal(row: StreamIn, header: BundleHeader) -> None:
    """Whether ``header`` begins the announced epoch exactly where the present one was left.

    Raises :class:`RejectedBundleError` with code ``epoch_changed``.
    """
    said = header.renews
    if (
        said is None
        or header.epoch != row.next_epoch
        or (said.epoch, said.sequence, said.head) != (row.epoch, row.sequence, row.head)
    ):
        raise RejectedBundleError("epoch_changed", "对端交换流的纪元改变而没有签名的变更记录")


def begin_epoch(session: Session, row: StreamIn, header: BundleHeader, now: int) -> None:
    """Leave the present epoch for ``header``'s, in the transaction that applies the bundle."""
    session.add(RetiredEpoch(origin=row.origin, stream=row.stream, epoch=row.epoch, retired_at=now))
    row.epoch, row.next_epoch, row.reopen = header.epoch, None, None
    row.sequence, row.head, row.promised = 0, None, 0
