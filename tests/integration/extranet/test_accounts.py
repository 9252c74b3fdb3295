"""Claims about loading staff accounts."""

from pathlib import Path

import pytest
from argon2 import PasswordHasher
from office import Office

from extranet_zone.accounts.services import load_accounts, read_accounts
from kernel.errors import RefusedError
from kernel.web.accounts import Accounts
from kernel.web.models import Account

ONE = """
[[account]]
login = "{login}"
display_name = "王预审"
password = "Sample-2026-pass"
roles = {roles}
"""


def write(folder: Path, *people: tuple[str, list[str]]) -> Path:
    path = folder / "accounts.toml"
    text = "".join(
        ONE.format(login=login, roles=str(roles).replace("'", '"')) for login, roles in people
    )
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def accounts() -> Accounts:
    return Accounts(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), idle_minutes=15)


def test_loading_twice_creates_everybody_once(
    office: Office, accounts: Accounts, tmp_path: Path
) -> None:
    listed = read_accounts(
        write(tmp_path, ("wang", ["preliminary_reviewer"]), ("li", ["recorder"]))
    )
    with office.database.begin() as session:
        first = load_accounts(session, accounts, listed, office.now)
    with office.database.begin() as session:
        second = load_accounts(session, accounts, listed, office.now)
    assert (first.created, first.existing) == (("wang", "li"), ())
    assert (second.created, second.existing) == ((), ("wang", "li"))
    assert office.rows(Account) == 2


def test_a_loaded_person_must_choose_their_own_password(
    office: Office, accounts: Accounts, tmp_path: Path
) -> None:
    listed = read_accounts(write(tmp_path, ("wang", ["recorder"])))
    with office.database.begin() as session:
        load_accounts(session, accounts, listed, office.now)
        token = accounts.sign_in(session, "wang", "Sample-2026-pass", "", office.now).token
        assert token is not None
        found = accounts.person(session, token, office.now)
        assert found is not None
        assert found[0].must_change


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        (["system_administrator", "audit_administrator"], "administrators_separate"),
        (["security_administrator", "recorder"], "administrator_with_business"),
        (["system"], "role_not_assignable"),
        (["king"], "role_unknown"),
        ([], "settings_invalid"),
    ],
)
def test_posts_that_must_stay_apart_are_refused_at_loading(
    tmp_path: Path, roles: list[str], code: str
) -> None:
    path = write(tmp_path, ("li", ["recorder"]), ("wang", roles))
    with pytest.raises(RefusedError, match=code):
        read_accounts(path)


def test_one_login_stands_once_in_a_file(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="login_twice"):
        read_accounts(write(tmp_path, ("wang", ["recorder"]), ("wang", ["recorder"])))
