"""The catalogue as a page for people to check: docs/catalogue.md is exactly this text."""

from collections.abc import Sequence
from typing import Final

from kernel.catalogue.edition import Edition, Slot
from kernel.catalogue.exclusions import closed_by_item
from kernel.catalogue.fees import fee_words
from kernel.catalogue.item import Item
from kernel.vocabulary.dictionaries import RegistrationType, RightType

_PREFACE: Final = (
    "本页由 `python -m extranet_zone catalogue document` 生成，与随软件提供的事项清单文件"
    "（`extranet_zone/catalogue/edition/`）一致。标 [K] 的依据、时限、材料、收费待与正式文本核对；"
    "省级106项与“四级四同”清单的正式文本未取得，两个编码都留空，"
    "106 个位置按 TD/T 1066 的权利类型与登记类型划分，名称自拟。"
)
_INITIATORS: Final = {
    "joint": "双方共同",
    "single": "单方",
    "court": "法院嘱托",
    "authority": "依职权",
}


def catalogue_document(edition: Edition) -> str:
    """Items, slots, exclusions, sources and fees of an edition, in Chinese."""
    head = (
        f"第 {edition.number} 版（{edition.name}），自 {edition.valid_from} 起施行；"
        f"依据：{edition.source}。"
    )
    parts = [
        *_coverage(edition),
        *_items(edition),
        *_slots(edition),
        *_exclusions(edition),
        *_sources(edition),
        *_fees(edition),
    ]
    return "\n".join(["# 事项清单", "", _PREFACE, "", head, "", *parts])


def _coverage(edition: Edition) -> list[str]:
    slots = edition.slots
    worked = [slot for slot in slots if slot.item]
    open_ = [slot for slot in worked if not slot_reason(edition, slot)]
    coded = [slot for slot in slots if slot.codes.provincial or slot.codes.four_level]
    words = (
        f"106 项中列出 {len(slots)} 项，已有完整事项文件 {len(worked)} 项"
        f"（{len(edition.items)} 个文件），开通全豫通办 {len(open_)} 项，"
        f"已填正式编码 {len(coded)} 项。"
    )
    return [words, ""]


def slot_reason(edition: Edition, slot: Slot) -> str:
    """Why the slot is not open to 全豫通办; empty when it is."""
    if slot.reason:
        return slot.reason
    item = edition.item(slot.item)
    if item is None:
        return "事项文件尚未编制"
    closed = closed_by_item(edition, item)
    return closed.words if closed else ""


def _items(edition: Edition) -> list[str]:
    rows = [
        [
            f"`{item.code}`",
            item.title,
            RegistrationType(item.registration_type).label,
            RightType(item.right_type).label,
            _INITIATORS[item.initiator],
            "、".join(found.title for found in item.situations) or "—",
            f"{item.promised_working_days} / {item.legal_working_days}",
            fee_words(edition, item),
            str(item.flow.examination_levels),
            _way(item),
            _channels(item),
            _open(edition, item),
        ]
        for item in edition.items
    ]
    head = ["代码", "事项", "登记类型", "权利类型", "申请", "情形", "承诺/法定（工作日）"]
    head += ["收费", "审核级数", "流程", "渠道", "全豫通办"]
    return ["## 完整事项", "", *_table(head, rows)]


def _way(item: Item) -> str:
    flow = item.flow
    parts = [
        "空间审核" if flow.spatial_review else "",
        "实地查看" if flow.site_visit else "",
        f"公告 {flow.announcement_working_days} 工作日" if flow.announcement_working_days else "",
        "可自动受理" if flow.automatic_acceptance else "",
    ]
    return "、".join(part for part in parts if part) or "一般"


def _channels(item: Item) -> str:
    ways = (
        (item.channels.online, "不见面"),
        (item.channels.fusion, "融合"),
        (item.channels.window, "窗口"),
    )
    return "、".join(title for is_open, title in ways if is_open)


def _open(edition: Edition, item: Item) -> str:
    closed = closed_by_item(edition, item)
    return f"不开通：{closed.words}" if closed else "开通"


def _slots(edition: Edition) -> list[str]:
    rows = [
        [
            str(slot.number),
            slot.family,
            slot.title,
            slot.codes.provincial or "未取得",
            slot.codes.four_level or "未取得",
            f"`{slot.item}`" if slot.item else "—",
            slot_reason(edition, slot) or "开通",
        ]
        for slot in edition.slots
    ]
    head = ["序号", "类别", "事项名称 [K]", "省级编码", "四级四同编码", "事项文件", "全豫通办"]
    return ["## 106 项", "", *_table(head, rows)]


def _exclusions(edition: Edition) -> list[str]:
    rows = [
        [
            rule.code,
            rule.words,
            f"{rule.valid_from} 至 {rule.valid_until or '另行通知'}",
            rule.basis,
        ]
        for rule in edition.exclusions
    ]
    return [
        "## 暂不列入全豫通办的情形",
        "",
        "只关闭异地收件和不见面办理，不影响属地窗口办理。",
        "",
        *_table(["编号", "原文", "有效期", "依据"], rows),
    ]


def _sources(edition: Edition) -> list[str]:
    rows = [
        [
            source.title,
            source.department,
            "已接通" if source.live else "未接通",
            "、".join(f"`{c}`" for c in source.replaces),
        ]
        for source in edition.sources
    ]
    return ["## 共享数据与免提交", "", *_table(["数据", "部门", "状态", "代替的材料"], rows)]


def _fees(edition: Edition) -> list[str]:
    table = edition.fees
    rows = [
        [
            rule.title,
            f"按 {rule.percent}% 收取"
            if rule.percent is not None
            else f"收 {(rule.fen or 0) // 100} 元",
            rule.basis,
        ]
        for rule in table.exemptions
    ]
    words = (
        f"住宅 {table.dwelling_fen // 100} 元/件，非住宅 {table.other_fen // 100} 元/件，"
        f"含 {table.free_certificates} 本证书，"
        f"每增加一本 {table.further_certificate_fen // 100} 元（{table.basis}）。"
    )
    return ["## 收费", "", words, "", *_table(["减免", "标准", "依据"], rows)]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    return [*lines, ""]
