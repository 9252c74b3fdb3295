"""Who plays in the samples: citizens who apply, and the staff of the three networks.

Every name and number is invented. Passwords are samples: they stand in this file for everybody to
read, satisfy the rules (ten characters, three classes), and are of use on no other machine.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

from appliance.sample.names import identity_of, invented_identity, invented_name

_SAMPLE_PHONES: Final = 19_900_000_000


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody who registers on the portal; the phone number is the login."""

    name: str
    identity_no: str
    phone: str

    @property
    def password(self) -> str:
        """The sample password."""
        return f"Sample-{self.phone[-6:]}"


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody with an account on one network."""

    login: str
    display_name: str
    roles: tuple[str, ...]

    @property
    def password(self) -> str:
        """The sample password."""
        return f"Sample-{self.login}-2026"


SELLER: Final = Citizen("赵样禾", identity_of(date(1978, 5, 12), 101), "19900000001")
"""Holds the main unit of the sample register."""
BUYER: Final = Citizen("钱知夏", identity_of(date(1990, 9, 3), 102), "19900000002")
AGENTS: Final = (
    Citizen("孙景行", identity_of(date(1985, 2, 20), 103), "19900000003"),
    Citizen("李青澜", identity_of(date(1988, 11, 8), 104), "19900000004"),
)
"""Act for others with a power of attorney."""

_SYSTEM: Final = ("system_administrator", "系统管理员")
_SECURITY: Final = ("security_administrator", "安全管理员")
_AUDIT: Final = ("audit_administrator", "审计管理员")


def _staff(login: str, name: str, role: tuple[str, str]) -> Staff:
    return Staff(login, f"{name}（{role[1]}）", (role[0],))


INTERNET_STAFF: Final = (_staff("sysadmin", "卫云舒", _SYSTEM),)
EXTRANET_STAFF: Final = (
    _staff("yushen01", "周明岚", ("preliminary_reviewer", "预审员")),
    _staff("shoujian01", "吴思澄", ("intake_clerk", "收件员")),
    _staff("shouli01", "郑永安", ("acceptance_clerk", "受理员")),
    _staff("chushen01", "王承越", ("first_examiner", "初审员")),
    _staff("fushen01", "冯德瑾", ("second_examiner", "复审员")),
    _staff("heding01", "秦知微", ("final_examiner", "核定员")),
    _staff("dengbu01", "陈志衿", ("recorder", "登簿员")),
    _staff("shanzheng01", "褚家言", ("engrossing_clerk", "缮证员")),
    _staff("fazheng01", "卫国砚", ("issuing_clerk", "发证员")),
    _staff("guidang01", "许言川", ("archive_clerk", "归档员")),
    _staff("jigou01", "施远谋", ("head_of_office", "机构负责人")),
    _staff("sysadmin", "蒋春野", _SYSTEM),
    _staff("secadmin", "沈秋乔", _SECURITY),
    _staff("auditadmin", "韩建墨", _AUDIT),
)
INTRANET_STAFF: Final = (
    _staff("kongjian01", "杨新晗", ("spatial_reviewer", "空间审核员")),
    _staff("baidu01", "朱文予", ("ferry_operator", "摆渡员")),
    _staff("guangzha01", "尤思安", ("gate_operator", "光闸值守员")),
    _staff("sysadmin", "秦一沐", _SYSTEM),
    _staff("secadmin", "尤明舒", _SECURITY),
    _staff("auditadmin", "许思雪", _AUDIT),
)


def staff_with(role: str, staff: Iterable[Staff] = EXTRANET_STAFF) -> Staff:
    """The first of ``staff`` who holds the post; there must be one."""
    return next(person for person in staff if role in person.roles)


def citizen_of(seed: int, index: int) -> Citizen:
    """The ``index``-th of any number of further citizens (up to a million), all distinct."""
    random = Random(f"citizen:{seed}:{index}")
    return Citizen(invented_name(random), invented_identity(random), phone_of(index))


def phone_of(index: int) -> str:
    """The phone number of the ``index``-th further citizen."""
    return str(_SAMPLE_PHONES + 100 + index)


def write_accounts(
    folder: Path, posts: Mapping[str, Collection[str]] | None = None
) -> tuple[Path, ...]:
    """Write ``accounts-internet.toml`` and the like for the other two networks.

    ``posts`` are the roles that each zone's release knows, where it is not this one: nobody is
    employed for a post that an older release does not have.
    """
    written = []
    for zone, staff in (
        ("internet", INTERNET_STAFF),
        ("extranet", EXTRANET_STAFF),
        ("intranet", INTRANET_STAFF),
    ):
        path = folder / f"accounts-{zone}.toml"
        known = staff if posts is None else [who for who in staff if {*who.roles} <= {*posts[zone]}]
        path.write_text(_accounts(known), "utf-8")
        written.append(path)
    return tuple(written)


def _accounts(staff: Iterable[Staff]) -> str:
    lines = ["# 样例账号：姓名为虚构，密码公开，不得用于生产环境。"]
    for person in staff:
        lines += [
            "",
            "[[account]]",
            f"login = {json.dumps(person.login)}",
            f"display_name = {json.dumps(person.display_name, ensure_ascii=False)}",
            f"password = {json.dumps(person.password)}",
            f"roles = {json.dumps(list(person.roles))}",
            "must_change = false",
        ]
    return "\n".join(lines) + "\n"
