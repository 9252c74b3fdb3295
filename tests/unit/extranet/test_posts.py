"""Claims about who may hold which posts."""

from itertools import combinations

import pytest

from extranet_zone.roles import (
    ADMINISTRATORS,
    CASE_WORK,
    PERMISSIONS,
    Permission,
    Role,
    permissions_of,
    require_compatible,
)
from kernel.errors import RefusedError


@pytest.mark.parametrize("pair", list(combinations(sorted(ADMINISTRATORS), 2)))
def test_no_person_holds_two_administrators_roles(pair: tuple[Role, Role]) -> None:
    with pytest.raises(RefusedError, match="administrators_separate"):
        require_compatible(pair)


@pytest.mark.parametrize("administrator", sorted(ADMINISTRATORS))
def test_no_administrator_works_on_cases(administrator: Role) -> None:
    assert Permission.CASES_READ not in PERMISSIONS[administrator]
    for post in CASE_WORK:
        with pytest.raises(RefusedError, match="administrator_with_business"):
            require_compatible([administrator, post])


def test_only_the_audit_administrator_reads_the_audit_trail() -> None:
    readers = [role for role in Role if Permission.AUDIT_READ in PERMISSIONS[role]]
    assert readers == [Role.AUDIT_ADMINISTRATOR]


def test_nobody_is_the_system() -> None:
    with pytest.raises(RefusedError, match="role_not_assignable"):
        require_compatible(["system"])


def test_an_unknown_post_is_refused_and_grants_nothing() -> None:
    with pytest.raises(RefusedError, match="role_unknown"):
        require_compatible(["king"])
    assert permissions_of(["king"]) == frozenset()


def test_posts_of_the_business_may_be_combined() -> None:
    assert require_compatible(["intake_clerk", "acceptance_clerk"]) == {
        Role.INTAKE_CLERK,
        Role.ACCEPTANCE_CLERK,
    }
