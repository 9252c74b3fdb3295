"""Who may do what on the extranet: posts, what each may see, and which no person may combine.

The acts on a case are not listed here: the transition table names the post for each of them. Here
stand the pages and records a post may look at. The three administrators see no case at all.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from kernel.errors import RefusedError
from kernel.vocabulary.coded import Coded


class Role(Coded):
    """A post (岗位) of a person, or of the system itself."""

    PRELIMINARY_REVIEWER = "preliminary_reviewer", "预审人员"
    INTAKE_CLERK = "intake_clerk", "收件人员"
    ACCEPTANCE_CLERK = "acceptance_clerk", "受理人员"
    FIRST_EXAMINER = "first_examiner", "初审人员"
    SECOND_EXAMINER = "second_examiner", "复审人员"
    FINAL_EXAMINER = "final_examiner", "核定人员"
    RECORDER = "recorder", "登簿人员"
    ENGROSSING_CLERK = "engrossing_clerk", "缮证人员"
    ISSUING_CLERK = "issuing_clerk", "发证人员"
    ARCHIVE_CLERK = "archive_clerk", "归档人员"
    HEAD_OF_OFFICE = "head_of_office", "机构负责人"
    SYSTEM_ADMINISTRATOR = "system_administrator", "系统管理员"
    SECURITY_ADMINISTRATOR = "security_administrator", "安全管理员"
    AUDIT_ADMINISTRATOR = "audit_administrator", "审计管理员"
    SYSTEM = "system", "系统"


ADMINISTRATORS: Final = frozenset(
    {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR}
)
"""三员: no person holds two of them, and none of them holds a post of the business."""
CASE_WORK: Final = frozenset(Role) - ADMINISTRATORS - {Role.SYSTEM}
"""The posts that work on cases."""
ASSIGNABLE: Final = frozenset(Role) - {Role.SYSTEM}
"""What an account may be given; nobody is the system."""


class Permission(StrEnum):
    """What a page needs; a page that names none does not start."""

    CASES_READ = "cases.read"
    CASES_ACT = "cases.act"
    CASES_ENTER = "cases.enter"
    CASES_REVEAL = "cases.reveal"
    CLOCKS_READ = "clocks.read"
    MATERIALS_READ = "materials.read"
    REGISTER_READ = "register.read"
    REGISTER_REVEAL = "register.reveal"
    RECORDING_LOG_READ = "recording_log.read"
    CERTIFICATES_READ = "certificates.read"
    BLANKS_MANAGE = "blanks.manage"
    WINDOWS_MANAGE = "windows.manage"
    STATISTICS_READ = "statistics.read"
    """One's own figures."""
    STATISTICS_ALL = "statistics.all"
    """Everybody's figures, and who did what."""
    CATALOGUE_READ = "catalogue.read"
    CATALOGUE_MANAGE = "catalogue.manage"
    EXCHANGE_READ = "exchange.read"
    EXCHANGE_DECIDE = "exchange.decide"
    PROVINCE_DECIDE = "province.decide"
    """What the province sent and was refused: see it, try it again, set it aside."""
    ACCOUNTS_MANAGE = "accounts.manage"
    ROLES_ASSIGN = "roles.assign"
    AUDIT_READ = "audit.read"


_CASE_WORK_PERMISSIONS: Final = frozenset(
    {
        Permission.CASES_READ,
        Permission.CASES_ACT,
        Permission.CASES_REVEAL,
        Permission.CLOCKS_READ,
        Permission.MATERIALS_READ,
        Permission.REGISTER_READ,
        Permission.REGISTER_REVEAL,
        Permission.RECORDING_LOG_READ,
        Permission.CERTIFICATES_READ,
        Permission.STATISTICS_READ,
        Permission.CATALOGUE_READ,
    }
)
PERMISSIONS: Final = {
    **dict.fromkeys(CASE_WORK, _CASE_WORK_PERMISSIONS),
    Role.ENGROSSING_CLERK: _CASE_WORK_PERMISSIONS | {Permission.BLANKS_MANAGE},
    Role.HEAD_OF_OFFICE: _CASE_WORK_PERMISSIONS
    | {Permission.STATISTICS_ALL, Permission.PROVINCE_DECIDE},
    Role.INTAKE_CLERK: _CASE_WORK_PERMISSIONS | {Permission.CASES_ENTER},
    Role.SYSTEM_ADMINISTRATOR: frozenset(
        {
            Permission.CATALOGUE_READ,
            Permission.CATALOGUE_MANAGE,
            Permission.CLOCKS_READ,
            Permission.EXCHANGE_READ,
            Permission.EXCHANGE_DECIDE,
            Permission.ACCOUNTS_MANAGE,
            Permission.WINDOWS_MANAGE,
        }
    ),
    Role.SECURITY_ADMINISTRATOR: frozenset(
        {Permission.EXCHANGE_READ, Permission.EXCHANGE_DECIDE, Permission.ROLES_ASSIGN}
    ),
    Role.AUDIT_ADMINISTRATOR: frozenset(
        {Permission.AUDIT_READ, Permission.STATISTICS_READ, Permission.STATISTICS_ALL}
    ),
    Role.SYSTEM: frozenset[Permission](),
}
"""What each post may look at."""


def permissions_of(roles: Collection[str]) -> frozenset[Permission]:
    """Everything a person with ``roles`` may look at; unknown roles add nothing."""
    return frozenset().union(*(PERMISSIONS[Role(role)] for role in roles if Role.has(role)))


def require_compatible(roles: Collection[str]) -> frozenset[Role]:
    """The posts named in ``roles``, when one person may hold them together.

    Raises :class:`RefusedError`: ``role_unknown``, ``role_not_assignable``,
    ``administrators_separate`` (two of the three administrators) or ``administrator_with_business``
    (an administrator who would also work on cases).
    """
    unknown = [role for role in roles if not Role.has(role)]
    if unknown:
        raise RefusedError("role_unknown", f"没有岗位“{unknown[0]}”")
    held = frozenset(Role(role) for role in roles)
    if held - ASSIGNABLE:
        raise RefusedError("role_not_assignable", "“系统”不是可以授予个人的岗位")
    administrators = held & ADMINISTRATORS
    if len(administrators) > 1:
        raise RefusedError(
            "administrators_separate", "系统管理员、安全管理员、审计管理员不得由同一人兼任"
        )
    if administrators and held - ADMINISTRATORS:
        raise RefusedError("administrator_with_business", "管理员不得同时担任业务岗位")
    return held
