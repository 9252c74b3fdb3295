"""The steps of cases."""

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from internet_zone.db import Base
from kernel.db import Count, Flag, Id, Micros


class ProgressStep(Base):
    """One step; append-only."""

    __tablename__ = "progress_step"
    __table_args__ = (UniqueConstraint("case_no", "step", "at"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(String(16), index=True)
    position: Mapped[Count]
    """As the steps arrived: several acts of one instant stay in the order they were done."""
    step: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(200))
    zone: Mapped[str] = mapped_column(String(16))
    at: Mapped[Micros]
    note: Mapped[str] = mapped_column(String(2000))
    due_at: Mapped[Micros | None]
    ended: Mapped[Flag]
