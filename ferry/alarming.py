"""What of a station needs a person: pairs of an alarm's code and words (kernel/alarms.py).

Each holds as long as what it says is so; what happened once, like a refused medium, for a day.
"""

from collections.abc import Iterator
from typing import Final

from ferry.inventory import standing
from ferry.ledger.book import INCIDENT, Medium, View
from ferry.ledger.chain import Line
from ferry.ledger.states import MediumAct, MediumState
from ferry.station import Station
from ferry.sticks import UNREGISTERED
from ferry.timetable import Call, Outlook, Timetable
from kernel.clock import beijing_text, from_micros, now_micros, to_micros
from kernel.words import duration_text

STOCK_LOW: Final = 5
"""Blank media below which somebody should order more."""
MAX_NAMED: Final = 10
_MINUTE: Final = 60 * 1_000_000
_HOUR: Final = 60 * _MINUTE
REFUSAL_SHOWN: Final = 24 * _HOUR
"""Microseconds for which something refused stays an alarm."""
DRIVE_UNREGISTERED: Final = "drive_unregistered"
_HARMLESS: Final = frozenset(
    {"medium_gone", "medium_missing", "medium_blank", "disk_full", "disk_error"}
)
"""Codes that say nothing about a medium; the same medium is simply put in again."""

Said = tuple[str, str]


def writing_alarms(station: Station, view: View, outlook: Outlook) -> list[Said]:
    """What the writing side sees."""
    now = now_micros(station.clock)
    allowed = station.settings.release.overdue_hours * _HOUR
    alarms: list[Said] = [
        (
            "medium_overdue",
            f"{medium.number}（{medium.state.label}）已过 {duration_text(now - medium.since)}",
        )
        for medium in view.overdue(now, allowed)[:MAX_NAMED]
    ]
    kind = station.settings.medium.kind
    blank = [one for one in view.in_state(MediumState.IN_STOCK) if one.kind == kind]
    if len(blank) < STOCK_LOW:
        alarms.append(("stock_low", f"在库空白的 {kind} 介质还有 {len(blank)} 张"))
    coasters = [one for one in view.in_state(MediumState.REJECTED) if _by_program(one)]
    if coasters:
        numbers = "、".join(one.number for one in coasters[:MAX_NAMED])
        alarms.append(("medium_coaster", f"{len(coasters)} 张作废未销毁：{numbers}"))
    if outlook.missed_at is not None:
        when = beijing_text(from_micros(outlook.missed_at))
        alarms.append(("trip_missed", f"{when} 的车次没有出发，待运内容仍在写盘侧"))
    if outlook.pressing:
        alarms.append(("deadline_at_risk", _pressing(outlook.pressing)))
    alarms.extend(_uncounted(station, view, now))
    alarms.extend(_unregistered(station, view, now))
    return alarms


def reading_alarms(station: Station, view: View, started_at: int) -> list[Said]:
    """What the reading side sees; nothing is expected from before ``started_at``."""
    now = now_micros(station.clock)
    alarms = list(_unregistered(station, view, now))
    alarms.extend(_refused(view, now))
    alarms.extend(_uncounted(station, view, now))
    grace = station.settings.timetable.grace_minutes * _MINUTE
    for medium in view.in_state(MediumState.RECEIVED)[:MAX_NAMED]:
        if now - medium.since > grace:
            ago = duration_text(now - medium.since)
            alarms.append(("medium_unfinished", f"{medium.number} 收到已 {ago}，没有读完"))
    alarms.extend(_incomplete(view, now - grace))
    expected = Timetable(station.settings.timetable).last_expected(station.clock.now())
    if expected is not None and to_micros(expected) >= started_at:
        early = to_micros(expected) - station.settings.timetable.prepare_minutes * _MINUTE
        if not any(line.act == MediumAct.RECEIVE.value and line.at >= early for line in view.lines):
            when = beijing_text(expected)
            alarms.append(("trip_not_arrived", f"{when} 的车次至今没有收到介质"))
    return alarms


def _uncounted(station: Station, view: View, now: int) -> Iterator[Said]:
    found = standing(view, station.settings.side, now)
    if found.due:
        yield "inventory_due", f"已有 {found.days} 天没有盘点"
    if found.missing:
        yield "inventory_missing", f"上次盘点缺少的介质还有 {found.missing} 张没有说明"


def _pressing(calls: tuple[Call, ...]) -> str:
    first = "；".join(
        f"{call.case_no} 承诺 {beijing_text(from_micros(call.due_at))}，"
        + ("已来不及" if call.leave_by is None else _by(call.leave_by))
        for call in calls[:MAX_NAMED]
    )
    return f"{len(calls)} 件：{first}"


def _by(at: int) -> str:
    return f"最迟 {beijing_text(from_micros(at))} 送出"


def _by_program(medium: Medium) -> bool:
    """Whether it was rejected because writing it failed, not because somebody said so."""
    line = medium.last(MediumAct.REJECT)
    return line is not None and "reason" in line.detail


def _lately(view: View, now: int) -> Iterator[Line]:
    for line in view.lines:
        if line.act == INCIDENT and now - line.at < REFUSAL_SHOWN:
            yield line


def _unregistered(station: Station, view: View, now: int) -> Iterator[Said]:
    """One alarm for every stick or drive that was refused lately and is not registered since."""
    sticks: dict[str, Line] = {}
    drives: dict[str, Line] = {}
    for line in _lately(view, now):
        if line.detail.get("code") == UNREGISTERED:
            sticks[str(line.detail.get("serial", ""))] = line
        elif line.detail.get("code") == DRIVE_UNREGISTERED:
            drives[str(line.detail.get("device", ""))] = line
    for serial, line in list(sticks.items())[-MAX_NAMED:]:
        if serial not in station.settings.medium.usb_serials:
            when = beijing_text(from_micros(line.at))
            yield UNREGISTERED, f"序列号 {serial or '（无）'}，{when} 插入，未读取"
    for device, line in list(drives.items())[-MAX_NAMED:]:
        if device not in station.settings.watch.devices:
            when = beijing_text(from_micros(line.at))
            yield DRIVE_UNREGISTERED, f"光驱 {device}，{when} 放入本系统的介质，未读取"


def _refused(view: View, now: int) -> Iterator[Said]:
    """Media that were refused whole lately, each code once."""
    latest: dict[str, Line] = {}
    for line in _lately(view, now):
        code = str(line.detail.get("code", ""))
        if code not in _HARMLESS | {UNREGISTERED, DRIVE_UNREGISTERED}:
            latest[code] = line
    for code, line in list(latest.items())[-MAX_NAMED:]:
        when = beijing_text(from_micros(line.at))
        yield "medium_refused", f"{when}，{line.detail.get('device', '')}，原因 {code}"


def _incomplete(view: View, before: int) -> Iterator[Said]:
    """The newest trip, when not all of it has come; a later trip brings what is missing."""
    received = [
        line
        for line in view.lines
        if line.act == MediumAct.RECEIVE.value and "volumes" in line.detail
    ]
    if not received:
        return
    newest = max(received, key=lambda line: int(line.detail.get("written", 0)))
    came = {line.detail["volume"] for line in received if line.trip == newest.trip}
    volumes = int(newest.detail["volumes"])
    if (
        len(came) < volumes
        and min(line.at for line in received if line.trip == newest.trip) < before
    ):
        missing = "、".join(str(one) for one in range(1, volumes + 1) if one not in came)
        yield "trip_incomplete", f"摆渡 {newest.trip[:8]} 共 {volumes} 张，没有收到第 {missing} 张"
