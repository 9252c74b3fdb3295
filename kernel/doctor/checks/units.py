"""Services: enabled, running, not as root, and how much of the system they could reach."""

import re
from collections.abc import Iterator
from typing import Final

from kernel.doctor.findings import Finding, judge
from kernel.doctor.machine import Machine
from kernel.doctor.settings import DoctorSettings, Unit

_EXPOSURE: Final = re.compile(r"Overall exposure level for \S+: ([0-9.]+)")


def check(settings: DoctorSettings, machine: Machine) -> Iterator[Finding]:
    """Two findings a unit, three where it has a bound; one for each that is masked."""
    for unit in settings.units:
        yield from _unit(unit, machine)
    for name in settings.masked:
        said = machine.ask("systemctl", "is-enabled", name)[1].strip()
        yield judge(
            "unit_masked", "8.1.4.4 b", f"{name} 已屏蔽", good=said == "masked", seen=said or "无"
        )
    failed = machine.ask("systemctl", "--failed", "--plain", "--no-legend")[1].split("\n")
    names = [line.split()[0] for line in failed if line.strip()]
    yield judge(
        "units_none_failed", "8.1.4.3 d", "没有失败的服务", good=not names, seen="、".join(names)
    )


def _unit(unit: Unit, machine: Machine) -> Iterator[Finding]:
    enabled = machine.ask("systemctl", "is-enabled", unit.name)[1].strip()
    yield judge(
        "unit_enabled", "8.1.4.3 d", f"{unit.name} 开机启动",
        good=enabled in ("enabled", "static", "indirect", "enabled-runtime"), seen=enabled,
    )  # fmt: skip
    if unit.active:
        state = machine.ask("systemctl", "is-active", unit.name)[1].strip()
        yield judge(
            "unit_active", "8.1.4.3 d", f"{unit.name} 正在运行", good=state == "active", seen=state
        )
    if unit.exposure is not None:
        said = machine.ask("systemd-analyze", "security", "--no-pager", unit.name)[1]
        found = _EXPOSURE.search(said)
        yield judge(
            "unit_exposure", "8.1.4.2 d", f"{unit.name} 的暴露程度不超过 {unit.exposure}",
            good=found is not None and float(found[1]) <= unit.exposure,
            seen=found[1] if found else "测不出",
        )  # fmt: skip
        user = machine.ask("systemctl", "show", "--property=User", "--value", unit.name)[1].strip()
        yield judge(
            "unit_not_root", "8.1.4.2 d", f"{unit.name} 不以 root 运行",
            good=user not in ("", "root"), seen=user or "root",
        )  # fmt: skip
