"""Loading staff accounts from a TOML file.

An account that exists is left as it is, so loading the same file again changes nothing. A file in
which one person would hold posts that must stay apart is refused as a whole.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.roles import require_compatible
from kernel.errors import ConflictError
from kernel.settings import Settings, load
from kernel.web.accounts import Accounts
from kernel.web.models import Account

ACTOR: Final = "system:accounts"
MAX_ACCOUNTS: Final = 1000


class AccountEntry(Settings):
    """``[[account]]``: one person."""

    login: Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{1,39}$")]
    display_name: Annotated[str, Field(min_length=1, max_length=40)]
    password: Annotated[str, Field(min_length=1, max_length=128)]
    roles: Annotated[list[str], Field(min_length=1, max_length=12)]
    must_change: bool = True
    """Whether the person must choose their own password first; training sets ``false``."""


class AccountsFile(Settings):
    """The whole file."""

    account: Annotated[list[AccountEntry], Field(min_length=1, max_length=MAX_ACCOUNTS)]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Logins that were created, and those that existed."""

    created: tuple[str, ...]
    existing: tuple[str, ...]


def read_accounts(path: Path) -> AccountsFile:
    """The accounts listed in ``path``, every one with posts a person may combine.

    Raises :class:`kernel.errors.SettingsError` (as :func:`kernel.settings.load`);
    :class:`ConflictError` (``login_twice``); :class:`kernel.errors.RefusedError`
    (``administrators_separate`` and what else ``require_compatible`` refuses).
    """
    listed = load(path, AccountsFile)
    logins = [entry.login for entry in listed.account]
    if len(set(logins)) != len(logins):
        raise ConflictError("login_twice", "文件中有重复的登录名")
    for entry in listed.account:
        require_compatible(entry.roles)
    return listed


def load_accounts(session: Session, accounts: Accounts, listed: AccountsFile, now: int) -> Loaded:
    """Create what is missing.

    Raises :class:`kernel.errors.InvalidValueError` with code ``password_weak``.
    """
    logins = [entry.login for entry in listed.account]
    known = set(session.scalars(select(Account.login).where(Account.login.in_(logins))))
    for entry in listed.account:
        if entry.login not in known:
            accounts.create(
                session,
                login=entry.login,
                display_name=entry.display_name,
                password=entry.password,
                roles=entry.roles,
                now=now,
                must_change=entry.must_change,
                actor=ACTOR,
            )
    return Loaded(
        created=tuple(login for login in logins if login not in known),
        existing=tuple(login for login in logins if login in known),
    )
