"""Installed software: what is needed is there, what must not be is not, one source only."""

from collections.abc import Iterator
from typing import Final

from kernel.doctor.findings import Finding, judge
from kernel.doctor.machine import Machine
from kernel.doctor.settings import DoctorSettings

CLAUSE: Final = "8.1.4.4 a"
_SOURCES: Final = ("/etc/apt/sources.list", "/etc/apt/sources.list.d")


def installed(machine: Machine) -> frozenset[str]:
    """Names of installed packages, by dpkg or rpm."""
    code, said = machine.ask("dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Package}\n")
    if code == 0:
        return frozenset(line[3:] for line in said.splitlines() if line.startswith("ii"))
    return frozenset(machine.ask("rpm", "-qa", "--qf", "%{NAME}\n")[1].splitlines())


def check(settings: DoctorSettings, machine: Machine) -> Iterator[Finding]:
    """One finding a package."""
    there = installed(machine)
    for name in settings.packages.present:
        yield judge(
            "package_present", CLAUSE, f"软件包 {name} 已安装", good=name in there, seen=name
        )
    for name in settings.packages.absent:
        yield judge(
            "package_absent", CLAUSE, f"没有安装 {name}", good=name not in there, seen="未安装"
        )
    found = machine.ask("find", *_SOURCES, "-type", "f")[1].split()
    sources = sorted(path for path in found if path.endswith((".list", ".sources")))
    yield judge(
        "sources_only_bundle",
        CLAUSE,
        "软件只来自核对过签名的交付包",
        good=sources == sorted(settings.packages.sources),
        seen="、".join(sources),
    )
