"""Accounts: named people only, no defaults, nobody but root is root, passwords age."""

from collections.abc import Iterator
from typing import Final

from kernel.doctor.findings import Finding, judge
from kernel.doctor.machine import Machine
from kernel.doctor.settings import DoctorSettings

_NO_SHELL: Final = ("nologin", "false", "sync", "shutdown", "halt")
_LOCKED: Final = ("!", "*")


def check(settings: DoctorSettings, machine: Machine) -> Iterator[Finding]:
    """Of ``/etc/passwd``, ``/etc/shadow`` and the administrators' group."""
    wanted = settings.accounts
    rows = [line.split(":") for line in (machine.read("/etc/passwd") or "").splitlines()]
    shadow = {
        line.split(":")[0]: line.split(":")
        for line in (machine.read("/etc/shadow") or "").splitlines()
    }
    roots = [row[0] for row in rows if row[2] == "0"]
    yield judge(
        "account_root_only", "8.1.4.2 c", "除 root 外没有 UID 为 0 的账户", good=roots == ["root"],
        seen="、".join(roots),
    )  # fmt: skip
    numbers = [row[2] for row in rows]
    yield judge(
        "account_numbers_unique", "8.1.4.1 a", "用户标识唯一",
        good=len(numbers) == len(set(numbers)), seen=f"{len(numbers)} 个账户",
    )  # fmt: skip
    people = sorted(row[0] for row in rows if not row[6].endswith(_NO_SHELL) and row[0] != "root")
    allowed = sorted(set(wanted.people))
    yield judge(
        "account_people", "8.1.4.2 c", "能登录的账户恰为登记的人员，没有多余、共享账户",
        good=set(people) <= {*allowed, "postgres"} and set(allowed) <= set(people),
        seen="、".join(people),
    )  # fmt: skip
    open_ones = sorted(name for name, row in shadow.items() if row[1] == "")
    yield judge(
        "account_password_set", "8.1.4.2 b", "没有空口令的账户", good=not open_ones,
        seen="、".join(open_ones) or "无",
    )  # fmt: skip
    root = shadow.get("root", ["root", ""])[1]
    yield judge(
        "account_root_locked", "8.1.4.2 b", "root 没有可用的口令", good=root.startswith(_LOCKED),
        seen=root[:1],
    )  # fmt: skip
    services = sorted(
        name for name, row in shadow.items()
        if name not in (*allowed, "root") and not row[1].startswith(_LOCKED)
    )  # fmt: skip
    yield judge(
        "account_services_locked", "8.1.4.2 b", "程序账户都没有口令", good=not services,
        seen="、".join(services) or "无",
    )  # fmt: skip
    group = machine.ask("getent", "group", wanted.administrators_group)[1].strip()
    members = sorted(filter(None, group.rpartition(":")[2].split(",")))
    yield judge(
        "account_administrators", "8.1.4.2 d", "能成为 root 的恰为登记的系统管理员",
        good=members == sorted(wanted.administrators), seen="、".join(members),
    )  # fmt: skip
    for name in allowed:
        days = shadow.get(name, [""] * 9)[4]
        yield judge(
            "account_password_ages", "8.1.4.1 a", f"账户 {name} 的口令不超过 "
            f"{wanted.maximum_days} 天，或没有口令只用密钥",
            good=shadow.get(name, ["", ""])[1].startswith(_LOCKED)
            or (days.isdigit() and int(days) <= wanted.maximum_days),
            seen=f"{days or '未设'} 天",
        )  # fmt: skip
