"""Every check passes a host that is right, and fails one that has a single defect."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from kernel.doctor.checks import (
    accounts,
    answers,
    audit,
    files,
    firewall,
    kernel_parameters,
    logs,
    packages,
    remote,
    sockets,
    units,
)
from kernel.doctor.checks.audit import WATCHED
from kernel.doctor.findings import Finding, Status
from kernel.doctor.settings import DoctorSettings

SETTINGS = DoctorSettings.model_validate(
    {
        "zone": "extranet",
        "version": "0.1.0",
        "sockets": [
            {
                "protocol": "tcp",
                "address": "127.0.0.1",
                "port": 8080,
                "program": "python",
                "purpose": "网页程序",
            }
        ],
        "packages": {"present": ["nginx"], "absent": ["telnet"], "sources": ["/etc/apt/a.sources"]},
        "accounts": {
            "people": ["ops"],
            "administrators": ["ops"],
            "administrators_group": "sudo",
            "maximum_days": 90,
        },
        "units": [{"name": "tongban-web.service", "exposure": 2.0}],
        "masked": ["debug-shell.service"],
        "files": [
            {
                "path": "/etc/shadow",
                "owner": "root",
                "group": "root",
                "mode": "0640",
                "clause": "8.1.4.8 b",
                "purpose": "口令摘要",
            }
        ],
        "lines": [
            {"path": "/etc/a", "pattern": "^deny = 5$", "clause": "8.1.4.1 b", "purpose": "锁定"}
        ],
        "answers": [
            {"command": ["date"], "pattern": "^CST$", "clause": "8.1.4.3 b", "purpose": "时区"}
        ],
        "sysctl": {"net.ipv4.ip_forward": "0", "kernel.sysrq": "0"},
        "sshd": {"permitrootlogin": "no"},
        "firewall": {"table": "tongban", "chains": ["input"], "openings": ["console"]},
        "audit_rules": "/etc/audit.rules",
        "logs": {"days": 200, "rotated": ["/var/log/syslog"]},
        "web": {"address": "127.0.0.1", "cookie": "tongban", "headers": {}},
    }
)
CHAIN = {"chain": {"table": "tongban", "name": "input", "policy": "drop"}}
TABLE = {"table": {"name": "tongban"}}
OPENING = {"rule": {"expr": [{"accept": None}], "comment": "console"}}


def ruleset(*items: dict[str, Any]) -> str:
    return json.dumps({"nftables": list(items)})


@dataclass(frozen=True)
class FakeMachine:
    """A host that remembers what it was told to answer."""

    said: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    modes: dict[str, int] = field(default_factory=dict)
    is_container: bool = False

    def ask(self, *command: str) -> tuple[int, str]:
        found = [out for start, out in self.said.items() if " ".join(command).startswith(start)]
        return (0, found[0]) if found else (127, "")

    def read(self, path: str) -> str | None:
        return self.texts.get(path)

    def stat(self, path: str) -> os.stat_result | None:
        if path not in self.modes:
            return None
        return os.stat_result((0o100000 | self.modes[path], 0, 0, 1, 0, 0, 0, 0, 0, 0))


RIGHT = FakeMachine(
    said={
        "ss -Hnp -lt": 'LISTEN 0 5 127.0.0.1:8080 0.0.0.0:* users:(("python",pid=1,fd=3))\n',
        "ss -Hnp -lu": "",
        "dpkg-query": "ii nginx\nii base-files\n",
        "find /etc/apt": "/etc/apt/a.sources\n",
        "getent group sudo": "sudo:x:27:ops\n",
        "systemctl is-enabled tongban-web": "enabled\n",
        "systemctl is-enabled debug-shell": "masked\n",
        "systemctl is-active": "active\n",
        "systemctl --failed": "",
        "systemctl show --property=User": "tongban\n",
        "systemd-analyze security": "→ Overall exposure level for tongban-web.service: 0.9 SAFE\n",
        "systemd-analyze cat-config": "[Journal]\nStorage=persistent\nMaxRetentionSec=200day\n",
        "sh -c logrotate": "rotating pattern: /var/log/syslog\n after 1 days (200 rotations)\n",
        "sshd -T": "permitrootlogin no\n",
        "nft -j": ruleset(TABLE, CHAIN, OPENING),
        "auditctl": "\n".join(f"-w /x -p wa -k {key}" for key, _ in WATCHED),
        "date": "CST\n",
    },
    texts={
        "/etc/passwd": "root:x:0:0::/root:/bin/bash\nops:x:1000:1000::/home/ops:/bin/bash\n"
        "tongban:x:900:900::/:/usr/sbin/nologin\n",
        "/etc/shadow": "root:!:1:0:90:7:::\nops:!:1:0:90:7:::\ntongban:!:1::::::\n",
        "/etc/a": "deny = 5\n",
        "/proc/sys/net/ipv4/ip_forward": "0\n",
        "/proc/sys/kernel/sysrq": "0\n",
        "/etc/audit.rules": "\n".join(f"-w /x -p wa -k {key}" for key, _ in WATCHED) + "\n-e 2\n",
    },
    modes={"/etc/shadow": 0o640},
)
CHECKS: tuple[Callable[..., Any], ...] = (
    accounts.check,
    answers.check,
    audit.check,
    files.check,
    firewall.check,
    kernel_parameters.check,
    logs.check,
    packages.check,
    remote.check,
    sockets.check,
    units.check,
)


def findings(machine: FakeMachine) -> list[Finding]:
    return [found for check in CHECKS for found in check(SETTINGS, machine)]


def saying(start: str, out: str) -> FakeMachine:
    return replace(RIGHT, said={**RIGHT.said, start: out})


def holding(path: str, text: str) -> FakeMachine:
    return replace(RIGHT, texts={**RIGHT.texts, path: text})


def passwd(more: str) -> FakeMachine:
    return holding("/etc/passwd", RIGHT.texts["/etc/passwd"] + more)


def test_a_host_that_is_right_passes_everywhere() -> None:
    assert [one for one in findings(RIGHT) if one.status is not Status.PASSED] == []


@pytest.mark.parametrize(
    ("machine", "code"),
    [
        (saying("ss -Hnp -lt", ""), "socket_listens"),
        (
            saying("ss -Hnp -lu", 'UNCONN 0 0 0.0.0.0:68 0.0.0.0:* users:(("dhcp",pid=2,fd=3))\n'),
            "sockets_no_other",
        ),
        (saying("dpkg-query", "ii base-files\n"), "package_present"),
        (saying("dpkg-query", "ii nginx\nii telnet\n"), "package_absent"),
        (saying("find /etc/apt", "/etc/apt/a.sources\n/etc/apt/b.list\n"), "sources_only_bundle"),
        (passwd("second:x:0:0::/:/bin/sh\n"), "account_root_only"),
        (passwd("twin:x:1000:1::/:/usr/sbin/nologin\n"), "account_numbers_unique"),
        (passwd("guest:x:1001:1::/:/bin/bash\n"), "account_people"),
        (holding("/etc/shadow", "root::1::::::\nops:!:1:0:90::::\n"), "account_password_set"),
        (holding("/etc/shadow", "root:$y$x:1::::::\nops:!:1:0:90::::\n"), "account_root_locked"),
        (
            holding("/etc/shadow", "root:!:1::::::\nops:!:1:0:90::::\ntongban:$y$x:1::::::\n"),
            "account_services_locked",
        ),
        (
            holding("/etc/shadow", "root:!:1::::::\nops:$y$x:1:0:99999::::\n"),
            "account_password_ages",
        ),
        (saying("getent group sudo", "sudo:x:27:ops,guest\n"), "account_administrators"),
        (saying("systemctl is-enabled tongban-web", "disabled\n"), "unit_enabled"),
        (saying("systemctl is-active", "failed\n"), "unit_active"),
        (saying("systemctl is-enabled debug-shell", "static\n"), "unit_masked"),
        (saying("systemctl --failed", "x.service loaded failed failed x\n"), "units_none_failed"),
        (
            saying(
                "systemd-analyze security",
                "→ Overall exposure level for tongban-web.service: 2.1 OK\n",
            ),
            "unit_exposure",
        ),
        (saying("systemctl show --property=User", "\n"), "unit_not_root"),
        (saying("systemd-analyze cat-config", "MaxRetentionSec=30day\n"), "journal_kept"),
        (saying("systemd-analyze cat-config", "Storage=volatile\n"), "journal_persistent"),
        (
            saying(
                "sh -c logrotate",
                "rotating pattern: /var/log/syslog\n after 1 days (7 rotations)\n",
            ),
            "log_kept",
        ),
        (saying("sshd -T", "permitrootlogin yes\n"), "ssh_setting"),
        (saying("nft -j", ruleset(TABLE, OPENING)), "firewall_drops"),
        (saying("nft -j", ruleset(TABLE, CHAIN)), "firewall_opens"),
        (
            saying(
                "nft -j", ruleset(TABLE, CHAIN, OPENING, {"rule": {"expr": [{"accept": None}]}})
            ),
            "firewall_no_other",
        ),
        (
            saying("nft -j", ruleset(TABLE, CHAIN, OPENING, {"table": {"name": "x"}})),
            "firewall_one_table",
        ),
        (saying("auditctl", ""), "audit_loaded"),
        (holding("/etc/audit.rules", "-e 2\n"), "audit_written"),
        (holding("/etc/audit.rules", "-e 1\n"), "audit_locked"),
        (saying("date", "UTC\n"), "answer"),
        (holding("/etc/a", "deny = 50\n"), "line"),
        (holding("/proc/sys/net/ipv4/ip_forward", "1\n"), "sysctl"),
        (replace(RIGHT, modes={"/etc/shadow": 0o644}), "file_mode"),
        (replace(RIGHT, modes={}), "file_mode"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_defect_is_said_by_its_code(machine: FakeMachine, code: str) -> None:
    assert code in {one.code for one in findings(machine) if one.status is Status.FAILED}


def test_what_a_container_cannot_have_is_not_passed() -> None:
    said = [
        one for one in findings(replace(RIGHT, is_container=True)) if one.seen.startswith("容器")
    ]
    assert {one.code for one in said} == {"audit_loaded", "sysctl"}
    assert {one.status for one in said} == {Status.NOT_APPLICABLE}


def test_settings_of_audit_rules_are_a_path() -> None:
    assert SETTINGS.audit_rules == Path("/etc/audit.rules")
