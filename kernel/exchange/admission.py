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

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.bundle import BundleHeader, OpenedBundle
from kernel.errors import RefusedError, RejectedBundleError
from kernel.exchange import renewal
from kernel.exchange.models import BundleIn, InboxMessage, InboxState, StreamIn, StreamInState
from kernel.logs import get_logger
from kernel.messages import Message, decode
from kernel.vocabulary.zones import Stream, Zone

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
    for line in opened.messages:
        code = _apply_line(session, line, header, digest, handlers, destination, now)
        refused = refused or code
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


def _apply_line(
    session: Session,
    line: bytes,
    header: BundleHeader,
    digest: str,
    handlers: Mapping[str, Handler],
    destination: Zone,
    now: int,
) -> str | None:
    """One message: effect and inbox row commit together; a known id has no second effect."""
    try:
        message = decode(line, header.origin, destination)
        if session.get(InboxMessage, message.id) is not None:
            return None
        handler = _require_handler(handlers, message.kind)
    except RejectedBundleError as error:
        log.warning("exchange.message_refused", bundle=digest, error=error)
        return error.code
    state, code = InboxState.APPLIED, None
    try:
        with session.begin_nested():
            handler(session, Received(message, header.origin, now))
    except RefusedError as error:
        state, code = InboxState.REFUSED, error.code
        log.warning("exchange.message_refused", message=message.id, kind=message.kind, error=error)
    session.add(
        InboxMessage(
            id=message.id,
            origin=header.origin,
            kind=message.kind,
            case_no=getattr(message.body, "case_no", None),
            bundle=digest,
            state=state,
            code=code,
            received_at=now,
        )
    )
    return code


def _require_handler(handlers: Mapping[str, Handler], kind: str) -> Handler:
    try:
        return handlers[kind]
    except KeyError:
        raise RejectedBundleError("message_unhandled", "本网没有处理此类消息的程序") from None
