"""Every alarm people may see, with what to do about it: one catalogue for all programs.

The exchange and the carriers say *that* something holds (a code, words and since when); what it
means and what to do stands here once, so that console, ``gate health``, metrics and the manual
(docs/manuals/operator-gate.md, a heading for each code) never disagree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Weight(StrEnum):
    """How soon somebody must come."""

    URGENT = "urgent"
    """Nothing crosses, or something wrong was tried: now."""
    WARNING = "warning"
    """It still works, or mends itself: today."""
    NOTICE = "notice"
    """Somebody decided so; it is said lest it be forgotten."""

    @property
    def label(self) -> str:
        """For people."""
        return _WEIGHT_LABELS[self]

    @property
    def rank(self) -> int:
        """0 is shown first."""
        return list(Weight).index(self)


_WEIGHT_LABELS: Final = {
    Weight.URGENT: "立即处理",
    Weight.WARNING: "当日处理",
    Weight.NOTICE: "提示",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a code means: a short name, how much it weighs, and the remedy in one sentence."""

    label: str
    weight: Weight
    remedy: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that holds now; ``since`` is microseconds UTC, None when nobody knows.

    ``words`` name the stream, zone or folder; they hold nothing personal.
    """

    code: str
    words: str
    since: int | None = None
    remedy: str = ""
    """Left empty, the catalogue's remedy holds."""

    @property
    def kind(self) -> Kind:
        """The catalogue's entry; a code it does not know weighs as a warning."""
        return KINDS.get(self.code, _UNKNOWN)

    @property
    def advice(self) -> str:
        """What to do."""
        return self.remedy or self.kind.remedy


_UNKNOWN: Final = Kind("其他告警", Weight.WARNING, "查看该程序的日志；日志中有同名事件和原因")

KINDS: Final = {
    # What a zone's exchange sees of a stream.
    "peer_silent": Kind(
        "对端静默",
        Weight.URGENT,
        "对端无法被询问：先查本侧 gate receive 与光闸设备，再电话联系对端值守人员",
    ),
    "stream_gap": Kind(
        "交换包缺失",
        Weight.WARNING,
        "缺失清单随下一次摆渡送达对端并自动补发；急用时在发送侧执行 gate resend",
    ),
    "stream_halted": Kind(
        "交换流已停止",
        Weight.URGENT,
        "同一序号出现两个不同的包：两侧核对摘要，查明后由两人在控制台恢复",
    ),
    "confirmation_late": Kind(
        "长时间未得确认",
        Weight.WARNING,
        "确认靠摆渡带回：检查摆渡是否按时进行；再看对端是否有告警",
    ),
    "not_carried": Kind(
        "承运方未取走",
        Weight.URGENT,
        "检查 gate send 是否在运行、是否被暂停，投递目录是否可写",
    ),
    "resend_exhausted": Kind(
        "多次补发仍缺失",
        Weight.URGENT,
        "自动补发已达上限：检查光闸设备的过滤规则和对端隔离区，再执行 gate resend",
    ),
    "receipt_disagrees": Kind(
        "回执与本侧不符",
        Weight.URGENT,
        "一侧曾从备份恢复或回执被伪造：停止操作，报告安全管理员",
    ),
    "quarantine_waiting": Kind(
        "隔离区有待处理文件",
        Weight.WARNING,
        "在“隔离区”页查看原因，由两人决定放行或退回",
    ),
    # What a carrier sees of itself.
    "carrier_silent": Kind(
        "承运程序没有动静",
        Weight.URGENT,
        "检查系统服务 gate send 或 gate receive 是否在运行，并查看其日志",
    ),
    "folder_unavailable": Kind(
        "目录不可用",
        Weight.URGENT,
        "检查投递目录是否已挂载、权限是否正确；恢复后自动继续",
    ),
    "folder_not_emptied": Kind(
        "投递目录未被搬空",
        Weight.WARNING,
        "检查光闸设备的搬运任务；文件留着不会丢，设备恢复后继续",
    ),
    "disk_low": Kind(
        "磁盘空间偏低",
        Weight.WARNING,
        "清理或扩容；到达下限后只收发紧急流",
    ),
    "disk_full": Kind(
        "磁盘空间不足",
        Weight.URGENT,
        "立即清理或扩容：除紧急流外已停止；没有文件会因此丢失",
    ),
    "spool_damaged": Kind(
        "本侧交换目录中的文件损坏",
        Weight.URGENT,
        "检查磁盘；执行 gate verify 找出损坏的文件，再由交换重新封装补发",
    ),
    "paused": Kind("已被暂停", Weight.NOTICE, "原因消除后执行 gate resume"),
    "drained": Kind("已停止接新", Weight.NOTICE, "检修结束后执行 gate resume"),
}
"""By code; once published a code never changes its meaning."""


def worst_first(alarms: Iterable[Alarm]) -> tuple[Alarm, ...]:
    """The most urgent first, and of these the oldest."""
    return tuple(
        sorted(alarms, key=lambda alarm: (alarm.kind.weight.rank, alarm.since or 0, alarm.code))
    )
