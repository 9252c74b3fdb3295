"""The stock of blank certificates; a number that was received is never removed."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from extranet_zone.db import Base
from kernel.db import Micros, coded
from kernel.vocabulary.certificate import CertificateKind
from kernel.vocabulary.coded import Coded


class BlankStatus(Coded):
    """Where a blank is."""

    IN_STOCK = "in_stock", "库存"
    USED = "used", "已用"
    SPOILED = "spoiled", "作废"


class Blank(Base):
    """One blank certificate by its printed number, with what became of it."""

    __tablename__ = "blank"
    __table_args__ = (
        CheckConstraint(
            "(status = 'in_stock') = (taken_at IS NULL) AND "
            "(status <> 'used' OR entry_id IS NOT NULL)",
            name="taken_by_somebody",
        ),
        Index("ix_blank_kind_status_number", "kind", "status", "number"),
    )

    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    """印制编号, as it is printed on the blank."""
    kind: Mapped[CertificateKind] = mapped_column(coded(CertificateKind, "kind"))
    status: Mapped[BlankStatus] = mapped_column(coded(BlankStatus, "status"))
    received_by: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[Micros]
    entry_id: Mapped[str | None] = mapped_column(ForeignKey("register_entry.id"), index=True)
    """The entry whose certificate was printed on it, also when it was spoiled then."""
    taken_by: Mapped[str] = mapped_column(String(64))
    taken_at: Mapped[Micros | None] = mapped_column(index=True)
    note: Mapped[str] = mapped_column(String(200))
    """Why it was spoiled."""
