"""Real French parcels moved to 济源, metre for metre, with invented codes and addresses.

The way of a point: WGS 84 degrees, Lambert-93 metres (EPSG:2154), shifted by whole-town constants,
CGCS2000 3° zone 38 metres (EPSG:4526), CGCS2000 degrees (EPSG:4490). 济源 lies across the edge of
zones 37 and 38 at 112.5°E; the centre chosen here is in zone 38, and so is the whole town.

Coordinates are moved one by one and rounded to :data:`DECIMALS`, so that boundaries which two
parcels share in the source are shared here to the last digit.
"""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pyproj import Transformer
from shapely.geometry import MultiPolygon, Polygon, mapping, shape

from appliance.sample.places import parcel_location

DATA: Final = Path(__file__).parents[2] / "data"
CADASTRE: Final = DATA / "cadastre-91216-parcels.geojson.gz"
BOUNDARY: Final = DATA / "jiyuan-419001-boundary.geojson"
CENTRE: Final = (112.60, 35.09)
"""Where the middle of the town comes to lie, CGCS2000 degrees."""
ZONE: Final = "38"
EPSG: Final = 4526
"""The 3° zone of the sample survey, as surveyors and as PROJ call it: east of 112.5°E."""
DECIMALS: Final = 9
"""Of degrees: a tenth of a millimetre."""
DISTRICT: Final = "419001"
CADASTRAL_AREA: Final = "001"
SOURCE: Final = (
    "法国地籍（DGFiP/Etalab，2022-01-01，Licence Ouverte 2.0）宗地形状，平移至济源，仅作样例"
)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel; ``shape`` is in CGCS2000 degrees, ``area_m2`` in the plane of its zone."""

    parcel_no: str
    area_m2: float
    location: str
    shape: Polygon
    origin: str
    """The French parcel whose shape this is."""
    source_area_m2: float
    """The area of that shape in the source's own projection."""
    epsg: int = EPSG

    @property
    def subarea(self) -> int:
        """地籍子区 as a number."""
        return int(self.parcel_no[9:12])

    @property
    def serial(self) -> int:
        """The parcel's number within its subarea."""
        return int(self.parcel_no[14:])


@dataclass(frozen=True, slots=True)
class Moved:
    """All parcels, and how many shapes were left out because they are not valid."""

    parcels: tuple[Parcel, ...]
    dropped: int


@dataclass(frozen=True, slots=True)
class _Mover:
    """The way of a point, in both of its halves."""

    to_source_plane: Transformer
    to_degrees: Transformer
    shift_east: float
    shift_north: float

    def plane(self, points: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
        """Degrees of the source as metres of zone 38."""
        longitudes, latitudes = zip(*((point[0], point[1]) for point in points), strict=True)
        easts, norths = self.to_source_plane.transform(longitudes, latitudes)
        return [
            (east + self.shift_east, north + self.shift_north)
            for east, north in zip(easts, norths, strict=True)
        ]

    def degrees(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        """Metres of zone 38 as rounded CGCS2000 degrees."""
        easts, norths = zip(*points, strict=True)
        longitudes, latitudes = self.to_degrees.transform(easts, norths)
        return [
            (round(longitude, DECIMALS), round(latitude, DECIMALS))
            for longitude, latitude in zip(longitudes, latitudes, strict=True)
        ]


def move_parcels(cadastre: Path = CADASTRE) -> Moved:
    """Every parcel of the source in the order of its code; the same bytes on every call."""
    with gzip.open(cadastre, "rt", encoding="utf-8") as file:
        features = json.load(file)["features"]
    features.sort(key=_order)
    mover = _mover(features)
    subareas: dict[str, int] = {}
    serials: dict[str, int] = {}
    parcels = []
    dropped = 0
    for feature in features:
        rings = [mover.plane(ring) for ring in feature["geometry"]["coordinates"]]
        moved = _in_degrees(mover, rings)
        if not moved.is_valid:
            dropped += 1
            continue
        section = feature["properties"]["section"]
        subarea = subareas.setdefault(section, len(subareas) + 1)
        serial = serials[section] = serials.get(section, 0) + 1
        source = Polygon(rings[0], rings[1:])
        parcels.append(
            Parcel(
                parcel_no=f"{DISTRICT}{CADASTRAL_AREA}{subarea:03d}GB{serial:05d}",
                area_m2=round(source.area, 2),
                location=parcel_location(subarea, serial),
                shape=moved,
                origin=feature["properties"]["id"],
                source_area_m2=source.area,
            )
        )
    return Moved(tuple(parcels), dropped)


def feature_collection(parcels: Sequence[Parcel]) -> dict[str, Any]:
    """GeoJSON as the intranet imports it; coordinates are CGCS2000 degrees, longitude first."""
    return {
        "type": "FeatureCollection",
        "name": "sample-parcels",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}},
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "parcel_no": parcel.parcel_no,
                    "area_m2": f"{parcel.area_m2:.2f}",
                    "zone": ZONE,
                    "epsg": parcel.epsg,
                    "location": parcel.location,
                    "source": f"{SOURCE}；原宗地 {parcel.origin}",
                },
                "geometry": mapping(parcel.shape),
            }
            for parcel in parcels
        ],
    }


def write_parcels(folder: Path, parcels: Sequence[Parcel] | None = None) -> Path:
    """Write ``parcels.geojson``, one feature a line, of all parcels unless some are given."""
    path = folder / "parcels.geojson"
    collection = feature_collection(move_parcels().parcels if parcels is None else parcels)
    features = collection.pop("features")
    head = json.dumps(collection, ensure_ascii=False)[:-1]
    body = ",\n".join(
        json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features
    )
    path.write_text(f'{head}, "features": [\n{body}\n]}}\n', "utf-8")
    return path


def city_boundary(path: Path = BOUNDARY) -> Polygon | MultiPolygon:
    """The city's outline: coarse, and shifted as web maps are; see ``tests/data/README.md``."""
    collection = json.loads(path.read_text("utf-8"))
    return shape(collection["features"][0]["geometry"])


def _order(feature: dict[str, Any]) -> tuple[str, int, str]:
    properties = feature["properties"]
    return properties["section"], int(properties["numero"]), properties["id"]


def _mover(features: Sequence[dict[str, Any]]) -> _Mover:
    """The shift takes the middle of the town's extent to :data:`CENTRE`."""
    points = [point for feature in features for point in feature["geometry"]["coordinates"][0]]
    to_source_plane = Transformer.from_crs("EPSG:4326", "EPSG:2154", always_xy=True)
    longitudes, latitudes = zip(*points, strict=True)
    easts, norths = to_source_plane.transform(longitudes, latitudes)
    to_plane = Transformer.from_crs("EPSG:4490", "EPSG:4526", always_xy=True)
    centre_east, centre_north = to_plane.transform(*CENTRE)
    return _Mover(
        to_source_plane,
        Transformer.from_crs("EPSG:4526", "EPSG:4490", always_xy=True),
        round(centre_east - (min(easts) + max(easts)) / 2, 3),
        round(centre_north - (min(norths) + max(norths)) / 2, 3),
    )


def _in_degrees(mover: _Mover, rings: Sequence[Sequence[tuple[float, float]]]) -> Polygon:
    outline, *holes = (mover.degrees(ring) for ring in rings)
    return Polygon(outline, holes)
