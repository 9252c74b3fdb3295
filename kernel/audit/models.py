"""The audit table and the row that holds its head."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import BigCount, Count, Digest, Json, KernelBase, Micros


class AuditRecord(KernelBase):
    """One act. Append-only: nothing in the project updates or deletes a row."""

    __tablename__ = "audit_record"

    n: Mapped[BigCount] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[Micros]
    actor: Mapped[str] = mapped_column(String(64), index=True)
    act: Mapped[str] = mapped_column(String(64), index=True)
    object_kind: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(String(64))
    case_no: Mapped[str | None] = mapped_column(String(20), index=True)
    result: Mapped[str] = mapped_column(String(16))
    body: Mapped[Json]
    """The canonical JSON that is hashed; every other column repeats a part of it for searching."""
    previous: Mapped[Digest]
    digest: Mapped[Digest] = mapped_column(unique=True)


class AuditHead(KernelBase):
    """The one row that serialises writers of the chain."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[BigCount]
    digest: Mapped[Digest]
