"""Reviews and the materials that come with them."""

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from intranet_zone.db import Base
from intranet_zone.reviews.states import State
from kernel.db import BigCount, Count, Digest, Id, Micros, coded


class Review(Base):
    """One case that needs a spatial review."""

    __tablename__ = "review"

    case_no: Mapped[str] = mapped_column(String(16), primary_key=True)
    item_code: Mapped[str] = mapped_column(String(40))
    item_title: Mapped[str] = mapped_column(String(200))
    unit_no: Mapped[str] = mapped_column(String(28), index=True)
    location: Mapped[str] = mapped_column(String(200))
    applicant: Mapped[str] = mapped_column(String(200))
    registered_area: Mapped[str | None] = mapped_column(String(16))
    accepted_at: Mapped[Micros]
    due_at: Mapped[Micros | None]
    received_at: Mapped[Micros]
    state: Mapped[State] = mapped_column(coded(State, "state"), index=True)
    opinion: Mapped[str] = mapped_column(String(2000))
    reviewer: Mapped[str] = mapped_column(String(200))
    concluded_at: Mapped[Micros | None]
    version: Mapped[int] = mapped_column(Integer)

    materials: Mapped[list["ReviewMaterial"]] = relationship(
        order_by="ReviewMaterial.position", lazy="selectin"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - the form SQLAlchemy reads


class ReviewMaterial(Base):
    """One file of a reviewed case; it is present when the materials store has its digest."""

    __tablename__ = "review_material"
    __table_args__ = (UniqueConstraint("case_no", "position"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("review.case_no"), index=True)
    position: Mapped[Count]
    code: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    file_name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[Digest]
    size: Mapped[BigCount]
    media_type: Mapped[str] = mapped_column(String(40))
    pages: Mapped[Count]
