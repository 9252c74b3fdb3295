"""Claims about division codes."""

import pytest

from kernel.errors import InvalidValueError
from kernel.vocabulary.districts import CITIES, HENAN, JIYUAN, District, city_of, is_plausible


def test_the_province_has_eighteen_cities() -> None:
    assert len(CITIES) == len({city.code for city in CITIES}) == 18
    assert JIYUAN in CITIES
    assert HENAN not in CITIES
    assert HENAN.is_province
    assert not JIYUAN.is_province


@pytest.mark.parametrize("city", [HENAN, *CITIES])
def test_every_code_reads_back(city: District) -> None:
    assert District.parse(str(city)) == city
    assert is_plausible(city.code)


@pytest.mark.parametrize(
    ("code", "city"),
    [("410102", "郑州市"), ("410181", "郑州市"), ("411700", "驻马店市"), ("419001", "济源市")],
)
def test_a_county_belongs_to_its_city(code: str, city: str) -> None:
    assert city_of(code).label == city


@pytest.mark.parametrize("code", ["410000", "110105", "419002", "411800", "4101", "41010A", ""])
def test_what_is_in_no_city_of_henan_is_refused(code: str) -> None:
    with pytest.raises(InvalidValueError, match="district_unknown"):
        city_of(code)


@pytest.mark.parametrize("code", ["000000", "990000", "41000", "4100000", "41000²", "四一0000"])
def test_what_begins_with_no_province_is_not_plausible(code: str) -> None:
    assert not is_plausible(code)


def test_a_city_of_another_province_is_unknown() -> None:
    with pytest.raises(InvalidValueError, match="district_unknown"):
        District.parse("110100")
