"""The certificates that were made, one for each entry that gives one."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from extranet_zone.db import Base
from kernel.db import BigCount, Digest, Micros, coded
from kernel.vocabulary.certificate import CertificateKind


class CertificateStatus(StrEnum):
    """Whether a certificate still says what the register says."""

    VALID = "valid"
    REVOKED = "revoked"

    @property
    def label(self) -> str:
        """What pages call it."""
        return "有效" if self is CertificateStatus.VALID else "已作废"


class Certificate(Base):
    """One electronic certificate: its PDF lies in the materials store under ``pdf``."""

    __tablename__ = "certificate"
    __table_args__ = (
        CheckConstraint(
            "(status = 'revoked') = (revoked_at IS NOT NULL)", name="revoked_has_time"
        ),
    )

    entry_id: Mapped[str] = mapped_column(ForeignKey("register_entry.id"), primary_key=True)
    certificate_no: Mapped[str] = mapped_column(String(64), unique=True)
    case_no: Mapped[str] = mapped_column(String(16), unique=True)
    unit_no: Mapped[str] = mapped_column(String(28), index=True)
    kind: Mapped[CertificateKind] = mapped_column(coded(CertificateKind, "kind"))
    pdf: Mapped[Digest]
    pdf_size: Mapped[BigCount]
    statement: Mapped[str] = mapped_column(Text)
    verification_code: Mapped[str] = mapped_column(String(10))
    engrossed_by: Mapped[str] = mapped_column(String(64))
    engrossed_at: Mapped[Micros]
    issued_at: Mapped[Micros | None]
    """When the portal was sent it."""
    status: Mapped[CertificateStatus] = mapped_column(coded(CertificateStatus, "status"))
    revoked_at: Mapped[Micros | None]
