"""Windows, their tokens, what was asked of their devices, and what these read."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from extranet_zone.db import Base
from extranet_zone.window.contract import ReadingKind
from kernel.db import BigCount, Count, Digest, Id, Json, Micros, coded
from kernel.vocabulary.coded import Coded


class OrderState(Coded):
    """What became of what was asked for."""

    OPEN = "open", "等待设备"
    ANSWERED = "answered", "已读取"
    FAILED = "failed", "未读到"
    WITHDRAWN = "withdrawn", "已撤销"


class ReadingState(Coded):
    """What became of a reading."""

    WAITING = "waiting", "待收入"
    TAKEN = "taken", "已收入"
    DISCARDED = "discarded", "已丢弃"


class ServiceWindow(Base):
    """One window of an authority, and who sits there; its token is stored only as a SHA-256."""

    __tablename__ = "service_window"
    __table_args__ = (
        UniqueConstraint("authority", "name"),
        CheckConstraint("(seated_login IS NULL) = (seated_at IS NULL)", name="seat_has_time"),
        CheckConstraint(
            "(token_digest IS NULL) = (token_issued_at IS NULL)", name="token_has_time"
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    authority: Mapped[str] = mapped_column(String(6))
    name: Mapped[str] = mapped_column(String(40))
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[Micros]
    seated_login: Mapped[str | None] = mapped_column(String(64), unique=True)
    """One window seats one person, and a person sits at one."""
    seated_at: Mapped[Micros | None]
    token_digest: Mapped[Digest | None] = mapped_column(unique=True)
    token_issued_at: Mapped[Micros | None]
    token_issued_by: Mapped[str] = mapped_column(String(64))
    token_revoked_at: Mapped[Micros | None]
    seen_at: Mapped[Micros | None]
    """When the agent was last heard of."""


class WindowOrder(Base):
    """One request to a device of the window, for one case."""

    __tablename__ = "window_order"
    __table_args__ = (Index("ix_window_order_window_id_asked_at", "window_id", "asked_at"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    window_id: Mapped[str] = mapped_column(ForeignKey("service_window.id"))
    kind: Mapped[ReadingKind] = mapped_column(coded(ReadingKind, "kind"))
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"))
    reference_id: Mapped[str] = mapped_column(String(32))
    """The identity reading whose photo a face is compared with; empty for other kinds."""
    state: Mapped[OrderState] = mapped_column(coded(OrderState, "state"))
    asked_by: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[Micros] = mapped_column(index=True)
    failure: Mapped[str] = mapped_column(String(40))
    message: Mapped[str] = mapped_column(String(200))


class WindowReading(Base):
    """One reading in a window's inbox; once decided its facts are empty."""

    __tablename__ = "window_reading"
    __table_args__ = (
        UniqueConstraint("window_id", "key"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided_or_waiting"),
        Index("ix_window_reading_window_id_state", "window_id", "state", "received_at"),
        Index("ix_window_reading_state_received_at", "state", "received_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    window_id: Mapped[str] = mapped_column(ForeignKey("service_window.id"))
    key: Mapped[str] = mapped_column(String(32))
    digest: Mapped[Digest]
    """Of the reading as it was sent, which names the file's."""
    kind: Mapped[ReadingKind] = mapped_column(coded(ReadingKind, "kind"))
    order_id: Mapped[str | None] = mapped_column(ForeignKey("window_order.id"))
    device: Mapped[str] = mapped_column(String(64))
    facts: Mapped[Json]
    file_digest: Mapped[str] = mapped_column(String(64), index=True)
    """Empty where there is no file."""
    file_name: Mapped[str] = mapped_column(String(200))
    size: Mapped[BigCount]
    media_type: Mapped[str] = mapped_column(String(40))
    pages: Mapped[Count]
    received_at: Mapped[Micros]
    state: Mapped[ReadingState] = mapped_column(coded(ReadingState, "state"))
    decided_by: Mapped[str] = mapped_column(String(64))
    decided_at: Mapped[Micros | None]
    case_no: Mapped[str | None] = mapped_column(ForeignKey("case_file.case_no"), index=True)
    subject: Mapped[str] = mapped_column(String(64))
    """Whose document it was, as the checks of a case name a person; empty otherwise."""
