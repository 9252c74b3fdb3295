"""The transition table as a page for people to sign: docs/workflow.md is exactly this text."""

from typing import Final

from extranet_zone.cases.rules import ClockEffect, rule_of
from extranet_zone.cases.states import Action, Guard, Mode
from extranet_zone.cases.transitions import STARTS, WORKFLOW
from extranet_zone.clocks.states import NUMBERS
from extranet_zone.roles import Role

_PREFACE: Final = (
    "本页由 `python -m extranet_zone workflow` 生成，与程序中的流转表一致；"
    "法律依据条文待与正式文本核对。"
)


_TRACED: Final = (
    "## 一行流转怎样对应法条",
    "",
    "以“已收件待受理 —— 一次性补正告知 —— 受理人员 —— 已告知待补正”一行为例：",
    "",
    "| 表中的内容 | 依据的文字 |",
    "|---|---|",
    "| 一次告知全部 | 实施方案三（三）1.(2)：“一次告知需要补齐补正的全部内容” |",
    "| C3：0.5 个工作日 | 同上：“需要补齐补正的，在收到申请人材料后0.5个工作日内联系申请人” |",
    "| 再次告知须有理由并经批准 | 不动产登记暂行条例第十七条：一次性告知全部内容（待核对） |",
    "| 答复方式 | 实施方案同段：“申请人以线上、邮寄等方式补齐补正” |",
    "| 挂起 C2 | 等待申请人期间不计（本系统的读法，见 `extranet_zone/clocks/rules.toml`） |",
)


def workflow_document() -> str:
    """Diagram and table of the case's course, in Chinese."""
    lines = [
        "# 办件流程",
        "",
        _PREFACE,
        "",
        "各办理方式的起点："
        + "；".join(
            f"{mode.label}——{'、'.join(start.label for start in STARTS[mode])}" for mode in Mode
        )
        + "。",
        "",
        "```mermaid",
        WORKFLOW.to_mermaid().rstrip(),
        "```",
        "",
        "| 状态 | 办理 | 岗位 | 适用 | 办理后 | 前提 | 时限 | 消息 | 依据 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.source.label} | {row.label} | {Role(row.role).label} | {_guards(row.guards)} "
        f"| {row.target.label} | {_conditions(row.action)} | {_clocks(row.action, row.target)} "
        f"| `{row.event}` | {row.basis} |"
        for row in WORKFLOW.transitions
    ]
    return "\n".join([*lines, "", *_TRACED]) + "\n"


def _guards(guards: tuple[str, ...]) -> str:
    return "、".join(Guard(guard).label for guard in guards) or "全部"


def _clocks(action: Action, target: str) -> str:
    def applies(effect: ClockEffect) -> bool:
        return effect.into is None or effect.into == target

    return (
        "、".join(
            f"{effect.verb.label} {NUMBERS[effect.kind]}"
            for effect in rule_of(action).clocks
            if applies(effect)
        )
        or "—"
    )


def _conditions(action: Action) -> str:
    rule = rule_of(action)
    conditions = []
    if rule.materials:
        conditions.append("材料齐全完好")
    if rule.clear_register:
        conditions.append("登记簿无限制")
    if rule.note:
        conditions.append("填写理由")
    if rule.reference:
        conditions.append(f"填写{rule.reference}")
    conditions += [f"与“{earlier.label}”不同人" for earlier in rule.separated_from]
    return "、".join(conditions) or "—"
