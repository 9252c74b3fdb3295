"""Bugs to plant: each is what somebody could plausibly have written."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from unit.exchange import world

from kernel.audit import AuditEntry, record
from kernel.durable import remove_durably
from kernel.exchange import Exchange, Received, admission, beacons, receipts, renewal, sealing
from kernel.exchange.models import BundleIn, BundleOut, BundleOutState, OutboxMessage, StreamIn
from kernel.exchange.sealer import Sealer
from kernel.spool import Spool

Plant = Callable[[pytest.MonkeyPatch], None]
PLANTED: dict[str, Plant] = {}


def planted(function: Plant) -> Plant:
    PLANTED[function.__name__] = function
    return function


@planted
def confirm_without_receipt(patch: pytest.MonkeyPatch) -> None:
    """What the carrier took is believed to have arrived."""
    before = Exchange.note_carried

    def note(self: Exchange) -> None:
        before(self)
        with self._database.begin() as session:
            for row in session.scalars(
                select(BundleOut).where(BundleOut.state == BundleOutState.CARRIED)
            ):
                row.state, row.confirmed_at = BundleOutState.CONFIRMED, 1

    patch.setattr(Exchange, "note_carried", note)


@planted
def confirm_one_too_many(patch: pytest.MonkeyPatch) -> None:
    """A receipt is read as if it named the first number that is still wanted."""
    before = receipts._confirm

    def confirm(session: Session, to: Any, receipt: Any, now: int) -> Any:
        return before(
            session, to, receipt.model_copy(update={"contiguous": receipt.contiguous + 1}), now
        )

    patch.setattr(receipts, "_confirm", confirm)


@planted
def apply_twice(patch: pytest.MonkeyPatch) -> None:
    """A duplicate has its effect again."""
    judge, apply = admission.judge, admission.apply

    def lax(session: Session, header: Any, digest: str) -> Any:
        verdict = judge(session, header, digest)
        duplicate = verdict is admission.Verdict.DUPLICATE
        return admission.Verdict.APPLY if duplicate else verdict

    def again(session: Session, opened: Any, *rest: Any) -> Any:
        if session.get(BundleIn, opened.digest) is None:
            return apply(session, opened, *rest)
        for ref in opened.header.messages:
            message: Any = ref
            world.effect(session, Received(message, opened.header.origin, 1))
        return None

    patch.setattr(admission, "judge", lax)
    patch.setattr(admission, "apply", again)


@planted
def apply_out_of_order(patch: pytest.MonkeyPatch) -> None:
    judge = admission.judge

    def eager(session: Session, header: Any, digest: str) -> Any:
        verdict = judge(session, header, digest)
        waits = verdict is admission.Verdict.WAIT
        return admission.Verdict.APPLY if waits else verdict

    patch.setattr(admission, "judge", eager)


@planted
def forget_gap(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(receipts, "gaps_between", lambda *_given: [])


@planted
def forget_promised_tail(patch: pytest.MonkeyPatch) -> None:
    """A lost last bundle looks like silence."""
    patch.setattr(beacons, "_promise", lambda *_given: None)


@planted
def never_offer_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(receipts, "_offer_again", lambda *_given: ())


@planted
def say_no_beacon_was_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(beacons, "seen_beacon", lambda *_given: 0)


@planted
def release_before_confirm(patch: pytest.MonkeyPatch) -> None:
    """The carrier takes the only copy."""
    before = Spool.carried

    def carried(self: Spool, to: Any, name: str) -> None:
        before(self, to, name)
        remove_durably(self.kept(to) / name)

    patch.setattr(Spool, "carried", carried)


@planted
def throw_away_what_is_refused(patch: pytest.MonkeyPatch) -> None:
    def quarantine(_self: Spool, path: Any, *_given: Any) -> None:
        path.unlink()

    patch.setattr(Spool, "quarantine", quarantine)


@planted
def mark_before_sealing(patch: pytest.MonkeyPatch) -> None:
    """Messages are marked as sent in a transaction of their own, before there is a bundle."""
    before = Sealer._seal_next

    def seal(self: Any, to: Any, stream: Any) -> Any:
        with self._database.reading() as session:
            found = sealing.next_batch(session, to, stream)
        ids = found[1] if found else []
        with self._database.begin() as session:
            for each in ids:
                session.get_one(OutboxMessage, each).bundle = "f" * 64
        self._spool.fuse.step()
        with self._database.begin() as session:
            for each in ids:
                session.get_one(OutboxMessage, each).bundle = None
        return before(self, to, stream)

    patch.setattr(Sealer, "_seal_next", seal)


@planted
def recover_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Exchange, "recover", lambda _self: None)


@planted
def new_epoch_unasked(patch: pytest.MonkeyPatch) -> None:
    """Every bundle begins a life of its own."""
    before = sealing.next_batch

    def batch(*given: Any) -> Any:
        found = before(*given)
        return found and (replace(found[0], epoch=secrets.token_hex(8)), found[1])

    patch.setattr(sealing, "next_batch", batch)


@planted
def forget_what_came(patch: pytest.MonkeyPatch) -> None:
    """The head of a stream moves in a transaction after the effects."""
    before = admission.apply

    def apply(session: Session, opened: Any, *rest: Any) -> Any:
        refused = before(session, opened, *rest)
        session.flush()
        # Seen from outside: the row that says "applied" is lost with the crash, the effect is not.
        stream = session.get_one(StreamIn, (opened.header.origin, opened.header.stream))
        if opened.header.sequence % 2 == 0:
            stream.sequence = opened.header.sequence - 1
        return refused

    patch.setattr(admission, "apply", apply)


@planted
def audit_afterwards(patch: pytest.MonkeyPatch) -> None:
    """The audit record is written with the next act."""
    late: list[AuditEntry] = []

    def effect(session: Session, received: Received) -> None:
        world.write_effect(session, received.message.id)
        for entry in late:
            record(session, entry)
        late[:] = [AuditEntry("system:test", "effect", "message", received.message.id)]

    patch.setattr(world, "effect", effect)


@planted
def seal_on_after_a_restore(patch: pytest.MonkeyPatch) -> None:
    """The backup's numbers are used again."""
    patch.setattr(world, "start_new_epochs", lambda *_given: 0)


@planted
def believe_the_backup(patch: pytest.MonkeyPatch) -> None:
    """What was under way before the restore is taken to have arrived."""
    patch.setattr(renewal, "_is_applied", lambda *_given: True)


RESTORED = {"seal_on_after_a_restore", "believe_the_backup"}
"""Found only where backups are restored."""
