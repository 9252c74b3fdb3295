"""A window's inbox: what its agent pushes, and who may look at it.

What arrives twice under one key is there once; a scan whose very bytes wait already is not kept a
second time. Files are inspected and kept by the code, and in the store, of uploaded materials.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services.entry import bare_name
from extranet_zone.window.contract import SUFFIXES, IdentityFacts, Reading, ReadingKind
from extranet_zone.window.models import OrderState, ReadingState, ServiceWindow, WindowReading
from extranet_zone.window.services import orders
from kernel import audit
from kernel.db import new_id
from kernel.errors import (
    ConflictError,
    InvalidValueError,
    NotFoundError,
    RefusedError,
    TooManyRequestsError,
)
from kernel.materials import Inspected, MaterialsStore, StoredBlob
from kernel.vocabulary.dictionaries import DocumentKind
from kernel.vocabulary.masks import mask_identity, mask_name

MAX_WAITING: Final = 200
AGENT: Final = "system:window"
PICTURES: Final = frozenset({ReadingKind.SCAN, ReadingKind.CAMERA})
"""Of these the list shows small pictures; portraits, signatures and fingerprints are opened."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A reading with the key and the digest it came under."""

    key: str
    digest: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class ReadingShown:
    """One waiting reading as the page may show it; a document is masked."""

    id: str
    kind: ReadingKind
    device: str
    received_at: int
    case_no: str
    file_name: str
    media_type: str
    size: int
    pages: int
    has_thumbnail: bool
    document: str
    expires: str
    score: float | None


def known(session: Session, window_id: str, pushed: Pushed) -> str | None:
    """The id of the reading that is there already, if it is.

    Raises :class:`ConflictError` with code ``reading_differs``.
    """
    row = session.scalar(
        select(WindowReading).where(
            WindowReading.window_id == window_id, WindowReading.key == pushed.key
        )
    )
    if row is not None:
        if row.digest != pushed.digest:
            raise ConflictError("reading_differs", "同一编号下已有不同的设备数据")
        return row.id
    if pushed.reading.kind is not ReadingKind.SCAN:
        return None
    return session.scalar(
        select(WindowReading.id)
        .where(
            WindowReading.window_id == window_id,
            WindowReading.state == ReadingState.WAITING,
            WindowReading.kind == ReadingKind.SCAN,
            WindowReading.file_digest == pushed.reading.digest,
        )
        .limit(1)
    )


def require_welcome(
    session: Session, window_id: str, reading: Reading, now: int, *, sample: bool
) -> None:
    """Whether the reading may come in, before its file is looked at.

    Raises :class:`RefusedError` (``reading_simulated``), :class:`ConflictError`
    (``window_order_closed``), :class:`InvalidValueError` (``reading_invalid``: compared with
    another photo) and :class:`TooManyRequestsError` (``window_inbox_full``).
    """
    if reading.simulated and not sample:
        raise RefusedError("reading_simulated", "模拟设备的数据不能用于正式办件")
    if reading.order:
        orders.require_open(session, window_id, reading.order, reading.kind, now)
    if reading.kind is ReadingKind.FACE:
        photo = orders.reference_digest(session, window_id, reading.order, now)
        if reading.facts["reference"] != photo:
            raise InvalidValueError("reading_invalid", "比对所用照片不是所要求的证件照片")
    if waiting_count(session, window_id) >= MAX_WAITING:
        raise TooManyRequestsError("window_inbox_full", "待收入的设备数据过多，请先收入或丢弃")


def receive(
    session: Session,
    window_id: str,
    pushed: Pushed,
    stored: tuple[StoredBlob, Inspected] | None,
    now: int,
) -> str:
    """Put the reading into the inbox and close its order; answers its id. Audited.

    Raises as :func:`known`, and :class:`ConflictError` with code ``window_order_closed``.
    """
    # One reading of a window at a time: the second of two attempts finds the first.
    session.get_one(ServiceWindow, window_id, with_for_update=True)
    there = known(session, window_id, pushed)
    if there is not None:
        return there
    reading = pushed.reading
    asked = None
    if reading.order:
        asked = orders.require_open(session, window_id, reading.order, reading.kind, now)
        asked.state = OrderState.ANSWERED
    blob, inspected = stored if stored is not None else (StoredBlob("", 0), Inspected("", 0))
    row = WindowReading(
        id=new_id(),
        window_id=window_id,
        key=pushed.key,
        digest=pushed.digest,
        kind=reading.kind,
        order_id=reading.order or None,
        device=reading.device,
        facts=json.dumps(reading.facts, ensure_ascii=False, sort_keys=True),
        file_digest=blob.digest,
        file_name=_file_name(reading),
        size=blob.size,
        media_type=inspected.media_type,
        pages=inspected.pages,
        received_at=now,
        state=ReadingState.WAITING,
        decided_by="",
        case_no=asked.case_no if asked is not None else None,
        subject="",
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        audit.AuditEntry(
            actor=AGENT,
            act="window.reading_received",
            object_kind="window_reading",
            object_id=row.id,
            case_no=row.case_no,
            detail={
                "window": window_id,
                "kind": reading.kind.value,
                "digest": pushed.digest,
                "simulated": int(reading.simulated),
            },
        ),
    )
    return row.id


def waiting(session: Session, window_id: str) -> Sequence[ReadingShown]:
    """The inbox, oldest first."""
    rows = session.scalars(
        select(WindowReading)
        .where(WindowReading.window_id == window_id, WindowReading.state == ReadingState.WAITING)
        .order_by(WindowReading.received_at, WindowReading.key)
        .limit(MAX_WAITING)
    )
    return [_shown(row) for row in rows]


def waiting_count(session: Session, window_id: str) -> int:
    """How many readings wait."""
    return (
        session.scalar(
            select(func.count())
            .select_from(WindowReading)
            .where(
                WindowReading.window_id == window_id, WindowReading.state == ReadingState.WAITING
            )
        )
        or 0
    )


def require_waiting(
    session: Session, window_id: str, reading_id: str, *, hold: bool = True
) -> WindowReading:
    """A reading of the window's inbox, its row held unless it is only looked at.

    Raises :class:`NotFoundError` (``reading_unknown``) and :class:`ConflictError`
    (``reading_decided``).
    """
    row = session.get(WindowReading, reading_id, with_for_update=hold)
    if row is None or row.window_id != window_id:
        raise NotFoundError("reading_unknown", "本窗口没有这项设备数据")
    if row.state is not ReadingState.WAITING:
        raise ConflictError("reading_decided", f"这项设备数据{row.state.label}")
    return row


def open_file(
    session: Session, store: MaterialsStore, window_id: str, reading_id: str, actor: Actor
) -> tuple[Path, WindowReading]:
    """A waiting reading's file, with a record of who looked.

    Raises as :func:`require_waiting`.
    """
    row = require_waiting(session, window_id, reading_id)
    if not row.file_digest:
        raise NotFoundError("reading_unknown", "这项设备数据没有图片")
    audit_reading(session, "window.reading_viewed", row, actor)
    return store.path(row.file_digest), row


def thumbnail_of(session: Session, store: MaterialsStore, window_id: str, reading_id: str) -> Path:
    """The picture that the list shows small. Raises as :func:`require_waiting`."""
    row = require_waiting(session, window_id, reading_id, hold=False)
    if not _has_thumbnail(row):
        raise NotFoundError("reading_unknown", "这项设备数据没有缩略图")
    return store.path(row.file_digest)


def audit_reading(
    session: Session, act: str, row: WindowReading, actor: Actor, **detail: str | int | None
) -> None:
    """Record what somebody did with a reading."""
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act=act,
            object_kind="window_reading",
            object_id=row.id,
            case_no=row.case_no,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            detail={"kind": row.kind.value, "digest": row.digest, **detail},
        ),
    )


def identity_of(row: WindowReading) -> IdentityFacts:
    """What the document says."""
    return IdentityFacts.model_validate_json(row.facts)


def score_of(row: WindowReading) -> float:
    """How like the faces are, 0 to 100."""
    return float(json.loads(row.facts)["score"])


def _file_name(reading: Reading) -> str:
    if not reading.digest:
        return ""
    if reading.kind is not ReadingKind.SCAN:
        return f"{reading.kind.label}-{reading.digest[:8]}{SUFFIXES[reading.media_type]}"
    return bare_name(reading.file_name)


def _has_thumbnail(row: WindowReading) -> bool:
    return row.kind in PICTURES and row.media_type.startswith("image/")


def _shown(row: WindowReading) -> ReadingShown:
    document = expires = ""
    if row.kind is ReadingKind.IDENTITY:
        card = identity_of(row)
        kind = DocumentKind(card.document_type).label
        document = f"{mask_name(card.name)}　{kind} {mask_identity(card.number)}"
        expires = card.valid_until
    return ReadingShown(
        id=row.id,
        kind=row.kind,
        device=row.device,
        received_at=row.received_at,
        case_no=row.case_no or "",
        file_name=row.file_name,
        media_type=row.media_type,
        size=row.size,
        pages=row.pages,
        has_thumbnail=_has_thumbnail(row),
        document=document,
        expires=expires,
        score=score_of(row) if row.kind is ReadingKind.FACE else None,
    )
