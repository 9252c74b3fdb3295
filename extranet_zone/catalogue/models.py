"""Loaded editions, whole and for ever, and the authority's marks on units."""

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from extranet_zone.db import Base
from kernel.db import Count, Digest, Id, Micros, coded
from kernel.vocabulary.coded import Coded


class MarkKind(Coded):
    """Why a unit is kept out of 全豫通办 by the authority's own list (plan 三（六）)."""

    LEGACY = "legacy", "尚未完成登记的历史遗留问题"
    PROBLEM_ESTATE = "problem_estate", "经认定的问题楼盘"
    UNSURVEYED = "unsurveyed", "未权籍调查和测绘"


class LoadedEdition(Base):
    """One edition as it was loaded. Nothing deletes a row: cases refer to it."""

    __tablename__ = "catalogue_edition"

    number: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(200))
    received_on: Mapped[str] = mapped_column(String(10))
    valid_from: Mapped[str] = mapped_column(String(10))
    digest: Mapped[Digest]
    """SHA-256 of the document."""
    document: Mapped[str] = mapped_column(Text)
    """The edition as JSON; never changed."""
    loaded_at: Mapped[Micros]
    loaded_by: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[Micros | None]
    """When it was first sent to the portal."""
    publication: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what the portal was sent last; empty before."""


class UnitMark(Base):
    """A mark on every unit whose number begins with ``prefix``: a unit, a building, a parcel."""

    __tablename__ = "unit_mark"
    __table_args__ = (
        CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name="ends_after_start"
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    prefix: Mapped[str] = mapped_column(String(28), index=True)
    kind: Mapped[MarkKind] = mapped_column(coded(MarkKind, "kind"))
    document: Mapped[str] = mapped_column(String(200))
    """The finding it rests on, with its number."""
    valid_from: Mapped[str] = mapped_column(String(10))
    valid_until: Mapped[str | None] = mapped_column(String(10))
    entered_at: Mapped[Micros]
    entered_by: Mapped[str] = mapped_column(String(64))
