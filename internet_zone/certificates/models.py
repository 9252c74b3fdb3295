"""Certificates that the extranet issued, and those whose right has ended."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from internet_zone.db import Base
from kernel.db import BigCount, Digest, Micros


class IssuedCertificate(Base):
    """One electronic certificate; the PDF is in the materials store."""

    __tablename__ = "issued_certificate"

    certificate_no: Mapped[str] = mapped_column(String(64), primary_key=True)
    case_no: Mapped[str] = mapped_column(String(16), index=True)
    unit_no: Mapped[str] = mapped_column(String(28), index=True)
    statement: Mapped[str] = mapped_column(Text)
    pdf: Mapped[Digest] = mapped_column(index=True)
    pdf_size: Mapped[BigCount]
    verification_code: Mapped[str] = mapped_column(String(16))
    received_at: Mapped[Micros]


class EndedCertificate(Base):
    """A certificate that no longer holds; it may have ended before it was issued, or on paper."""

    __tablename__ = "ended_certificate"

    certificate_no: Mapped[str] = mapped_column(String(64), primary_key=True)
    how: Mapped[str] = mapped_column(String(16))
    """``cancelled``, ``superseded`` or ``lapsed``."""
    ended_at: Mapped[Micros]
