"""Who may do what on the portal: citizens their own matters, operators the exchange."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from kernel.errors import RefusedError
from kernel.vocabulary.coded import Coded


class Role(Coded):
    """What an account of the portal is."""

    CITIZEN = "citizen", "申请人"
    SYSTEM_ADMINISTRATOR = "system_administrator", "系统管理员"


class Permission(StrEnum):
    """What a page needs."""

    APPLY = "apply"
    EXCHANGE_READ = "exchange.read"
    EXCHANGE_DECIDE = "exchange.decide"


PERMISSIONS: Final = {
    Role.CITIZEN: frozenset({Permission.APPLY}),
    Role.SYSTEM_ADMINISTRATOR: frozenset({Permission.EXCHANGE_READ, Permission.EXCHANGE_DECIDE}),
}


def permissions_of(roles: Collection[str]) -> frozenset[str]:
    """Everything a person with ``roles`` may open; unknown roles add nothing."""
    return frozenset().union(*(PERMISSIONS[Role(role)] for role in roles if Role.has(role)))


def role_label(role: str) -> str:
    """What a role is called on pages."""
    return Role(role).label if Role.has(role) else role


def require_staff(roles: Collection[str]) -> None:
    """Accounts that are brought in by file are staff; citizens register themselves.

    Raises :class:`RefusedError` with code ``role_unknown``.
    """
    if set(roles) != {Role.SYSTEM_ADMINISTRATOR.value}:
        raise RefusedError("role_unknown", "门户只能导入系统管理员账号")
