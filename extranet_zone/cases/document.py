"""The transition table as a page for people to sign: docs/workflow.md is exactly this text."""

from typing import Final

from extranet_zone.cases.states import (
    NEEDS_CLEAR_REGISTER,
    NEEDS_MATERIALS,
    NEEDS_NOTE,
    SEPARATED_FROM,
    WORKFLOW,
    Action,
)
from extranet_zone.roles import Role

_PREFACE: Final = (
    "本页由 `python -m extranet_zone workflow` 生成，与程序中的流转表一致；"
    "法律依据条文待与正式文本核对。"
)


def workflow_document() -> str:
    """Diagram and table of the case's course, in Chinese."""
    lines = [
        "# 办件流程",
        "",
        _PREFACE,
        "",
        "```mermaid",
        WORKFLOW.to_mermaid().rstrip(),
        "```",
        "",
        "| 状态 | 办理 | 岗位 | 办理后 | 前提 | 依据 |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.source.label} | {row.label} | {Role(row.role).label} | {row.target.label} "
        f"| {_conditions(row.action)} | {row.basis} |"
        for row in WORKFLOW.transitions
    ]
    return "\n".join(lines) + "\n"


def _conditions(action: Action) -> str:
    conditions = []
    if action in NEEDS_MATERIALS:
        conditions.append("材料齐全完好")
    if action in NEEDS_CLEAR_REGISTER:
        conditions.append("登记簿无限制")
    if action in NEEDS_NOTE:
        conditions.append("填写理由")
    if action in SEPARATED_FROM:
        conditions.append(f"与“{SEPARATED_FROM[action].label}”不同人")
    if action is Action.ACCEPT:
        conditions.append("事项须空间审核")
    if action is Action.ACCEPT_DIRECT:
        conditions.append("事项不需空间审核")
    return "、".join(conditions) or "—"
