"""The person behind a citizen's account."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from internet_zone.db import Base
from kernel.db import Id, Micros


class Citizen(Base):
    """Who registered; the identity number is shown masked everywhere."""

    __tablename__ = "citizen"

    account_id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    identity_no: Mapped[str] = mapped_column(String(18), unique=True)
    phone: Mapped[str] = mapped_column(String(11), unique=True)
    registered_at: Mapped[Micros]
