"""Loading parcels and the city's outline, and looking at a parcel with its surroundings."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from shapely.errors import GEOSException
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from intranet_zone.parcels.checks import Shape, run_checks
from intranet_zone.parcels.models import Boundary, Parcel
from kernel.db import Database
from kernel.errors import InvalidValueError, NotFoundError
from kernel.messages import ReviewCheck

BATCH: Final = 500
MAX_NEIGHBOURS: Final = 200
MAX_FILE_BYTES: Final = 2 * 1024**3
EPSG_OF_ZONE: Final = {"37": 4525, "38": 4526}
"""CGCS2000 3° Gauss-Krüger zones that 济源 lies in; a survey documents which one it used."""
CITY: Final = "city"
PARCEL_NO_LENGTH: Final = 19


@dataclass(slots=True)
class LoadReport:
    """What became of a file: parcels stored, and bad features by number with the reason."""

    stored: int = 0
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A parcel, its neighbours, and what the checks found."""

    parcel: Shape | None
    location: str
    epsg: int
    neighbours: tuple[Shape, ...]
    checks: tuple[ReviewCheck, ...]


def load_parcels(database: Database, path: Path) -> LoadReport:
    """Store every good feature of a GeoJSON file; loading it again changes nothing.

    Raises :class:`InvalidValueError` with code ``geojson_invalid`` when it is no such file.
    """
    report = LoadReport()
    features = list(enumerate(_features(path), start=1))
    for start in range(0, len(features), BATCH):
        with database.begin() as session:
            for number, feature in features[start : start + BATCH]:
                try:
                    session.merge(_parcel(feature))
                    report.stored += 1
                except (KeyError, TypeError, ValueError, InvalidOperation, GEOSException) as error:
                    report.refused.append(f"第 {number} 个图形：{type(error).__name__}")
    return report


def load_boundary(session: Session, path: Path) -> None:
    """Store the city's outline from a GeoJSON file with one polygon feature."""
    try:
        geometry = shape(next(iter(_features(path)))["geometry"])
    except (StopIteration, KeyError, TypeError, ValueError, GEOSException):
        raise InvalidValueError("geojson_invalid", "文件不是有效的 GeoJSON 图形") from None
    session.merge(
        Boundary(name=CITY, geometry=json.dumps(mapping(geometry)), source=path.name[:400])
    )


def surroundings(session: Session, parcel_no: str) -> Surroundings:
    """Look at a parcel as a reviewer does."""
    row = session.get(Parcel, parcel_no)
    boundary = session.get(Boundary, CITY)
    outline = shape(json.loads(boundary.geometry)) if boundary else None
    if row is None:
        return Surroundings(None, "", 0, (), run_checks(None, (), outline))
    others = session.scalars(
        select(Parcel)
        .where(
            Parcel.parcel_no != parcel_no,
            Parcel.min_lon <= row.max_lon,
            Parcel.max_lon >= row.min_lon,
            Parcel.min_lat <= row.max_lat,
            Parcel.max_lat >= row.min_lat,
        )
        .order_by(Parcel.parcel_no)
        .limit(MAX_NEIGHBOURS)
    )
    parcel, neighbours = _shape(row), tuple(_shape(other) for other in others)
    checks = run_checks(parcel, neighbours, outline)
    return Surroundings(parcel, row.location, row.epsg, neighbours, checks)


def geojson(found: Surroundings) -> dict[str, object]:
    """What the map draws: the parcel first, then its neighbours."""
    if found.parcel is None:
        raise NotFoundError("parcel_unknown", "地籍库中没有该宗地")
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"parcel_no": item.parcel_no, "subject": item is found.parcel},
                "geometry": mapping(item.geometry),
            }
            for item in (found.parcel, *found.neighbours)
        ],
    }


def _features(path: Path) -> Iterator[dict[str, object]]:
    invalid = InvalidValueError("geojson_invalid", "文件不是有效的 GeoJSON 图形集")
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise invalid
        raw = path.read_bytes()
        found = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    except (OSError, ValueError):
        raise invalid from None
    if not isinstance(found, dict) or not isinstance(found.get("features"), list):
        raise invalid
    yield from found["features"]


def _parcel(feature: dict[str, object]) -> Parcel:
    properties = feature["properties"]
    if not isinstance(properties, dict):
        raise TypeError("properties")
    geometry = shape(feature["geometry"])
    number, epsg = str(properties["parcel_no"]), EPSG_OF_ZONE[str(properties["zone"])]
    area = Decimal(str(properties["area_m2"]))
    if len(number) != PARCEL_NO_LENGTH or geometry.is_empty:
        raise ValueError("parcel")
    west, south, east, north = geometry.bounds
    return Parcel(
        parcel_no=number,
        location=str(properties.get("location", ""))[:200],
        area_m2=f"{area:.2f}",
        epsg=epsg,
        geometry=json.dumps(mapping(geometry)),
        min_lon=west,
        max_lon=east,
        min_lat=south,
        max_lat=north,
    )


def _shape(row: Parcel) -> Shape:
    geometry: BaseGeometry = shape(json.loads(row.geometry))
    return Shape(row.parcel_no, Decimal(row.area_m2), geometry)
