"""How long logs are kept: what journald and logrotate will do, taken from their own view."""

import re
from collections.abc import Iterator
from typing import Final

from kernel.doctor.findings import Finding, judge
from kernel.doctor.machine import Machine
from kernel.doctor.settings import DoctorSettings

CLAUSE: Final = "8.1.5.4"
# One line for each block of its settings, which may name several files on lines of their own.
_PATTERN: Final = re.compile(
    r"^rotating pattern: (.*?)\s+after 1 days \((\d+) rotations\)", re.DOTALL | re.MULTILINE
)


def check(settings: DoctorSettings, machine: Machine) -> Iterator[Finding]:
    """One finding about the journal, one a log file."""
    said = machine.ask("systemd-analyze", "cat-config", "systemd/journald.conf")[1]
    kept = re.findall(r"^MaxRetentionSec=(\d+)day$", said, re.MULTILINE)
    days = int(kept[-1]) if kept else 0
    yield judge(
        "journal_kept", CLAUSE, f"系统日志保留不少于 {settings.logs.days} 天",
        good=days >= settings.logs.days, seen=f"{days} 天",
    )  # fmt: skip
    stored = re.findall(r"^Storage=(\w+)$", said, re.MULTILINE)
    yield judge(
        "journal_persistent", "8.1.4.3 c", "系统日志写在盘上，重启不丢",
        good=stored[-1:] == ["persistent"], seen="、".join(stored),
    )  # fmt: skip
    rotations = _rotations(machine)
    for path in settings.logs.rotated:
        found = rotations.get(path, 0)
        yield judge(
            "log_kept", CLAUSE, f"{path} 按日轮转，保留不少于 {settings.logs.days} 份",
            good=found >= settings.logs.days, seen=f"{found} 份",
        )  # fmt: skip


def _rotations(machine: Machine) -> dict[str, int]:
    """What logrotate would keep of each path, by its own dry run."""
    found: dict[str, int] = {}
    said = machine.ask("sh", "-c", "logrotate --debug /etc/logrotate.conf 2>&1")[1]
    for pattern in _PATTERN.finditer(said):
        found.update(dict.fromkeys(pattern[1].split(), int(pattern[2])))
    return found
