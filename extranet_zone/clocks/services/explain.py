"""A clock as a page shows it: every interval, every holiday, its rule, what is left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from extranet_zone.clocks.models import ClockRow
from extranet_zone.clocks.services.keeper import ClockKeeper
from extranet_zone.clocks.states import ClockKind
from extranet_zone.clocks.working_time import (
    Line,
    Remaining,
    Tone,
    WorkingCalendar,
    count_working_days,
    remaining,
    remaining_office_time,
)
from kernel.clock import beijing_text, from_micros
from kernel.errors import RefusedError
from kernel.words import duration_text

LEGAL_DAYS: Final = 30
"""Working days from acceptance, 不动产登记暂行条例 第二十条 [K]."""


@dataclass(frozen=True, slots=True)
class ClockView:
    """One clock; every text is Chinese and in Beijing time."""

    kind: str
    number: str
    start: str
    promised: str
    due: str
    left: str
    tone: Tone
    rule: str
    basis: str
    legal: str
    """The legal limit beside the promised one; empty where there is none."""
    ended: bool
    lines: tuple[Line, ...]
    pauses: tuple[Line, ...]


def explained(keeper: ClockKeeper, row: ClockRow, now: int) -> ClockView:
    """Everything about one clock at ``now``; one that has ended stands still."""
    rule = keeper.rule_of(row)
    count = keeper.counted(row)
    left, tone = _left(keeper, row, now)
    start = from_micros(row.started_at)
    return ClockView(
        kind=row.kind.label,
        number=rule.number,
        start=beijing_text(start),
        promised=length_text(keeper, row),
        due=beijing_text(from_micros(row.due_at)) if row.due_at is not None else "",
        left=left,
        tone=tone,
        rule=rule.wording,
        basis=rule.basis,
        legal=_legal(keeper.calendar, start) if row.kind is ClockKind.HANDLING else "",
        ended=row.ended_at is not None,
        lines=count.lines,
        pauses=tuple(
            Line(
                f"{beijing_text(from_micros(pause.begun_at))} 至 "
                + (beijing_text(from_micros(pause.ended_at)) if pause.ended_at else "今"),
                "",
                f"{pause.reason.label}{'：' if pause.note else ''}{pause.note}",
            )
            for pause in row.pauses
        ),
    )


def length_text(keeper: ClockKeeper, row: ClockRow) -> str:
    """How long the clock is, in words."""
    match keeper.rule_of(row).measure:
        case "working_days" | "promised_days":
            return f"{row.length} 个工作日"
        case "half_days":
            return f"{row.length / 2:g} 个工作日"
        case "seconds":
            return duration_text(row.length * 1_000_000)
        case "open":
            return "不设时长"


def left_of(
    calendar: WorkingCalendar, due_at: int | None, note: str, now: int, *, office_time: bool
) -> tuple[str, Tone]:
    """What is left until ``due_at`` in words and colour; ``note`` says why there is none."""
    if due_at is None:
        suspended = note.startswith(("挂起", "不设"))
        return (note, Tone.CALM) if suspended else (f"无法计算：{note}", Tone.AMBER)
    count = remaining_office_time if office_time else remaining
    try:
        left: Remaining = count(calendar, from_micros(now), from_micros(due_at))
    except RefusedError as unknown:
        return f"无法计算：{unknown.message}", Tone.AMBER
    return left.text, left.tone


def _left(keeper: ClockKeeper, row: ClockRow, now: int) -> tuple[str, Tone]:
    if row.ended_at is not None:
        ended = beijing_text(from_micros(row.ended_at))
        return (f"{ended} 结束，已超期", Tone.RED) if row.late else (f"{ended} 结束", Tone.CALM)
    measure = keeper.rule_of(row).measure
    if measure == "seconds" and row.due_at is not None:
        if now > row.due_at:
            return f"已超期 {duration_text(now - row.due_at)}", Tone.RED
        return f"剩余 {duration_text(row.due_at - now)}", Tone.AMBER
    return left_of(
        keeper.calendar, row.due_at, row.due_note, now, office_time=measure == "half_days"
    )


def _legal(calendar: WorkingCalendar, start: datetime) -> str:
    days = f"法定时限 {LEGAL_DAYS} 个工作日"
    count = count_working_days(calendar, start, LEGAL_DAYS)
    return f"{days}，至 {beijing_text(count.due)}" if count.due else f"{days}（{count.note}）"
