"""Units as the portal may know them: where they are, not whose they are."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from internet_zone.db import Base
from kernel.db import Micros


class ListedUnit(Base):
    """One unit of the directory."""

    __tablename__ = "listed_unit"

    unit_no: Mapped[str] = mapped_column(String(28), primary_key=True)
    location: Mapped[str] = mapped_column(String(200), index=True)
    use: Mapped[str] = mapped_column(String(100))
    published_at: Mapped[Micros]
