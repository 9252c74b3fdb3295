"""Accounts from a TOML file, as a system administrator brings them in."""

import tomllib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.errors import NotFoundError, SettingsError
from kernel.settings import Settings
from kernel.web.accounts import Accounts
from kernel.web.models import Account

MAX_ACCOUNTS: Final = 1000


class AccountEntry(Settings):
    """``[[account]]``: one person."""

    login: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$")]
    display_name: Annotated[str, Field(min_length=1, max_length=64)]
    password: str
    roles: Annotated[list[str], Field(min_length=1, max_length=20)]
    must_change: bool = True


class _File(Settings):
    account: Annotated[list[AccountEntry], Field(max_length=MAX_ACCOUNTS)]


def read_accounts(path: Path) -> list[AccountEntry]:
    """Raises :class:`SettingsError` with code ``accounts_invalid``."""
    try:
        return _File.model_validate(tomllib.loads(path.read_text("utf-8"))).account
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError("accounts_invalid", f"账号文件 {path} 无法读取或内容不正确") from error


def load_accounts(
    session: Session,
    accounts: Accounts,
    entries: Collection[AccountEntry],
    require_compatible: Callable[[Collection[str]], object],
    now: int,
) -> int:
    """Create the accounts that do not exist yet; answers how many.

    ``require_compatible`` refuses roles one person may not hold together.
    """
    created = 0
    for entry in entries:
        require_compatible(entry.roles)
        if session.scalars(select(Account.id).where(Account.login == entry.login)).first():
            continue
        accounts.create(
            session,
            login=entry.login,
            display_name=entry.display_name,
            password=entry.password,
            roles=entry.roles,
            now=now,
            must_change=entry.must_change,
            actor="system:load",
        )
        created += 1
    return created


def require_account(session: Session, login: str) -> None:
    """There is an account with this login.

    Raises :class:`NotFoundError` with code ``account_unknown``.
    """
    if session.scalar(select(Account.id).where(Account.login == login)) is None:
        raise NotFoundError("account_unknown", f"没有账号“{login}”")
