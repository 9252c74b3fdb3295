"""Claims about the unit code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import InvalidValueError
from kernel.vocabulary.unit import FixtureKind, LandOwnership, ParcelFeature, UnitNo

PARCEL = "419001001001GB00001"
HOUSE = PARCEL + "F00010002"

valid_units = st.builds(
    lambda area, owner, feature, serial, fixture: (
        f"419001{area:06d}{owner}{feature}{serial:05d}{fixture}"
    ),
    st.integers(0, 999_999),
    st.sampled_from(LandOwnership),
    st.sampled_from(ParcelFeature),
    st.integers(1, 99_999),
    st.one_of(
        st.just("W00000000"),
        st.builds(
            lambda kind, number: f"{kind}{number:08d}",
            st.sampled_from("FLQ"),
            st.integers(1, 99_999_999),
        ),
    ),
)


def test_a_house_shows_all_its_parts() -> None:
    unit = UnitNo.parse(HOUSE)
    assert (unit.district, unit.cadastral_area, unit.subarea) == ("419001", "001", "001")
    assert unit.ownership is LandOwnership.STATE
    assert unit.parcel_feature is ParcelFeature.CONSTRUCTION_SURFACE
    assert unit.parcel_serial == 1
    assert (unit.parcel_no, unit.fixture) == (PARCEL, "F00010002")
    assert unit.fixture_kind is FixtureKind.HOUSE
    assert (unit.building, unit.house) == ("0001", "0002")


def test_a_bare_parcel_has_no_building() -> None:
    unit = UnitNo.of_parcel(PARCEL)
    assert str(unit) == PARCEL + "W00000000"
    assert unit.fixture_kind is FixtureKind.NONE
    assert unit.building is None
    assert unit.house is None


def test_a_house_is_made_of_parcel_building_and_house() -> None:
    assert UnitNo.of_house(PARCEL, 1, 2) == UnitNo(HOUSE)
    with pytest.raises(InvalidValueError, match="unit_fixture"):
        UnitNo.of_house(PARCEL, 10_000, 1)


def test_the_groups_are_those_people_read_aloud() -> None:
    grouped = "419001 001 001 GB 00001 F 00010002"
    assert UnitNo.parse(HOUSE).grouped() == grouped
    assert UnitNo.parse(grouped.lower()) == UnitNo(HOUSE)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "unit_length"),
        (PARCEL, "unit_length"),
        (HOUSE + "0", "unit_length"),
        (PARCEL + "F0001-002", "unit_characters"),
        (PARCEL + "F0001000二", "unit_characters"),
        ("009001001001GB00001F00010002", "unit_district"),
        ("41900A001001GB00001F00010002", "unit_district"),
        ("419001A01001GB00001F00010002", "unit_cadastral"),
        ("419001001A01GB00001F00010002", "unit_cadastral"),
        ("419001001001XB00001F00010002", "unit_ownership"),
        ("419001001001GK00001F00010002", "unit_feature"),
        ("419001001001GB00000F00010002", "unit_serial"),
        ("419001001001GB0000AF00010002", "unit_serial"),
        (PARCEL + "A00010002", "unit_fixture"),
        (PARCEL + "F0001000A", "unit_fixture"),
        (PARCEL + "F00000000", "unit_fixture"),
        (PARCEL + "W00000001", "unit_fixture"),
    ],
)
def test_each_defect_has_its_own_code(typed: str, code: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        UnitNo.parse(typed)
    assert refused.value.code == code


def test_a_constructed_code_must_be_in_its_canonical_form() -> None:
    with pytest.raises(InvalidValueError, match="unit_characters"):
        UnitNo(HOUSE.lower())


@given(valid_units)
def test_every_code_survives_both_round_trips(text: str) -> None:
    unit = UnitNo.parse(text)
    assert str(unit) == text
    assert UnitNo.parse(unit.grouped()) == unit


@given(st.text("019GBFWX²٣济-", min_size=28, max_size=28))
def test_any_text_is_a_code_or_a_refusal(text: str) -> None:
    try:
        outcome = str(UnitNo.parse(text))
    except InvalidValueError as refused:
        outcome = refused.code
    assert outcome == text or outcome.startswith("unit_")
