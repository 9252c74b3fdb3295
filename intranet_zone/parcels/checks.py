"""The checks of a spatial review, pure: shapes in, findings out.

Areas are computed on the CGCS2000 ellipsoid, so the neighbour zone of a parcel near 112.5°E cannot
be taken by accident. Tolerances are data of the office, to be confirmed against TD/T 1001.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pyproj import Geod
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from kernel.messages import ReviewCheck

OVERLAP_TOLERANCE_M2: Final = 1.0
AREA_TOLERANCE: Final = Decimal("0.03")
_ELLIPSOID: Final = Geod(a=6378137.0, rf=298.257222101)
"""CGCS2000 (GB 22021): nearly GRS80."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A parcel for checking: number, recorded area in m², geometry in degrees."""

    parcel_no: str
    area_m2: Decimal
    geometry: BaseGeometry


def run_checks(
    parcel: Shape | None, neighbours: Sequence[Shape], boundary: BaseGeometry | None
) -> tuple[ReviewCheck, ...]:
    """Every check; a parcel that is not on file fails the first and has no others."""
    if parcel is None:
        return (_check("parcel_known", "宗地在库", "地籍库中没有该宗地", passed=False),)
    valid = parcel.geometry.is_valid
    return (
        _check("parcel_known", "宗地在库", f"宗地 {parcel.parcel_no} 在库", passed=True),
        _validity(parcel, valid=valid),
        _inside(parcel, boundary, valid=valid),
        _overlap(parcel, neighbours, valid=valid),
        _area(parcel, valid=valid),
    )


def area_of(geometry: BaseGeometry) -> float:
    """Square metres on the ellipsoid of a geometry in degrees."""
    return abs(float(_ELLIPSOID.geometry_area_perimeter(geometry)[0]))


def _check(code: str, label: str, finding: str, *, passed: bool) -> ReviewCheck:
    return ReviewCheck(code=code, label=label, passed=passed, finding=finding)


def _validity(parcel: Shape, *, valid: bool) -> ReviewCheck:
    words = "界线无自相交" if valid else f"界线有误：{explain_validity(parcel.geometry)[:60]}"
    return _check("geometry_valid", "图形有效", words, passed=valid)


def _inside(parcel: Shape, boundary: BaseGeometry | None, *, valid: bool) -> ReviewCheck:
    if boundary is None:
        return _check("inside_city", "位于辖区内", "没有导入辖区界线，无法核对", passed=False)
    inside = valid and bool(boundary.covers(parcel.geometry))
    words = "位于济源辖区内" if inside else "部分或全部在辖区界线以外"
    return _check("inside_city", "位于辖区内", words, passed=inside)


def _overlap(parcel: Shape, neighbours: Sequence[Shape], *, valid: bool) -> ReviewCheck:
    if not valid:
        return _check("no_overlap", "与相邻宗地不重叠", "图形无效，无法核对", passed=False)
    overlaps = [
        (other.parcel_no, area)
        for other in neighbours
        if other.geometry.is_valid
        and (area := area_of(parcel.geometry.intersection(other.geometry))) > OVERLAP_TOLERANCE_M2
    ]
    if overlaps:
        words = "；".join(f"与 {number} 重叠 {area:.2f} 平方米" for number, area in overlaps[:5])
        return _check("no_overlap", "与相邻宗地不重叠", words, passed=False)
    words = f"与 {len(neighbours)} 个相邻宗地均不重叠"
    return _check("no_overlap", "与相邻宗地不重叠", words, passed=True)


def _area(parcel: Shape, *, valid: bool) -> ReviewCheck:
    if not valid or parcel.area_m2 <= 0:
        return _check("area_matches", "面积一致", "图形或登记面积无效，无法核对", passed=False)
    computed = Decimal(f"{area_of(parcel.geometry):.2f}")
    difference = abs(computed - parcel.area_m2) / parcel.area_m2
    words = (
        f"登记 {parcel.area_m2} 平方米，图上 {computed} 平方米，"
        f"相差 {difference * 100:.2f}%（限差 {AREA_TOLERANCE * 100:.0f}%）"
    )
    return _check("area_matches", "面积一致", words, passed=difference <= AREA_TOLERANCE)
