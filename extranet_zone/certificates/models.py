"""The certificates that were made, one for each entry that gives one."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from extranet_zone.db import Base
from kernel.db import BigCount, Digest, Micros, coded
from kernel.vocabulary.certificate import CertificateKind


class Certificate(Base):
    """One electronic certificate: its PDF lies in the materials store under ``pdf``.

    Whether it still holds is not stored: it holds as long as the right of its number is current.
    """

    __tablename__ = "certificate"

    entry_id: Mapped[str] = mapped_column(ForeignKey("register_entry.id"), primary_key=True)
    certificate_no: Mapped[str] = mapped_column(String(64), unique=True)
    case_no: Mapped[str] = mapped_column(String(16), index=True)
    unit_no: Mapped[str] = mapped_column(String(28), index=True)
    kind: Mapped[CertificateKind] = mapped_column(coded(CertificateKind, "kind"))
    pdf: Mapped[Digest]
    pdf_size: Mapped[BigCount]
    statement: Mapped[str] = mapped_column(Text)
    verification_code: Mapped[str] = mapped_column(String(10))
    engrossed_by: Mapped[str] = mapped_column(String(64))
    engrossed_at: Mapped[Micros] = mapped_column(index=True)
