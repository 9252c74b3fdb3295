"""Mirrored units, entries, and what stands on a unit after the last of them."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from intranet_zone.db import Base
from kernel.db import BigCount, Count, Id, Json, Micros


class MirrorUnit(Base):
    """A unit: its stock as it was loaded, its location as the last entry has it."""

    __tablename__ = "mirror_unit"

    unit_no: Mapped[str] = mapped_column(String(28), primary_key=True)
    parcel_no: Mapped[str] = mapped_column(String(19), index=True)
    location: Mapped[str] = mapped_column(String(200))
    body: Mapped[Json]


class MirrorEntry(Base):
    """One recorded entry; nothing updates or deletes it."""

    __tablename__ = "mirror_entry"

    entry_id: Mapped[Id] = mapped_column(primary_key=True)
    log_no: Mapped[BigCount] = mapped_column(unique=True)
    case_no: Mapped[str] = mapped_column(String(16), index=True)
    unit_no: Mapped[str] = mapped_column(String(28), index=True)
    effect: Mapped[str] = mapped_column(String(32))
    certificate_no: Mapped[str] = mapped_column(String(64))
    body: Mapped[Json]
    recorded_at: Mapped[Micros]
    mirrored_at: Mapped[Micros]


class MirrorRight(Base):
    """A right or notice on a unit; in force until an entry has ended it."""

    __tablename__ = "mirror_right"
    __table_args__ = (Index("ix_mirror_right_unit_no_kind", "unit_no", "kind"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    unit_no: Mapped[str] = mapped_column(String(28))
    kind: Mapped[str] = mapped_column(String(32))
    certificate_no: Mapped[str] = mapped_column(String(64))
    """Empty where the stock has none."""
    holders: Mapped[Json]
    """Names, in the order of the register."""
    begun_by: Mapped[str | None] = mapped_column(String(32))
    """The entry; nothing for what came with the stock."""
    ended_by: Mapped[str | None] = mapped_column(String(32))


class MirrorSeizure(Base):
    """A seizure of a unit after its last entry; ``position`` counts the queue from one."""

    __tablename__ = "mirror_seizure"

    unit_no: Mapped[str] = mapped_column(String(28), primary_key=True)
    position: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(2))
    """查封类型 of TD/T 1066."""
    court: Mapped[str] = mapped_column(String(200))
    document_no: Mapped[str] = mapped_column(String(200))
    arrived_at: Mapped[Micros]
    term_from: Mapped[str] = mapped_column(String(10))
    term_to: Mapped[str] = mapped_column(String(10))
