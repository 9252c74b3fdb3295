"""The two hundred cases, held against the register's own rules."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from appliance.sample.parcels import Moved
from appliance.sample.register import DEFAULT_UNITS, stock
from appliance.sample.scenario import Ending, ScenarioCase, scenario, write_scenario

from extranet_zone.cases.ports import PartyView
from extranet_zone.catalogue.reading import PACKAGED, read_edition
from extranet_zone.catalogue.schema import Effect
from extranet_zone.register.rules import obstacles
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import Holder, RightState, SeizureState, UnitState
from internet_zone.applications.forms import parse_facts
from kernel.catalogue.subjects import Stated, Taken
from kernel.errors import RefusedError
from kernel.vocabulary.dictionaries import SeizureKind
from kernel.vocabulary.identity import IdentityNumber
from kernel.vocabulary.phone import PhoneNo

TODAY = date(2026, 1, 5)
EFFECTS = {
    "transfer-existing": Effect.TRANSFER,
    "mortgage-first": Effect.MORTGAGE,
    "mortgage-cancel": Effect.MORTGAGE_CANCELLATION,
    "change-details": Effect.HOLDER_CHANGE,
}


@pytest.fixture(scope="module")
def units(moved: Moved) -> list[dict[str, Any]]:
    return list(stock(moved.parcels, 1, DEFAULT_UNITS))


@pytest.fixture(scope="module")
def cases(units: list[dict[str, Any]]) -> tuple[ScenarioCase, ...]:
    return scenario(units, 1)


def _state(unit: dict[str, Any]) -> UnitState:
    """The unit as the loader puts it on the register."""
    holders = tuple(
        Holder(holder["name"], "1", "1", holder["document_no"], holder["share"])
        for holder in unit["holders"]
    )
    rights = [
        RightState(
            "0", RightKind.OWNERSHIP, "4", unit["certificate_no"], unit["sharing"], holders, {}
        )
    ]
    rights += [
        RightState(
            str(number),
            RightKind.MORTGAGE,
            "4",
            mortgage["certificate_no"],
            "0",
            (Holder(mortgage["mortgagee"], "2", "99", "", ""),),
            {},
        )
        for number, mortgage in enumerate(unit["mortgages"], 1)
    ]
    rights += [
        RightState(
            f"n{number}",
            RightKind(found["kind"]),
            "4",
            "",
            "0",
            (Holder(found["by"], "99", "99", "", ""),),
            {},
        )
        for number, found in enumerate(unit["restrictions"])
        if found["kind"] != "seizure"
    ]
    seizures = tuple(
        SeizureState(
            f"s{number}",
            SeizureKind.SEIZURE,
            found["by"],
            found["document"],
            "",
            "",
            number + 1,
            0,
            "",
            "",
        )
        for number, found in enumerate(unit["restrictions"])
        if found["kind"] == "seizure"
    )
    return UnitState(
        unit["unit_no"],
        unit["location"],
        unit["use"],
        unit["area_m2"],
        "",
        "",
        tuple(rights),
        seizures,
    )


def _blocking(case: ScenarioCase, units: list[dict[str, Any]]) -> list[str]:
    unit = next(unit for unit in units if unit["unit_no"] == case.unit_no)
    parties = [
        PartyView(
            party.role, party.name, party.kind, party.document_type, party.document_no, "", ""
        )
        for party in case.parties
    ]
    found = obstacles(_state(unit), EFFECTS[case.item_code], parties, dict(case.facts), TODAY)
    return [obstacle.code for obstacle in found if obstacle.blocking]


def test_there_are_two_hundred_cases_by_weight(cases: tuple[ScenarioCase, ...]) -> None:
    assert Counter(case.item_code for case in cases) == {
        "transfer-existing": 120,
        "mortgage-first": 40,
        "mortgage-cancel": 20,
        "change-details": 20,
    }
    assert Counter(case.ending for case in cases) == {
        Ending.ISSUED: 190,
        Ending.HANDED_BACK: 6,
        Ending.REFUSED_BY_REGISTER: 4,
    }
    assert {case.mode for case in cases} == {"online", "fusion"}


def test_every_case_has_a_unit_an_account_and_a_phone_of_its_own(
    cases: tuple[ScenarioCase, ...], units: list[dict[str, Any]]
) -> None:
    assert len({case.unit_no for case in cases}) == len(cases)
    assert len({case.applicant.identity_no for case in cases}) == len(cases)
    assert len({case.applicant.phone for case in cases}) == len(cases)
    assert units[0]["unit_no"] not in {case.unit_no for case in cases}


def test_the_register_blocks_exactly_the_cases_to_be_refused(
    cases: tuple[ScenarioCase, ...], units: list[dict[str, Any]]
) -> None:
    for case in cases:
        expected = ["unit_seized"] if case.ending is Ending.REFUSED_BY_REGISTER else []
        assert _blocking(case, units) == expected, case


def test_the_portal_can_take_every_case(cases: tuple[ScenarioCase, ...]) -> None:
    items = {item.code: item for item in read_edition(PACKAGED).items}
    for case in cases:
        item = items[case.item_code]
        roles = [party.role for party in case.parties]
        assert roles == [item.applicant_role, *item.other_roles]
        taken = [Taken(party.role, party.kind, party.document_type) for party in case.parties]
        stated = Stated(case.unit_no, case.mode, {}, taken)
        kept, errors = parse_facts(item, dict(case.facts), stated)
        assert not errors
        assert {item.fact(code).field for code in kept} == dict(case.facts).keys()
        assert case.applicant.name == case.parties[0].name
        for party in case.parties:
            IdentityNumber.parse(party.document_no)
            PhoneNo.parse(party.phone)


@pytest.mark.parametrize("seed", range(2, 8))
def test_the_default_stock_suffices_for_other_seeds(moved: Moved, seed: int) -> None:
    units = list(stock(moved.parcels, seed, DEFAULT_UNITS))
    assert len(scenario(units, seed)) == 200


def test_a_stock_that_is_too_small_is_refused(units: list[dict[str, Any]]) -> None:
    with pytest.raises(RefusedError) as refused:
        scenario(units[:50], 1)
    assert refused.value.code == "sample_too_small"


def test_the_same_seed_gives_the_same_bytes(
    cases: tuple[ScenarioCase, ...], units: list[dict[str, Any]], tmp_path: Path
) -> None:
    first = write_scenario(tmp_path, cases).read_bytes()
    assert write_scenario(tmp_path, scenario(units, 1)).read_bytes() == first
    assert len(first.splitlines()) == 200
    assert json.loads(first.splitlines()[0])["applicant"]["password"]


def test_materials_name_the_parties_and_differ_between_cases(
    cases: tuple[ScenarioCase, ...],
) -> None:
    same_item = [case for case in cases if case.item_code == "change-details"][:2]
    first, second = (case.materials() for case in same_item)
    assert not {material.data for material in first} & {material.data for material in second}
