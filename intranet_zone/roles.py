"""Who may do what on the intranet."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from kernel.errors import RefusedError
from kernel.vocabulary.coded import Coded


class Role(Coded):
    """A post (岗位) on the intranet."""

    SPATIAL_REVIEWER = "spatial_reviewer", "空间审核人员"
    SURVEYOR = "surveyor", "地籍调查人员"
    FERRY_OPERATOR = "ferry_operator", "摆渡人员"
    GATE_OPERATOR = "gate_operator", "光闸值守人员"
    SYSTEM_ADMINISTRATOR = "system_administrator", "系统管理员"
    SECURITY_ADMINISTRATOR = "security_administrator", "安全管理员"
    AUDIT_ADMINISTRATOR = "audit_administrator", "审计管理员"


class Permission(StrEnum):
    """What a page needs."""

    REVIEWS_READ = "reviews.read"
    REVIEWS_CONCLUDE = "reviews.conclude"
    PARCELS_READ = "parcels.read"
    MIRROR_READ = "mirror.read"
    EXCHANGE_READ = "exchange.read"
    EXCHANGE_DECIDE = "exchange.decide"
    AUDIT_READ = "audit.read"


ADMINISTRATORS: Final = frozenset(
    {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR}
)
PERMISSIONS: Final = {
    Role.SPATIAL_REVIEWER: frozenset(
        {
            Permission.REVIEWS_READ,
            Permission.REVIEWS_CONCLUDE,
            Permission.PARCELS_READ,
            Permission.MIRROR_READ,
        }
    ),
    Role.SURVEYOR: frozenset({Permission.PARCELS_READ}),
    Role.FERRY_OPERATOR: frozenset({Permission.EXCHANGE_READ}),
    Role.GATE_OPERATOR: frozenset({Permission.EXCHANGE_READ, Permission.EXCHANGE_DECIDE}),
    Role.SYSTEM_ADMINISTRATOR: frozenset({Permission.EXCHANGE_READ, Permission.EXCHANGE_DECIDE}),
    Role.SECURITY_ADMINISTRATOR: frozenset({Permission.EXCHANGE_READ, Permission.EXCHANGE_DECIDE}),
    Role.AUDIT_ADMINISTRATOR: frozenset({Permission.AUDIT_READ}),
}


def permissions_of(roles: Collection[str]) -> frozenset[str]:
    """Everything a person with ``roles`` may open; unknown roles add nothing."""
    return frozenset().union(*(PERMISSIONS[Role(role)] for role in roles if Role.has(role)))


def role_label(role: str) -> str:
    """What a role is called on pages."""
    return Role(role).label if Role.has(role) else role


def require_compatible(roles: Collection[str]) -> None:
    """Refuse posts one person may not hold together (三员分立).

    Raises :class:`RefusedError`: ``role_unknown``, ``administrators_separate`` or
    ``administrator_with_business``.
    """
    unknown = [role for role in roles if not Role.has(role)]
    if unknown:
        raise RefusedError("role_unknown", f"没有岗位“{unknown[0]}”")
    held = {Role(role) for role in roles}
    administrators = held & ADMINISTRATORS
    if len(administrators) > 1:
        raise RefusedError(
            "administrators_separate", "系统管理员、安全管理员、审计管理员不得由同一人兼任"
        )
    if administrators and held - ADMINISTRATORS:
        raise RefusedError("administrator_with_business", "管理员不得同时担任业务岗位")
