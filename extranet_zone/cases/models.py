"""The tables of case work; a step is never changed once written."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extranet_zone.cases.states import MaterialState, State
from extranet_zone.db import Base
from kernel.db import BigCount, Count, Digest, Flag, Id, Json, Micros, coded
from kernel.vocabulary.zones import Zone

CASE_NO_LENGTH = 16


class Mode(StrEnum):
    """By which of the plan's ways the case came."""

    FUSION = "fusion"
    ONLINE = "online"

    @property
    def label(self) -> str:
        """What the plan calls it."""
        return "线上线下融合" if self is Mode.FUSION else "线上不见面"


class DueKind(StrEnum):
    """Which clock runs."""

    DECISION = "decision"
    PROMISE = "promise"

    @property
    def label(self) -> str:
        """What pages call it."""
        return "受理决定时限" if self is DueKind.DECISION else "承诺办结时限"


class Case(Base):
    """One case (办件), with its present state and clock."""

    __tablename__ = "case_file"
    __table_args__ = (
        CheckConstraint("(due_kind IS NULL) = (clock_from IS NULL)", name="clock_has_start"),
        Index("ix_case_file_state_due", "state", "due_at", "received_at"),
        Index("ix_case_file_state_case_no", "state", "case_no"),
    )

    case_no: Mapped[str] = mapped_column(String(CASE_NO_LENGTH), primary_key=True)
    item_code: Mapped[str] = mapped_column(String(40), index=True)
    edition: Mapped[Count] = mapped_column(server_default="1")
    """Of the catalogue, under which the case is handled to its end."""
    mode: Mapped[Mode] = mapped_column(coded(Mode, "mode"))
    state: Mapped[State] = mapped_column(coded(State, "state"))
    unit_no: Mapped[str] = mapped_column(String(28), index=True)
    location: Mapped[str] = mapped_column(String(200))
    """As the register has it at arrival; empty when the unit is not on it."""
    applicant: Mapped[str] = mapped_column(String(100))
    facts: Mapped[Json]
    declaration: Mapped[str] = mapped_column(Text)
    signed_by: Mapped[str] = mapped_column(String(200))
    signed_at: Mapped[Micros]
    submitted_at: Mapped[Micros]
    received_at: Mapped[Micros]
    accepted_at: Mapped[Micros | None]
    due_kind: Mapped[DueKind | None] = mapped_column(coded(DueKind, "due_kind"))
    clock_from: Mapped[Micros | None]
    promised_days: Mapped[Count | None]
    """The promise as it stood at acceptance."""
    due_at: Mapped[Micros | None]
    due_note: Mapped[str] = mapped_column(String(200))
    """Why there is no due date although a clock runs."""
    concluded_at: Mapped[Micros | None]
    certificate_no: Mapped[str] = mapped_column(String(64))
    entry_id: Mapped[Id | None]
    version: Mapped[Count] = mapped_column()

    parties: Mapped[list["CaseParty"]] = relationship(
        order_by="CaseParty.position", cascade="all, delete-orphan"
    )
    materials: Mapped[list["CaseMaterial"]] = relationship(
        order_by="CaseMaterial.position", cascade="all, delete-orphan"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - the form SQLAlchemy reads


class CaseParty(Base):
    """One party as the applicant stated it; pages show it masked."""

    __tablename__ = "case_party"

    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), primary_key=True)
    position: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(2))
    document_type: Mapped[str] = mapped_column(String(2))
    document_no: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(String(20))
    share: Mapped[str] = mapped_column(String(16))


class CaseMaterial(Base):
    """One file of the case; its bytes lie in the materials store under ``digest``."""

    __tablename__ = "case_material"

    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), primary_key=True)
    position: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    file_name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[Digest] = mapped_column(index=True)
    size: Mapped[BigCount]
    media_type: Mapped[str] = mapped_column(String(40))
    pages: Mapped[Count]
    state: Mapped[MaterialState] = mapped_column(coded(MaterialState, "state"))
    defect: Mapped[str] = mapped_column(String(64))
    """Code of what was wrong with the file, when it is damaged."""


class CaseStep(Base):
    """One step of a case. Append-only: nothing updates or deletes a row."""

    __tablename__ = "case_step"
    __table_args__ = (UniqueConstraint("case_no", "position"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"))
    position: Mapped[Count]
    action: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(200))
    source: Mapped[State | None] = mapped_column(coded(State, "source"))
    target: Mapped[State | None] = mapped_column(coded(State, "target"))
    """Where the case stood after it; nothing for a step that only reports."""
    zone: Mapped[Zone] = mapped_column(coded(Zone, "zone"))
    actor: Mapped[str] = mapped_column(String(64))
    actor_name: Mapped[str] = mapped_column(String(200))
    at: Mapped[Micros]
    note: Mapped[str] = mapped_column(Text)


class SpatialConclusion(Base):
    """What the intranet's spatial review concluded; words and areas, no geometry."""

    __tablename__ = "spatial_conclusion"

    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), primary_key=True)
    passed: Mapped[Flag]
    opinion: Mapped[str] = mapped_column(Text)
    checks: Mapped[Json]
    reviewer: Mapped[str] = mapped_column(String(200))
    received_at: Mapped[Micros]
    concluded_at: Mapped[Micros]
    digest: Mapped[Digest]
    """Of the whole message body, so that its repetition is recognised."""
