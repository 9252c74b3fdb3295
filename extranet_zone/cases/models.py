"""The tables of case work; a step is never changed once written."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extranet_zone.cases.states import MaterialState, Mode, State
from extranet_zone.clocks.states import ClockKind
from extranet_zone.db import Base
from kernel.db import BigCount, Count, Digest, Flag, Id, Json, Micros, coded
from kernel.vocabulary.coded import Coded
from kernel.vocabulary.zones import Zone

CASE_NO_LENGTH = 16


class PaperState(Coded):
    """Where the paper originals of a case are that another authority collected."""

    NONE = "none", "无须邮寄"
    AWAITED = "awaited", "邮寄途中"
    ARRIVED = "arrived", "已收到"


class NoticeState(Coded):
    """Whether a notice of defects waits for its answer."""

    PENDING = "pending", "待批准"
    SENT = "sent", "已告知"
    ANSWERED = "answered", "已补正"
    REJECTED = "rejected", "未批准"


class BillKind(Coded):
    """Who the money is for."""

    FEE = "fee", "登记费"
    TAX = "tax", "税款"


class Case(Base):
    """One case (办件), with its present state and clock."""

    __tablename__ = "case_file"
    __table_args__ = (
        CheckConstraint("(due_kind IS NULL) = (clock_from IS NULL)", name="clock_has_start"),
        Index("ix_case_file_state_due", "state", "due_at", "received_at"),
        Index("ix_case_file_state_case_no", "state", "case_no"),
        Index("ix_case_file_received_at", "received_at"),
        UniqueConstraint("collecting_authority", "external_no"),
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
    due_kind: Mapped[ClockKind | None] = mapped_column(coded(ClockKind, "due_kind"))
    """The clock that ends first, as the clocks' own rows have it; worklists are ordered by it."""
    clock_from: Mapped[Micros | None]
    promised_days: Mapped[Count | None]
    """The promise as it stood at acceptance."""
    due_at: Mapped[Micros | None]
    due_note: Mapped[str] = mapped_column(String(200))
    """Why there is no due date although a clock runs."""
    concluded_at: Mapped[Micros | None]
    certificate_no: Mapped[str] = mapped_column(String(64))
    entry_id: Mapped[Id | None]
    home_authority: Mapped[str] = mapped_column(String(6))
    """Division code of the authority that decides the case (属地)."""
    collecting_authority: Mapped[str] = mapped_column(String(6))
    """Division code of the authority that collected it."""
    external_no: Mapped[str | None] = mapped_column(String(64))
    """The case's number at the authority or court it came from; one case for one number."""
    paper: Mapped[PaperState] = mapped_column(coded(PaperState, "paper"))
    announced_at: Mapped[Micros | None]
    announced_until: Mapped[Micros | None]
    """When the announcement ends or ended; nothing also where the calendar does not reach."""
    claimed_by: Mapped[str] = mapped_column(String(64))
    """Login of whoever took the case up; empty while nobody did."""
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
    notice_no: Mapped[Count]
    """The notice of defects this file answers; 0 for what came with the application."""


class CheckSource(Coded):
    """Who or what made a check at the window."""

    HAND = "hand", "人工"
    DEVICE = "device", "设备"


class CaseCheck(Base):
    """One check made at the window: for the whole case by hand, for one person by a device."""

    __tablename__ = "case_check"

    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject: Mapped[Digest] = mapped_column(primary_key=True)
    """Of the person's name and number; ``case`` for the whole case."""
    source: Mapped[CheckSource] = mapped_column(coded(CheckSource, "source"))
    passed: Mapped[Flag]
    """0 for a comparison that did not reach its threshold."""
    made_by: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[Micros]
    device: Mapped[str] = mapped_column(String(64))
    reading_id: Mapped[str] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(String(100))
    """Such as score and threshold; names nobody."""


class CaseStep(Base):
    """One step of a case. Append-only: nothing updates or deletes a row."""

    __tablename__ = "case_step"
    __table_args__ = (
        UniqueConstraint("case_no", "position"),
        Index("ix_case_step_at_action", "at", "action"),
    )

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


class SupplementNotice(Base):
    """One notice of everything that is missing or wrong, and its answer."""

    __tablename__ = "supplement_notice"

    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), primary_key=True)
    number: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    preliminary: Mapped[Flag]
    """1 for one of the preliminary review, which the count of one-time notices leaves out."""
    state: Mapped[NoticeState] = mapped_column(coded(NoticeState, "state"))
    defects: Mapped[Json]
    """A list of what the applicant reads, one defect a line."""
    materials: Mapped[Json]
    """Codes of the materials that are asked for; empty for any of the item's."""
    reason: Mapped[str] = mapped_column(Text)
    """Why a second notice was needed; empty for the first."""
    requested_by: Mapped[str] = mapped_column(String(64))
    requested_at: Mapped[Micros]
    approved_by: Mapped[str] = mapped_column(String(64))
    answered_at: Mapped[Micros | None]


class Bill(Base):
    """An amount that must be paid before recording."""

    __tablename__ = "case_bill"

    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), primary_key=True)
    number: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[BillKind] = mapped_column(coded(BillKind, "kind"))
    title: Mapped[str] = mapped_column(String(100))
    amount_fen: Mapped[BigCount | None]
    """Nothing while it is unknown; then it is settled where it is paid."""
    basis: Mapped[str] = mapped_column(String(200))
    billed_at: Mapped[Micros] = mapped_column(index=True)
    paid_at: Mapped[Micros | None] = mapped_column(index=True)
    receipt_no: Mapped[str] = mapped_column(String(64))


class ArchiveFile(Base):
    """The closed file of a case: every document in it, in order, with its digest."""

    __tablename__ = "archive_file"

    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), primary_key=True)
    documents: Mapped[Json]
    digest: Mapped[Digest]
    """Of the list of documents."""
    archived_by: Mapped[str] = mapped_column(String(64))
    archived_at: Mapped[Micros]


class CounterNumber(Base):
    """The last serial of a case number given at the window on a day."""

    __tablename__ = "window_counter"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[Count]


class Post(Base):
    """Where a person works, and whether they are away; without a row, here and present."""

    __tablename__ = "staff_post"

    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    authority: Mapped[str] = mapped_column(String(6))
    """Empty for this platform's own authority."""
    absent: Mapped[Flag]
