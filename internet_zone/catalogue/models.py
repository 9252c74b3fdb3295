"""The editions the platform has published to the portal."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from internet_zone.db import Base
from kernel.db import Count, Digest, Micros


class PublishedEdition(Base):
    """One edition with what is closed in it, as it was published last."""

    __tablename__ = "published_edition"

    number: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(Text)
    """A publication as JSON."""
    digest: Mapped[Digest]
    valid_from: Mapped[str] = mapped_column(String(10))
    """First day in Beijing, ``2026-01-31``."""
    published_at: Mapped[Micros]
    received_at: Mapped[Micros]
