"""Audit rules: every rule of the file is loaded in the kernel, and nobody can unload it."""

from collections.abc import Iterator
from typing import Final

from kernel.doctor.findings import Finding, judge, not_here
from kernel.doctor.machine import Machine
from kernel.doctor.settings import DoctorSettings

CLAUSE: Final = "8.1.4.3 a"
WATCHED: Final = (
    ("identity", "账户的改动"),
    ("privilege", "sudo 规则的改动"),
    ("remote", "SSH 设置的改动"),
    ("login", "登录策略的改动"),
    ("boundary", "防火墙的改动"),
    ("service", "服务定义的改动"),
    ("media", "介质规则的改动和挂载"),
    ("audit", "审计设置的改动"),
    ("time", "时间的改动"),
    ("tongban", "登记程序和配置的改动"),
    ("keys", "密钥的读取"),
    ("modules", "内核模块的装卸"),
    ("root-command", "以 root 执行的命令"),
    ("denied", "被拒绝的访问"),
)
"""Keys of the rules, and what they watch."""


def check(settings: DoctorSettings, machine: Machine) -> Iterator[Finding]:
    """Two findings a matter: written, and loaded where there is a kernel to load it into."""
    written = (machine.read(str(settings.audit_rules)) or "").splitlines()
    loaded = "" if machine.is_container else machine.ask("auditctl", "-l")[1]
    for key, words in WATCHED:
        rules = [line for line in written if line.endswith(f"-k {key}")]
        yield judge(
            "audit_written", CLAUSE, f"审计规则包含：{words}", good=bool(rules),
            seen=f"{len(rules)} 条",
        )  # fmt: skip
        claim = f"内核正在审计：{words}"
        if machine.is_container:
            yield not_here("audit_loaded", CLAUSE, claim, "容器没有自己的内核")
        else:
            yield judge(
                "audit_loaded", CLAUSE, claim,
                good=f"-k {key}" in loaded or f"key={key}" in loaded, seen=key,
            )  # fmt: skip
    yield judge(
        "audit_locked", "8.1.4.3 d", "审计规则锁定，改动须重启", good="-e 2" in written,
        seen=written[-1] if written else "没有规则文件",
    )  # fmt: skip
