"""Citizens and staff."""

from pathlib import Path

import pytest
from appliance.sample.people import (
    AGENTS,
    BUYER,
    EXTRANET_STAFF,
    INTERNET_STAFF,
    INTRANET_STAFF,
    SELLER,
    Staff,
    citizen_of,
    staff_with,
    write_accounts,
)

from extranet_zone import roles as extranet_roles
from internet_zone import roles as internet_roles
from intranet_zone import roles as intranet_roles
from kernel.vocabulary.identity import IdentityNumber
from kernel.vocabulary.phone import PhoneNo
from kernel.web.account_files import read_accounts
from kernel.web.accounts import require_strong

STAFF = (*INTERNET_STAFF, *EXTRANET_STAFF, *INTRANET_STAFF)


def test_citizens_can_register() -> None:
    for citizen in (SELLER, BUYER, *AGENTS, *(citizen_of(1, index) for index in range(50))):
        IdentityNumber.parse(citizen.identity_no)
        PhoneNo.parse(citizen.phone)
        require_strong(citizen.password)


def test_further_citizens_are_distinct() -> None:
    citizens = [citizen_of(1, index) for index in range(500)]
    assert len({citizen.identity_no for citizen in citizens}) == 500
    assert len({citizen.phone for citizen in citizens}) == 500


@pytest.mark.parametrize("person", STAFF, ids=lambda person: person.display_name)
def test_sample_passwords_satisfy_the_rules(person: Staff) -> None:
    require_strong(person.password)


def test_every_zone_takes_its_accounts_file(tmp_path: Path) -> None:
    internet, extranet, intranet = (read_accounts(path) for path in write_accounts(tmp_path))
    for entry in internet:
        internet_roles.require_staff(entry.roles)
    for entry in extranet:
        extranet_roles.require_compatible(entry.roles)
    for entry in intranet:
        intranet_roles.require_compatible(entry.roles)
    assert [len(entries) for entries in (internet, extranet, intranet)] == [1, 14, 6]
    assert not any(entry.must_change for entry in (*internet, *extranet, *intranet))


def test_nobody_is_employed_for_a_post_that_the_release_does_not_have(tmp_path: Path) -> None:
    posts = {
        "internet": [role.value for role in internet_roles.Role],
        "extranet": [role.value for role in extranet_roles.Role if role != "head_of_office"],
        "intranet": [role.value for role in intranet_roles.Role],
    }
    older = [read_accounts(path) for path in write_accounts(tmp_path, posts)]
    assert [len(entries) for entries in older] == [1, 13, 6]
    assert "jigou01" not in {entry.login for entry in older[1]}


def test_every_post_of_the_extranet_is_held_by_somebody_of_their_own() -> None:
    held = {role: staff_with(role).login for role in extranet_roles.ASSIGNABLE}
    assert len(set(held.values())) == len(extranet_roles.ASSIGNABLE)


def test_no_two_people_share_a_name() -> None:
    assert len({person.display_name for person in STAFF}) == len(STAFF)
