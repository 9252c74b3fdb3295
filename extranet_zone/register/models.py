"""The tables of the register. No table has geometry, and an entry is never changed once written.

What stands on the register now is the units with their current rights and seizures; how it came to
stand there is the row of entries: the state after one is the state before the next, and the state
after the last is what the rows say. Both change in one transaction or not at all.
"""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from extranet_zone.catalogue.schema import Effect
from extranet_zone.db import Base
from extranet_zone.register.states import RightKind, RightStatus
from kernel.db import BigCount, Count, Id, Json, Micros, coded
from kernel.vocabulary.certificate import CertificateKind
from kernel.vocabulary.dictionaries import SeizureKind


class Unit(Base):
    """One unit (不动产单元); every recording raises ``version``, which is also its lock."""

    __tablename__ = "unit"

    unit_no: Mapped[str] = mapped_column(String(28), primary_key=True)
    parcel_no: Mapped[str] = mapped_column(String(19), index=True)
    location: Mapped[str] = mapped_column(String(200), index=True)
    use: Mapped[str] = mapped_column(String(200))
    area: Mapped[str] = mapped_column(String(12))
    """Square metres with two decimals; text, because a float would change on the way."""
    nature: Mapped[str] = mapped_column(String(100))
    """权利性质, as the stock has it; may be empty."""
    term: Mapped[str] = mapped_column(String(200))
    """使用期限, as the stock has it; may be empty."""
    loaded_at: Mapped[Micros]
    version: Mapped[Count]


class AddressPair(Base):
    """Two neighbouring characters that some address in a parcel has (ADR 20); never taken away."""

    __tablename__ = "address_pair"

    pair: Mapped[str] = mapped_column(String(2), primary_key=True)
    parcel_no: Mapped[str] = mapped_column(String(19), primary_key=True)


class Right(Base):
    """One right or notice on one unit; ``begun_by`` is empty for what came with the stock."""

    __tablename__ = "unit_right"
    __table_args__ = (
        CheckConstraint(
            "(status = 'ended') = (ended_by IS NOT NULL) AND "
            "(status = 'ended') = (ended_at IS NOT NULL)",
            name="ended_has_entry",
        ),
        Index("ix_unit_right_unit_no_status", "unit_no", "status"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    unit_no: Mapped[str] = mapped_column(ForeignKey("unit.unit_no"))
    kind: Mapped[RightKind] = mapped_column(coded(RightKind, "kind"))
    right_type: Mapped[str] = mapped_column(String(2))
    certificate_no: Mapped[str] = mapped_column(String(64), index=True)
    sharing: Mapped[str] = mapped_column(String(1))
    """共有方式 of TD/T 1066."""
    status: Mapped[RightStatus] = mapped_column(coded(RightStatus, "status"))
    recorded_at: Mapped[Micros]
    ended_at: Mapped[Micros | None]
    begun_by: Mapped[str | None] = mapped_column(ForeignKey("register_entry.id"))
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("register_entry.id"))
    facts: Mapped[Json]

    holders: Mapped[list["RightHolder"]] = relationship(
        order_by="RightHolder.position", lazy="selectin"
    )


class RightHolder(Base):
    """Somebody who has a right, with document and share; pages show them masked."""

    __tablename__ = "right_holder"

    right_id: Mapped[str] = mapped_column(ForeignKey("unit_right.id"), primary_key=True)
    position: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(100), index=True)
    kind: Mapped[str] = mapped_column(String(2))
    """权利人类型 of TD/T 1066."""
    document_type: Mapped[str] = mapped_column(String(2))
    document_no: Mapped[str] = mapped_column(String(40), index=True)
    share: Mapped[str] = mapped_column(String(16))


class Seizure(Base):
    """One seizure, in effect or queued, as the last entry on the unit left it."""

    __tablename__ = "seizure"
    __table_args__ = (
        CheckConstraint(
            "(status = 'ended') = (ended_by IS NOT NULL) AND "
            "(status = 'ended') = (ended_at IS NOT NULL)",
            name="ended_has_entry",
        ),
        Index("ix_seizure_unit_no_status", "unit_no", "status"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    unit_no: Mapped[str] = mapped_column(ForeignKey("unit.unit_no"))
    kind: Mapped[SeizureKind] = mapped_column(coded(SeizureKind, "kind"))
    court: Mapped[str] = mapped_column(String(100))
    document_no: Mapped[str] = mapped_column(String(200))
    court_case_no: Mapped[str] = mapped_column(String(100))
    debtor: Mapped[str] = mapped_column(String(100))
    arrived_at: Mapped[Micros]
    """When the court's document was served; it decides the rank."""
    term_months: Mapped[Count]
    """0 where the stock does not say."""
    term_from: Mapped[str] = mapped_column(String(10))
    term_to: Mapped[str] = mapped_column(String(10))
    """Days in Beijing, both included; empty while it queues."""
    status: Mapped[RightStatus] = mapped_column(coded(RightStatus, "status"))
    recorded_at: Mapped[Micros]
    ended_at: Mapped[Micros | None]
    begun_by: Mapped[str | None] = mapped_column(ForeignKey("register_entry.id"))
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("register_entry.id"))


class RegisterEntry(Base):
    """One recording (登簿); the recording log is these rows by day. Append-only."""

    __tablename__ = "register_entry"
    __table_args__ = (
        Index("ix_register_entry_unit_no_log_no", "unit_no", "log_no"),
        Index("ix_register_entry_day", "day", "log_no"),
        UniqueConstraint("case_no", "part"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    log_no: Mapped[BigCount] = mapped_column(unique=True)
    case_no: Mapped[str] = mapped_column(String(16))
    part: Mapped[Count]
    """From 1: a case that splits or merges units has an entry for each unit and right."""
    unit_no: Mapped[str] = mapped_column(ForeignKey("unit.unit_no"))
    effect: Mapped[Effect] = mapped_column(coded(Effect, "effect"))
    about: Mapped[str] = mapped_column(String(32))
    """The kind of right that was recorded, or ``seizure``."""
    registration_type: Mapped[str] = mapped_column(String(3))
    right_type: Mapped[str] = mapped_column(String(2))
    certificate_no: Mapped[str] = mapped_column(String(64), index=True)
    """Empty where the item gives none."""
    before: Mapped[Json]
    after: Mapped[Json]
    recorder: Mapped[str] = mapped_column(String(64))
    recorder_name: Mapped[str] = mapped_column(String(100))
    recorded_at: Mapped[Micros]
    day: Mapped[str] = mapped_column(String(10))
    """The day of recording in Beijing, ``2026-01-31``: the recording log counts by it."""


class UnitLineage(Base):
    """One step of a lineage (谱系): a unit that ended, one that took its place, their entries."""

    __tablename__ = "unit_lineage"

    predecessor: Mapped[str] = mapped_column(ForeignKey("unit.unit_no"), primary_key=True)
    successor: Mapped[str] = mapped_column(ForeignKey("unit.unit_no"), primary_key=True, index=True)
    closed_by: Mapped[str] = mapped_column(ForeignKey("register_entry.id"))
    """The entry on the predecessor."""
    opened_by: Mapped[str] = mapped_column(ForeignKey("register_entry.id"))
    """The first entry on the successor."""


class CertificateCounter(Base):
    """The last number given in one series; its row is the lock of the series."""

    __tablename__ = "certificate_counter"

    authority: Mapped[str] = mapped_column(String(20), primary_key=True)
    year: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[CertificateKind] = mapped_column(coded(CertificateKind, "kind"), primary_key=True)
    last: Mapped[BigCount]


class RecordingLogHead(Base):
    """The last log number given; one row, made by the migration."""

    __tablename__ = "recording_log_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[BigCount]


@event.listens_for(RegisterEntry, "before_update")
@event.listens_for(RegisterEntry, "before_delete")
def _refuse_change(
    _mapper: Mapper[RegisterEntry], _connection: Connection, _entry: RegisterEntry
) -> None:
    raise TypeError("an entry of the register is never changed or deleted")
