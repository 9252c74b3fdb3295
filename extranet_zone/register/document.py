"""The rules as a page for people to sign: docs/spec/register-rules.md is exactly this text."""

from collections.abc import Iterable, Iterator
from typing import Final

from extranet_zone.register.bases import RULES, Rule
from extranet_zone.register.lapse import TERMS
from extranet_zone.register.rules.restraint import BY_COURT, DISPOSALS
from kernel.vocabulary.effects import Effect

_PREFACE: Final = (
    "本页由 `python -m extranet_zone register-rules` 生成，与程序中的规则一致；"
    "标 [K] 的依据待与正式文本核对，更正时改 `extranet_zone/register/bases.py` 和 `lapse.py`。"
)


def rules_document() -> str:
    """Rules with their basis, terms, and which effects dispose, in Chinese."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from ("# 登记簿规则", "", _PREFACE, "")
    yield from ("## 禁止登簿的情形", "", "| 代码 | 情形 | 依据 |", "|---|---|---|")
    yield from (_row(rule) for rule in RULES.values() if rule.blocks)
    yield from ("", "## 提示而不禁止的情形", "", "| 代码 | 情形 | 依据 |", "|---|---|---|")
    yield from (_row(rule) for rule in RULES.values() if not rule.blocks)
    yield from ("", "## 期限", "", "| 事项 | 期限 | 依据 |", "|---|---|---|")
    yield from (f"| {term.what} | {term.length} {term.unit} | {term.basis} |" for term in TERMS)
    yield from ("", "## 处分", "")
    yield f"查封、异议、预告登记针对的处分：{_labels(DISPOSALS)}。"
    yield f"不受上述限制和受理顺序约束的（法院嘱托）：{_labels(BY_COURT)}。"


def _row(rule: Rule) -> str:
    return f"| `{rule.code}` | {rule.wording} | {rule.basis} |"


def _labels(effects: Iterable[Effect]) -> str:
    chosen = set(effects)
    return "、".join(effect.label for effect in Effect if effect in chosen)
