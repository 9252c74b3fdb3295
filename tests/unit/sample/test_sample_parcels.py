"""The French parcels, moved."""

import gzip
import json
from pathlib import Path

import pytest
import shapely
from appliance.sample.parcels import (
    CADASTRE,
    Moved,
    city_boundary,
    feature_collection,
    move_parcels,
    write_parcels,
)
from pyproj import Transformer

from kernel.vocabulary.unit import UnitNo


def test_every_parcel_of_the_source_is_valid_after_the_move(moved: Moved) -> None:
    assert len(moved.parcels) == 4241
    assert moved.dropped == 0
    assert all(parcel.shape.is_valid for parcel in moved.parcels)


def test_moving_keeps_areas_within_a_thousandth(moved: Moved) -> None:
    to_plane = Transformer.from_crs("EPSG:4490", "EPSG:4526", always_xy=True)
    for parcel in moved.parcels:
        plane = shapely.transform(parcel.shape, to_plane.transform, interleaved=False)
        assert plane.area == pytest.approx(parcel.source_area_m2, rel=0.001), parcel.parcel_no
        assert parcel.area_m2 == pytest.approx(plane.area, abs=0.006 + 0.001 * plane.area)


def test_moving_keeps_the_surfaces_the_cadastre_states(moved: Moved) -> None:
    with gzip.open(CADASTRE, "rt", encoding="utf-8") as file:
        stated = {
            feature["properties"]["id"]: feature["properties"].get("contenance") or 0
            for feature in json.load(file)["features"]
        }
    ours = sum(parcel.area_m2 for parcel in moved.parcels if stated[parcel.origin])
    assert ours == pytest.approx(sum(stated.values()), rel=0.02)


def test_parcels_lie_inside_the_city_and_in_zone_38(moved: Moved) -> None:
    boundary = city_boundary()
    shapely.prepare(boundary)
    assert all(boundary.contains(parcel.shape) for parcel in moved.parcels)
    assert {parcel.epsg for parcel in moved.parcels} == {4526}
    assert min(parcel.shape.bounds[0] for parcel in moved.parcels) > 112.5


def test_parcel_codes_are_well_formed_and_unique(moved: Moved) -> None:
    codes = {parcel.parcel_no for parcel in moved.parcels}
    assert len(codes) == len(moved.parcels)
    for parcel in moved.parcels:
        unit_no = UnitNo.of_parcel(parcel.parcel_no)
        assert (unit_no.district, unit_no.parcel_serial) == ("419001", parcel.serial)


def test_neighbours_still_share_their_boundary_to_the_last_digit(moved: Moved) -> None:
    seen: set[tuple[float, float]] = set()
    shared = 0
    for parcel in moved.parcels:
        points = set(parcel.shape.exterior.coords)
        shared += len(points & seen)
        seen |= points
    assert shared > len(seen) / 2


def test_no_two_parcels_overlap_by_more_than_a_square_metre(moved: Moved) -> None:
    to_plane = Transformer.from_crs("EPSG:4490", "EPSG:4526", always_xy=True)
    shapes = [
        shapely.transform(parcel.shape, to_plane.transform, interleaved=False)
        for parcel in moved.parcels
    ]
    pairs = shapely.STRtree(shapes).query(shapes, predicate="overlaps").T
    for first, second in pairs:
        assert shapes[first].intersection(shapes[second]).area < 1


def test_holes_survive(moved: Moved) -> None:
    assert sum(bool(parcel.shape.interiors) for parcel in moved.parcels) == 30


def test_every_feature_says_where_its_shape_comes_from(moved: Moved) -> None:
    for feature in feature_collection(moved.parcels[:50])["features"]:
        assert set(feature["properties"]) == {
            "parcel_no",
            "area_m2",
            "zone",
            "epsg",
            "location",
            "source",
        }
        assert isinstance(feature["properties"]["area_m2"], str)
        assert "Licence Ouverte 2.0" in feature["properties"]["source"]


def test_the_same_source_gives_the_same_bytes(moved: Moved, tmp_path: Path) -> None:
    first = write_parcels(tmp_path, moved.parcels).read_bytes()
    assert write_parcels(tmp_path, move_parcels().parcels).read_bytes() == first
    assert len(json.loads(first)["features"]) == 4241
