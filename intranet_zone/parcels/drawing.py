"""Draws a parcel with its neighbours as SVG, for printers and browsers without JavaScript."""

import math
from dataclasses import dataclass
from typing import Final

from shapely.geometry.base import BaseGeometry

from intranet_zone.parcels.services import Surroundings

WIDTH: Final = 800
HEIGHT: Final = 520
_MARGIN: Final = 0.35
MAX_VERTICES: Final = 200


@dataclass(frozen=True, slots=True)
class Drawn:
    """One outline: an SVG path in pixels, its parcel number, where its name stands."""

    parcel_no: str
    path: str
    subject: bool
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """A north-up drawing that fits the parcel, with a scale bar."""

    width: int
    height: int
    outlines: tuple[Drawn, ...]
    bar_pixels: float
    bar_metres: int
    vertices: tuple[tuple[int, str, str], ...]


def draw(found: Surroundings) -> Drawing | None:
    """The drawing; None when the parcel is not on file."""
    if found.parcel is None:
        return None
    west, south, east, north = found.parcel.geometry.bounds
    cosine = math.cos(math.radians((south + north) / 2))
    span = max((east - west) * cosine / WIDTH, (north - south) / HEIGHT) * (1 + 2 * _MARGIN)
    scale = 1 / max(span, 1e-9)
    middle = ((west + east) / 2, (south + north) / 2)

    def place(lon: float, lat: float) -> tuple[float, float]:
        return (
            WIDTH / 2 + (lon - middle[0]) * cosine * scale,
            HEIGHT / 2 - (lat - middle[1]) * scale,
        )

    def outline(number: str, geometry: BaseGeometry, *, subject: bool) -> Drawn:
        rings = []
        for polygon in getattr(geometry, "geoms", [geometry]):
            for ring in (polygon.exterior, *polygon.interiors):
                points = (place(lon, lat) for lon, lat in ring.coords)
                rings.append("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points) + "Z")
        centre = geometry.representative_point()
        x, y = place(centre.x, centre.y)
        return Drawn(number, " ".join(rings), subject, round(x, 1), round(y, 1))

    outlines = [outline(item.parcel_no, item.geometry, subject=False) for item in found.neighbours]
    outlines.append(outline(found.parcel.parcel_no, found.parcel.geometry, subject=True))
    metres = _round_metres(WIDTH / 5 / scale * 111_320)
    return Drawing(
        WIDTH,
        HEIGHT,
        tuple(outlines),
        round(metres / 111_320 * scale, 1),
        metres,
        _vertices(found.parcel.geometry),
    )


def _round_metres(metres: float) -> int:
    """A length people can read off: 1, 2 or 5 times a power of ten."""
    power = 10 ** max(0, math.floor(math.log10(max(metres, 1))))
    return int(max(step * power for step in (1, 2, 5) if step * power <= max(metres, 1)))


def _vertices(geometry: BaseGeometry) -> tuple[tuple[int, str, str], ...]:
    first = getattr(geometry, "geoms", [geometry])[0]
    points = list(first.exterior.coords)[:-1][:MAX_VERTICES]
    return tuple((n, f"{lon:.8f}", f"{lat:.8f}") for n, (lon, lat) in enumerate(points, start=1))
