"""The invented stock."""

import json
from collections import defaultdict
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from appliance.sample.names import NOBODY_REGION
from appliance.sample.parcels import Moved
from appliance.sample.people import SELLER
from appliance.sample.register import DEFAULT_UNITS, FEWEST, stock, write_register

from extranet_zone.db import SCHEMA
from extranet_zone.register.services import load_register
from extranet_zone.register.services.stock_line import parse_line
from kernel import audit
from kernel.clock import SystemClock, now_micros
from kernel.db import Database
from kernel.migrate import upgrade
from kernel.vocabulary.certificate import CertificateNo
from kernel.vocabulary.identity import IdentityNumber


@pytest.fixture(scope="module")
def lines(moved: Moved) -> list[dict[str, Any]]:
    return list(stock(moved.parcels, 1, DEFAULT_UNITS))


def test_the_register_takes_every_line(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        parse_line(json.dumps(line, ensure_ascii=False).encode())


def test_the_loader_takes_the_whole_file(moved: Moved, tmp_path: Path) -> None:
    path = write_register(tmp_path, 1, 100, moved.parcels)
    database = Database(f"sqlite:///{tmp_path / 'extranet.db'}")
    upgrade(database, SCHEMA)
    audit.attach(database, "extranet", SystemClock())
    with path.open("rb") as lines:
        report = load_register(database, lines, now_micros(SystemClock()))
    database.dispose()
    assert (report.loaded, report.refused, report.published) == (100, 0, 100)


def test_units_are_distinct_and_stand_on_sample_parcels(
    lines: list[dict[str, Any]], moved: Moved
) -> None:
    assert len({line["unit_no"] for line in lines}) == DEFAULT_UNITS
    assert {line["parcel_no"] for line in lines} <= {parcel.parcel_no for parcel in moved.parcels}
    assert len({line["location"] for line in lines}) == DEFAULT_UNITS


def test_identity_numbers_are_well_formed_and_nobodys(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        for holder in line["holders"]:
            IdentityNumber.parse(holder["document_no"])
            assert holder["document_no"].startswith(NOBODY_REGION)


def test_certificate_numbers_count_without_gaps(lines: list[dict[str, Any]]) -> None:
    serials = defaultdict(list)
    for line in lines:
        for text in (
            line["certificate_no"],
            *(mortgage["certificate_no"] for mortgage in line["mortgages"]),
        ):
            number = CertificateNo.parse(text)
            serials[number.year, number.kind].append(number.serial)
    for given in serials.values():
        assert given == list(range(1, len(given) + 1))


def test_certificates_carry_the_year_of_recording(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        for entry in (line, *line["mortgages"]):
            year = CertificateNo.parse(entry["certificate_no"]).year
            assert str(year) == entry["recorded_on"][:4]


def test_the_first_unit_is_the_sellers_and_free(lines: list[dict[str, Any]]) -> None:
    main = lines[0]
    assert [(holder["name"], holder["document_no"]) for holder in main["holders"]] == [
        (SELLER.name, SELLER.identity_no)
    ]
    assert (main["mortgages"], main["restrictions"], main["sharing"]) == ([], [], "0")


@pytest.mark.parametrize("seed", range(5))
def test_the_shortest_stock_has_every_kind_of_burden(moved: Moved, seed: int) -> None:
    short = list(stock(moved.parcels, seed, FEWEST))
    kinds = {restriction["kind"] for line in short for restriction in line["restrictions"]}
    assert kinds == {"seizure", "objection", "advance_notice"}
    assert any(line["mortgages"] for line in short)


def test_a_short_stock_begins_a_long_one(moved: Moved, lines: list[dict[str, Any]]) -> None:
    assert list(islice(stock(moved.parcels, 1, 1_000_000), DEFAULT_UNITS)) == lines


def test_units_stay_distinct_when_parcels_are_built_on_again(moved: Moved) -> None:
    few = moved.parcels[:40]
    units = [line["unit_no"] for line in stock(few, 1, 3000)]
    assert len(set(units)) == 3000


def test_the_same_seed_gives_the_same_bytes(moved: Moved, tmp_path: Path) -> None:
    first = write_register(tmp_path, 7, 200, moved.parcels).read_bytes()
    assert write_register(tmp_path, 7, 200, moved.parcels).read_bytes() == first
    assert write_register(tmp_path, 8, 200, moved.parcels).read_bytes() != first
