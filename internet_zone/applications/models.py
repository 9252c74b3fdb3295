"""Applications with their parties, answers and uploaded materials."""

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from internet_zone.applications.states import State
from internet_zone.db import Base
from kernel.db import BigCount, Count, Digest, Id, Json, Micros, coded


class Application(Base):
    """One application of one citizen."""

    __tablename__ = "application"

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(index=True)
    item_code: Mapped[str] = mapped_column(String(40))
    edition: Mapped[Count] = mapped_column(server_default="1")
    """Of the catalogue: under which the draft was begun, then under which it was signed."""
    mode: Mapped[str] = mapped_column(String(16))
    state: Mapped[State] = mapped_column(coded(State, "state"))
    unit_no: Mapped[str] = mapped_column(String(28))
    """Empty until the unit is chosen."""
    location: Mapped[str] = mapped_column(String(200))
    facts: Mapped[Json]
    case_no: Mapped[str | None] = mapped_column(String(16), unique=True)
    signed_by: Mapped[str] = mapped_column(String(100))
    created: Mapped[Micros]
    submitted_at: Mapped[Micros | None]
    version: Mapped[int] = mapped_column(Integer)

    parties: Mapped[list["ApplicationParty"]] = relationship(
        order_by="ApplicationParty.position", cascade="all, delete-orphan", lazy="selectin"
    )
    materials: Mapped[list["Upload"]] = relationship(
        order_by="Upload.position", cascade="all, delete-orphan", lazy="selectin"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - the form SQLAlchemy reads


class ApplicationParty(Base):
    """Somebody who takes part, as the applicant states it."""

    __tablename__ = "application_party"
    __table_args__ = (UniqueConstraint("application_id", "position"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    application_id: Mapped[Id] = mapped_column(ForeignKey("application.id"), index=True)
    position: Mapped[Count]
    role: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(2))
    document_type: Mapped[str] = mapped_column(String(2))
    document_no: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(String(20))
    share: Mapped[str] = mapped_column(String(20))


class Upload(Base):
    """One uploaded file of an application; the bytes are in the materials store."""

    __tablename__ = "upload"
    __table_args__ = (UniqueConstraint("application_id", "position"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    application_id: Mapped[Id] = mapped_column(ForeignKey("application.id"), index=True)
    position: Mapped[Count]
    code: Mapped[str] = mapped_column(String(40))
    file_name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[Digest]
    size: Mapped[BigCount]
    media_type: Mapped[str] = mapped_column(String(40))
    pages: Mapped[Count]
    uploaded_at: Mapped[Micros]


class CaseCounter(Base):
    """The last serial given on a day; the row is locked while a number is drawn."""

    __tablename__ = "case_counter"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[Count]


class SupplementNotice(Base):
    """What the registration authority asks to be supplemented; open until it is answered."""

    __tablename__ = "supplement_notice"

    case_no: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    defects: Mapped[Json]
    materials: Mapped[Json]
    """Codes of the materials that are asked for; empty for any of the item's."""
    requested_at: Mapped[Micros]
    answered_at: Mapped[Micros | None]


class PaymentStatement(Base):
    """What a case owes and paid, as the extranet stated it last."""

    __tablename__ = "payment_statement"

    case_no: Mapped[str] = mapped_column(String(16), primary_key=True)
    bills: Mapped[Json]
    stated_at: Mapped[Micros]
