"""Admission: arrived bundles are applied in order, exactly once, or set aside with a reason.

For every stream the steps are, in this order (docs/spec/bundle-v1.md, "destination"):

1. a stream that is halted takes nothing;
2. a bundle of an epoch that was left is dropped; an epoch that was not announced, or does not begin
   where the one before was left, is quarantined (``epoch_changed``);
3. a sequence at or below the head: the same digest is a duplicate and is dropped; another digest is
   equivocation, halts the stream and is quarantined (``equivocation``);
4. a sequence beyond the next one waits, and is a gap;
5. the next one must name our head as its predecessor (``chain_broken``);
6. the whole bundle is verified while its blobs go to the materials store;
7. in one transaction each message has its effect, or is refused, and the head moves;
8. the file leaves the spool.

A crash anywhere leaves the file in the spool: the next start applies it, or finds it applied.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.bundle import BundleHeader, OpenedBundle
from kernel.errors import RefusedError, RejectedBundleError
from kernel.exchange import renewal
from kernel.exchange.models import BundleIn, InboxMessage, InboxState, StreamIn, StreamInState
from kernel.logs import get_logger
from kernel.messages import Message, decode
from kernel.vocabulary.zones import Stream, Zone

_LINES_A_QUERY: Final = 100

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Received:
    """One message as its handler gets it; its blobs lie in the materials store."""

    message: Message
    origin: Zone
    received_at: int


Handler = Callable[[Session, Received], None]
"""Makes a message's effect in the given transaction; raises RefusedError to refuse it."""


class Verdict(Enum):
    """What to do with an arrived bundle, judged by its header alone."""

    APPLY = auto()
    DUPLICATE = auto()
    WAIT = auto()
    RETIRED = auto()
    """Of an epoch that was left; its messages come again, or came, under another."""


def judge(session: Session, header: BundleHeader, digest: str) -> Verdict:
    """Steps 1 to 5 for a bundle whose signature is good.

    Raises :class:`RejectedBundleError`: ``stream_halted``, ``epoch_changed``, ``equivocation``,
    ``chain_broken``.
    """
    stream = session.get(StreamIn, (header.origin, header.stream))
    if stream is None:
        # First contact: whatever epoch comes first is the one, its numbers start at 1.
        return Verdict.APPLY if header.sequence == 1 else Verdict.WAIT
    if stream.state is StreamInState.HALTED:
        raise RejectedBundleError("stream_halted", "该交换流已停止接收，须由管理员处理后恢复")
    if header.epoch == stream.epoch and header.sequence <= stream.sequence:
        return _judge_old(session, header, digest)
    if header.epoch != stream.epoch or stream.next_epoch is not None:
        return _judge_renewed(session, stream, header)
    if header.sequence > stream.sequence + 1:
        return Verdict.WAIT
    if header.previous != stream.head:
        raise RejectedBundleError("chain_broken", "交换包与上一包的摘要链接不符")
    return Verdict.APPLY


def _judge_renewed(session: Session, stream: StreamIn, header: BundleHeader) -> Verdict:
    if renewal.is_retired(session, stream, header):
        return Verdict.RETIRED
    if header.epoch == stream.next_epoch and header.sequence > 1:
        return Verdict.WAIT
    renewal.require_renewal(stream, header)
    return Verdict.APPLY


def _judge_old(session: Session, header: BundleHeader, digest: str) -> Verdict:
    known = session.scalars(
        select(BundleIn.digest).where(
            BundleIn.origin == header.origin,
            BundleIn.stream == header.stream,
            BundleIn.epoch == header.epoch,
            BundleIn.sequence == header.sequence,
        )
    ).one_or_none()
    if known == digest:
        return Verdict.DUPLICATE
    raise RejectedBundleError("equivocation", "同一序号收到内容不同的交换包")


def halt(session: Session, origin: Zone, stream: Stream) -> None:
    """Stop a stream whose origin said two different things under one number."""
    session.get_one(StreamIn, (origin, stream)).state = StreamInState.HALTED


def apply(
    session: Session,
    opened: OpenedBundle,
    name: str,
    size: int,
    handlers: Mapping[str, Handler],
    destination: Zone,
    now: int,
) -> str | None:
    """Step 7, inside the caller's transaction; answers the code of the first refusal, if any."""
    header, digest = opened.header, opened.digest
    stream = session.get(StreamIn, (header.origin, header.stream))
    if stream is None:
        stream = StreamIn(
            origin=header.origin,
            stream=header.stream,
            epoch=header.epoch,
            sequence=0,
            head=None,
            state=StreamInState.ACTIVE,
            promised=0,
        )
        session.add(stream)
    elif stream.epoch != header.epoch:
        renewal.begin_epoch(session, stream, header, now)
    refused: str | None = None
    seen: set[str] = set()
    came: list[InboxMessage] = []
    for first in range(0, len(opened.messages), _LINES_A_QUERY):
        lines = opened.messages[first : first + _LINES_A_QUERY]
        found = [_decoded(line, header, digest, handlers, destination) for line in lines]
        seen |= _known(session, [one.message.id for one in found if one.message is not None])
        for one in found:
            code = one.code
            if one.message is not None and one.handler and one.message.id not in seen:
                seen.add(one.message.id)
                came.append(_effect(session, one.message, one.handler, header.origin, digest, now))
                code = came[-1].code
            refused = refused or code
    # Together and last: a row at a time would cost as much as the effects.
    session.add_all(came)
    stream.sequence = header.sequence
    stream.head = digest
    session.add(
        BundleIn(
            digest=digest,
            origin=header.origin,
            stream=header.stream,
            epoch=header.epoch,
            sequence=header.sequence,
            name=name,
            size=size,
            messages=len(opened.messages),
            applied_at=now,
            refused=refused,
        )
    )
    return refused


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A line that can have an effect, or the code of what is wrong with it."""

    message: Message | None = None
    handler: Handler | None = None
    code: str | None = None


def _decoded(
    line: bytes,
    header: BundleHeader,
    digest: str,
    handlers: Mapping[str, Handler],
    destination: Zone,
) -> _Decoded:
    try:
        message = decode(line, header.origin, destination)
        return _Decoded(message, _require_handler(handlers, message.kind))
    except RejectedBundleError as error:
        log.warning("exchange.message_refused", bundle=digest, error=error)
        return _Decoded(code=error.code)


def _known(session: Session, ids: list[str]) -> set[str]:
    """Which of ``ids`` had their effect before, by whatever bundle."""
    return set(session.scalars(select(InboxMessage.id).where(InboxMessage.id.in_(ids))))


def _effect(
    session: Session, message: Message, handler: Handler, origin: Zone, digest: str, now: int
) -> InboxMessage:
    """Make the message's effect; answers the row that commits with it."""
    state, code = InboxState.APPLIED, None
    try:
        with session.begin_nested():
            handler(session, Received(message, origin, now))
    except RefusedError as error:
        state, code = InboxState.REFUSED, error.code
        log.warning("exchange.message_refused", message=message.id, kind=message.kind, error=error)
    return InboxMessage(
        id=message.id,
        origin=origin,
        kind=message.kind,
        case_no=getattr(message.body, "case_no", None),
        bundle=digest,
        state=state,
        code=code,
        received_at=now,
    )


def _require_handler(handlers: Mapping[str, Handler], kind: str) -> Handler:
    try:
        return handlers[kind]
    except KeyError:
        raise RejectedBundleError("message_unhandled", "本网没有处理此类消息的程序") from None
