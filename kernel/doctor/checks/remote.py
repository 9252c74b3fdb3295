"""Remote administration: what the SSH server says it does, not what its files say."""

from collections.abc import Iterator

from kernel.doctor.findings import Finding, judge
from kernel.doctor.machine import Machine
from kernel.doctor.settings import DoctorSettings


def check(settings: DoctorSettings, machine: Machine) -> Iterator[Finding]:
    """One finding an effective setting."""
    code, said = machine.ask("sshd", "-T")
    effective = dict(line.split(" ", 1) for line in said.splitlines() if " " in line)
    for name, value in settings.sshd.items():
        yield judge(
            "ssh_setting",
            "8.1.4.1 c",
            f"SSH 服务的 {name} 为 {value}",
            good=code == 0 and effective.get(name.lower()) == value,
            seen=effective.get(name.lower(), "没有这一项"),
        )
