"""Mirrored units and entries."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from intranet_zone.db import Base
from kernel.db import BigCount, Id, Json, Micros


class MirrorUnit(Base):
    """A unit of the stock, as it was loaded; later changes are entries."""

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
