"""The tables of clocks: one row a running or ended clock, its pauses, and loaded calendars."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extranet_zone.clocks.states import ClockKind, SuspensionReason
from extranet_zone.db import Base
from kernel.db import Count, Flag, Id, Micros, coded


class ClockRow(Base):
    """One clock of one subject. A clock that has ended never runs again: the next is a new row."""

    __tablename__ = "clock"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ends_after_start"),
        Index("ix_clock_subject", "subject", "kind"),
        Index("ix_clock_running", "ended_at", "due_at"),
        Index("ix_clock_started_at", "started_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(64))
    """The case number, or what else is measured."""
    kind: Mapped[ClockKind] = mapped_column(coded(ClockKind, "kind"))
    item: Mapped[str] = mapped_column(String(40))
    authority: Mapped[str] = mapped_column(String(6))
    """Whose duty it is: the division code of the authority."""
    length: Mapped[Count]
    """In what the kind's rule measures; 0 for a clock without an end."""
    started_at: Mapped[Micros]
    ended_at: Mapped[Micros | None]
    due_at: Mapped[Micros | None]
    due_note: Mapped[str] = mapped_column(String(200))
    """Why there is no due moment although the clock runs."""
    late: Mapped[Flag]
    """Whether it ended after it was due."""
    ended_by: Mapped[str] = mapped_column(String(64))

    pauses: Mapped[list["ClockPause"]] = relationship(
        order_by="ClockPause.begun_at", cascade="all, delete-orphan", lazy="selectin"
    )


class ClockPause(Base):
    """A time in which a clock does not count, with its reason."""

    __tablename__ = "clock_pause"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= begun_at", name="ends_after_start"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    clock_id: Mapped[Id] = mapped_column(ForeignKey("clock.id"), index=True)
    reason: Mapped[SuspensionReason] = mapped_column(coded(SuspensionReason, "reason"))
    note: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[Micros]
    ended_at: Mapped[Micros | None]


class CalendarEdition(Base):
    """One signed edition of a year's working calendar; kept for ever."""

    __tablename__ = "calendar_edition"

    year: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    edition: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(String(200))
    keyid: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    """The signed file as it came; checked again whenever it is read."""
    loaded_by: Mapped[str] = mapped_column(String(64))
    loaded_at: Mapped[Micros]
