"""The tables of the intranet: one MetaData, one branch of revisions."""

from pathlib import Path
from typing import ClassVar, Final

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from kernel.db import NAMING
from kernel.migrate import Schema


class Base(DeclarativeBase):
    """Base of every table that only the intranet has."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)


SCHEMA: Final = Schema(
    versions=Path(__file__).parent / "migrations" / "versions", metadata=Base.metadata
)
"""What the zone's database must hold; every models module must be imported before comparing."""
