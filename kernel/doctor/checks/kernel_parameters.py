"""Kernel parameters as the running kernel has them."""

from collections.abc import Iterator
from typing import Final

from kernel.doctor.findings import Finding, judge, not_here
from kernel.doctor.machine import Machine
from kernel.doctor.settings import DoctorSettings

CLAUSE: Final = "8.1.4.4 a"
_OF_A_NETWORK: Final = ("net.ipv4.", "net.ipv6.")
"""A container with its own network has these of its own; all others are the host's."""


def check(settings: DoctorSettings, machine: Machine) -> Iterator[Finding]:
    """One finding a parameter."""
    for name, value in sorted(settings.sysctl.items()):
        claim = f"内核参数 {name} 为 {value}"
        if machine.is_container and not name.startswith(_OF_A_NETWORK):
            yield not_here("sysctl", CLAUSE, claim, "容器没有自己的内核")
            continue
        text = machine.read("/proc/sys/" + name.replace(".", "/"))
        if text is None:
            yield not_here("sysctl", CLAUSE, claim, "这个内核没有这一项")
            continue
        yield judge("sysctl", CLAUSE, claim, good=text.strip() == value, seen=text.strip())
