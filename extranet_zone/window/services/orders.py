"""What a clerk asks of the devices of their window, and what the agent is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services.entry import require_open_entry
from extranet_zone.cases.services.work import CaseWork
from extranet_zone.window.contract import (
    DEVICE_KINDS,
    MAX_MESSAGE,
    MAX_ORDERS,
    ORDER_SECONDS,
    ReadingKind,
)
from extranet_zone.window.models import (
    OrderState,
    ReadingState,
    ServiceWindow,
    WindowOrder,
    WindowReading,
)
from kernel import audit
from kernel.db import new_id
from kernel.errors import ConflictError, InvalidValueError, NotFoundError

ORDER_MICROS: Final = ORDER_SECONDS * 1_000_000
SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """One open order as the agent is told."""

    id: str
    kind: ReadingKind
    reference: str
    """Digest of the photo to compare with; empty for other kinds."""


def order(
    session: Session,
    work: CaseWork,
    window: ServiceWindow,
    kind: ReadingKind,
    case_no: str,
    reference_id: str,
    actor: Actor,
    now: int,
) -> str:
    """Ask for a reading; what was asked before of the same device is withdrawn. Answers its id.

    Raises as :func:`require_open_entry`, and :class:`InvalidValueError`: ``device_unknown``,
    ``face_without_photo`` (a face is compared with a document read for this very case).
    """
    require_open_entry(session, work, case_no, actor)
    if kind not in DEVICE_KINDS:
        raise InvalidValueError("device_unknown", "没有这种设备", field="kind")
    if kind is ReadingKind.FACE:
        photo = session.get(WindowReading, reference_id)
        if photo is None or not is_photo_of(photo, case_no):
            raise InvalidValueError(
                "face_without_photo", "请先读取并收入带照片的证件，再作人像比对"
            )
    session.execute(
        update(WindowOrder)
        .where(
            WindowOrder.window_id == window.id,
            WindowOrder.kind == kind,
            WindowOrder.state == OrderState.OPEN,
        )
        .values(state=OrderState.WITHDRAWN)
    )
    asked = WindowOrder(
        id=new_id(),
        window_id=window.id,
        kind=kind,
        case_no=case_no,
        reference_id=reference_id if kind is ReadingKind.FACE else "",
        state=OrderState.OPEN,
        asked_by=actor.login,
        asked_at=now,
        failure="",
        message="",
    )
    session.add(asked)
    session.flush()
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act="window.ordered",
            object_kind="window",
            object_id=window.id,
            case_no=case_no,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            detail={"kind": kind.value, "order": asked.id},
        ),
    )
    return asked.id


def photos_of(session: Session, case_no: str) -> Sequence[WindowReading]:
    """The documents read for the case that have a photo, the latest first."""
    return session.scalars(
        select(WindowReading)
        .where(
            WindowReading.case_no == case_no,
            WindowReading.kind == ReadingKind.IDENTITY,
            WindowReading.state == ReadingState.TAKEN,
            WindowReading.size > 0,
        )
        .order_by(WindowReading.received_at.desc())
        .limit(SHOWN)
    ).all()


def is_photo_of(reading: WindowReading, case_no: str) -> bool:
    """Whether it is a document's photo that was taken over into the case."""
    return (
        reading.kind is ReadingKind.IDENTITY
        and reading.state is ReadingState.TAKEN
        and reading.case_no == case_no
        and bool(reading.size and reading.subject)
    )


def open_orders(session: Session, window_id: str, now: int) -> Sequence[Asked]:
    """What waits for the window's agent, oldest first."""
    rows = session.scalars(
        select(WindowOrder)
        .where(
            WindowOrder.window_id == window_id,
            WindowOrder.state == OrderState.OPEN,
            WindowOrder.asked_at > now - ORDER_MICROS,
        )
        .order_by(WindowOrder.asked_at)
        .limit(MAX_ORDERS)
    ).all()
    return [Asked(row.id, row.kind, _photo_digest(session, row)) for row in rows]


def latest_orders(session: Session, window_id: str, case_no: str) -> Sequence[WindowOrder]:
    """What was asked last, for the page."""
    return session.scalars(
        select(WindowOrder)
        .where(WindowOrder.window_id == window_id, WindowOrder.case_no == case_no)
        .order_by(WindowOrder.asked_at.desc())
        .limit(SHOWN)
    ).all()


def is_open(asked: WindowOrder, now: int) -> bool:
    """Whether the agent may still answer."""
    return asked.state is OrderState.OPEN and asked.asked_at > now - ORDER_MICROS


def reference_digest(session: Session, window_id: str, order_id: str, now: int) -> str:
    """The digest of the photo that an open order of the window compares with.

    Raises :class:`NotFoundError` with code ``window_order_unknown``.
    """
    asked = session.get(WindowOrder, order_id)
    if asked is not None and asked.window_id == window_id and is_open(asked, now):
        digest = _photo_digest(session, asked)
        if digest:
            return digest
    raise NotFoundError("window_order_unknown", "没有这个读取请求")


def fail(session: Session, window_id: str, order_id: str, code: str, message: str) -> None:
    """The device read nothing; an order that is no longer open stays as it is."""
    session.execute(
        update(WindowOrder)
        .where(
            WindowOrder.id == order_id,
            WindowOrder.window_id == window_id,
            WindowOrder.state == OrderState.OPEN,
        )
        .values(
            state=OrderState.FAILED, failure=code, message=message.replace("\x00", "")[:MAX_MESSAGE]
        )
    )


def require_open(
    session: Session, window_id: str, order_id: str, kind: ReadingKind, now: int
) -> WindowOrder:
    """The order that a reading answers, its row held.

    Raises :class:`ConflictError` with code ``window_order_closed``.
    """
    asked = session.get(WindowOrder, order_id, with_for_update=True)
    if (
        asked is None
        or asked.window_id != window_id
        or asked.kind is not kind
        or not is_open(asked, now)
    ):
        raise ConflictError("window_order_closed", "这次读取请求已结束，请重新读取")
    return asked


def _photo_digest(session: Session, asked: WindowOrder) -> str:
    if not asked.reference_id:
        return ""
    photo = session.get(WindowReading, asked.reference_id)
    return photo.file_digest if photo is not None else ""
