"""The running clock of a case, explained: start, promise, due moment, what is left and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from extranet_zone.cases.models import Case, DueKind
from extranet_zone.cases.states import WORKFLOW
from extranet_zone.clocks.working_time import Tone, WorkingCalendar, add_working_days, remaining
from kernel.catalogue.tables import MAX_PROMISED_DAYS
from kernel.clock import beijing_text, from_micros
from kernel.errors import RefusedError

_RULE: Final = {
    DueKind.DECISION: "收到材料后 0.5 个工作日内决定是否受理："
    "上午收到的当日内，下午收到的次一工作日中午前，非工作日收到的次一工作日中午前。",
    DueKind.PROMISE: "自受理次日起算，节假日和周末不计，调休上班日计入。",
}


@dataclass(frozen=True, slots=True)
class ClockView:
    """What a page shows of a clock; every text is Chinese and in Beijing time."""

    kind: str
    start: str
    promised: str
    due: str
    left: str
    tone: Tone
    rule: str
    legal: str
    """The legal limit beside the promised one; empty for the decision on acceptance."""


def clock_of(case: Case, calendar: WorkingCalendar, now: int) -> ClockView | None:
    """The clock of the case at ``now``; nothing before intake. A concluded case's stands still."""
    if case.due_kind is None or case.clock_from is None:
        return None
    start = from_micros(case.clock_from)
    left, tone = _left(case, calendar, now)
    promise = case.due_kind is DueKind.PROMISE
    return ClockView(
        kind=case.due_kind.label,
        start=beijing_text(start),
        promised=f"{case.promised_days} 个工作日" if promise else "0.5 个工作日",
        due=beijing_text(from_micros(case.due_at)) if case.due_at else "",
        left=left,
        tone=tone,
        rule=_RULE[case.due_kind],
        legal=_legal(calendar, start) if promise else "",
    )


def _left(case: Case, calendar: WorkingCalendar, now: int) -> tuple[str, Tone]:
    if case.due_at is None:
        return f"无法计算：{case.due_note}", Tone.AMBER
    if WORKFLOW.is_final(case.state) and case.concluded_at is not None:
        late = case.concluded_at > case.due_at
        ended = beijing_text(from_micros(case.concluded_at))
        return (f"{ended} 结束，已超期", Tone.RED) if late else (f"{ended} 结束", Tone.CALM)
    try:
        left = remaining(calendar, from_micros(now), from_micros(case.due_at))
    except RefusedError as unknown:
        return f"无法计算：{unknown.message}", Tone.AMBER
    return left.text, left.tone


def _legal(calendar: WorkingCalendar, start: datetime) -> str:
    days = f"法定时限 {MAX_PROMISED_DAYS} 个工作日"
    try:
        due = add_working_days(calendar, start, MAX_PROMISED_DAYS)
    except RefusedError as unknown:
        return f"{days}（{unknown.message}）"
    return f"{days}，至 {beijing_text(due)}"
