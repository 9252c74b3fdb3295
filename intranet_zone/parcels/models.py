"""Parcels in CGCS2000 degrees (EPSG:4490), and the city's outline."""

from sqlalchemy import Float, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from intranet_zone.db import Base
from kernel.db import Count


class Parcel(Base):
    """One parcel; the bounding box makes neighbours findable on any database."""

    __tablename__ = "parcel"
    __table_args__ = (Index("ix_parcel_box", "min_lon", "max_lon", "min_lat", "max_lat"),)

    parcel_no: Mapped[str] = mapped_column(String(19), primary_key=True)
    location: Mapped[str] = mapped_column(String(200))
    area_m2: Mapped[str] = mapped_column(String(16))
    """As recorded, square metres with two decimals."""
    epsg: Mapped[Count]
    """The 3° zone the survey documented: 4525 (zone 37) or 4526 (zone 38)."""
    geometry: Mapped[str] = mapped_column(Text)
    """GeoJSON geometry, degrees, longitude first."""
    min_lon: Mapped[float] = mapped_column(Float(53))
    max_lon: Mapped[float] = mapped_column(Float(53))
    min_lat: Mapped[float] = mapped_column(Float(53))
    max_lat: Mapped[float] = mapped_column(Float(53))


class Boundary(Base):
    """The outline inside which parcels must lie."""

    __tablename__ = "boundary"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    geometry: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(400))
