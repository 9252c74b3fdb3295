"""The packet filter as it is loaded: dropping by default both ways, opening what is listed."""

import json
from collections.abc import Iterator
from typing import Any, Final

from kernel.doctor.findings import Finding, judge
from kernel.doctor.machine import Machine
from kernel.doctor.settings import DoctorSettings

CLAUSE: Final = "8.1.3.2 a"


def check(settings: DoctorSettings, machine: Machine) -> Iterator[Finding]:
    """Policies of the chains, and comments of the rules that accept."""
    wanted = settings.firewall
    said = machine.ask("nft", "-j", "list", "ruleset")[1]
    ruleset: list[dict[str, Any]] = json.loads(said or '{"nftables": []}')["nftables"]
    chains = {
        item["chain"]["name"]: item["chain"]
        for item in ruleset
        if "chain" in item and item["chain"]["table"] == wanted.table
    }
    for name in wanted.chains:
        policy = chains.get(name, {}).get("policy", "没有这条链")
        yield judge(
            "firewall_drops", CLAUSE, f"防火墙 {name} 方向默认丢弃", good=policy == "drop",
            seen=policy,
        )  # fmt: skip
    opened = sorted({item["rule"].get("comment", "") for item in ruleset if _opens(item)})
    for purpose in wanted.openings:
        yield judge(
            "firewall_opens", CLAUSE, f"防火墙许可：{purpose}", good=purpose in opened,
            seen="已放行" if purpose in opened else "没有这条规则",
        )  # fmt: skip
    others = [one or "（无说明）" for one in opened if one not in wanted.openings]
    yield judge(
        "firewall_no_other", CLAUSE, "除许可清单外没有放行的规则", good=not others,
        seen="；".join(others) or "无",
    )  # fmt: skip
    tables = sorted(item["table"]["name"] for item in ruleset if "table" in item)
    yield judge(
        "firewall_one_table", CLAUSE, "没有别的规则表能绕过它", good=tables == [wanted.table],
        seen="、".join(tables),
    )  # fmt: skip


def _opens(item: dict[str, Any]) -> bool:
    """Whether an element is a rule that accepts strangers, not the loopback or known flows."""
    if "rule" not in item:
        return False
    parts = item["rule"]["expr"]
    if not any("accept" in part for part in parts):
        return False
    own = any(
        part.get("match", {}).get("right") == "lo"
        or part.get("match", {}).get("right") == ["established", "related"]
        for part in parts
    )
    return not own
