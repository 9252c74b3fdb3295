"""A year's working calendar as a signed file: docs/spec/working-calendar-v1.md.

People write and check a TOML file; the administrator signs it with a key that can sign nothing
else; the platform loads only what carries that signature.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import chinese_calendar
from pydantic import Field, ValidationError, model_validator

from extranet_zone.clocks.working_time import Hours
from kernel.bundle import envelope
from kernel.bundle.header import canonical
from kernel.errors import RefusedError, RejectedBundleError, SettingsError
from kernel.keys import InternationalSuite, Purpose, TrustStore
from kernel.settings import Settings

FORMAT: Final = "tongban-working-calendar-v1"
PAYLOAD_TYPE: Final = "application/vnd.tongban.working-calendar.v1+json"
MAX_FILE_BYTES: Final = 64 * 1024
MAX_BREAKS: Final = 40
MAX_STRETCHES: Final = 4
DEFAULT_HOURS: Final = (("09:00", "12:00"), ("13:00", "17:00"))
_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)
_NAMES: Final = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Break(Settings):
    """A holiday: its first and last day and its name."""

    begins: date
    ends: date
    name: Annotated[str, Field(min_length=1, max_length=20)]


class YearCalendar(Settings):
    """One year as 国务院办公厅 announced it, with the hall's published office hours."""

    format: Literal["tongban-working-calendar-v1"] = FORMAT
    year: Annotated[int, Field(ge=2000, le=2099)]
    edition: Annotated[int, Field(ge=1, le=999)]
    source: Annotated[str, Field(min_length=4, max_length=200)]
    """The announcement this follows, by name and number."""
    breaks: Annotated[tuple[Break, ...], Field(max_length=MAX_BREAKS)]
    make_up: Annotated[tuple[date, ...], Field(max_length=MAX_BREAKS)] = ()
    """Weekend days that are worked."""
    office_hours: Annotated[
        tuple[tuple[Clock, Clock], ...], Field(min_length=1, max_length=MAX_STRETCHES)
    ] = DEFAULT_HOURS

    @model_validator(mode="after")
    def _is_one_year(self) -> Self:
        for holiday in self.breaks:
            if holiday.ends < holiday.begins:
                raise ValueError(f"{holiday.name}：止日早于起日")
            if {holiday.begins.year, holiday.ends.year} != {self.year}:
                raise ValueError(f"{holiday.name}：不在 {self.year} 年内")
        off = self.days_off
        for day in self.make_up:
            if day.year != self.year or day.weekday() < _SATURDAY or day in off:
                raise ValueError(f"{day}：调休上班日须是本年的周末且不在假期内")
        edges = [edge for stretch in self.office_hours for edge in stretch]
        if edges != sorted(set(edges)):
            raise ValueError("办公时间须依次排列、互不重叠")
        return self

    @property
    def days_off(self) -> dict[date, str]:
        """Every day of a holiday with its name."""
        return {day: holiday.name for holiday in self.breaks for day in _days(holiday)}

    @property
    def hours(self) -> Hours:
        """Office hours as times."""
        return tuple(
            (time.fromisoformat(one), time.fromisoformat(two)) for one, two in self.office_hours
        )


@dataclass(frozen=True, slots=True)
class SignedCalendar:
    """A calendar whose signature was checked, with the text that carries it."""

    calendar: YearCalendar
    keyid: str
    text: str


def seed(year: int) -> YearCalendar:
    """The first edition of ``year`` from the chinesecalendar library, for a person to check.

    Raises :class:`RefusedError` (``calendar_unknown_year``) where the library knows nothing.
    """
    try:
        days = [date(year, 1, 1) + _DAY * n for n in range(366)]
        known = [
            (day, *chinese_calendar.get_holiday_detail(day)) for day in days if day.year == year
        ]
    except (NotImplementedError, ValueError):
        raise RefusedError(
            "calendar_unknown_year",
            f"{year} 年的节假日安排尚未公布或程序不知道，不能预填",
            year=year,
        ) from None
    named: list[tuple[date, str]] = [
        (day, _NAMES.get(name, name)) for day, off, name in known if off and name
    ]
    return YearCalendar(
        year=year,
        edition=1,
        source=f"国务院办公厅关于 {year} 年部分节假日安排的通知（由程序库预填，须与公布文本核对）",
        breaks=tuple(_joined(named)),
        make_up=tuple(day for day, off, _ in known if not off and day.weekday() >= _SATURDAY),
    )


def to_toml(calendar: YearCalendar) -> str:
    """The file people read, check and correct before it is signed."""
    lines = [
        f'format = "{FORMAT}"',
        f"year = {calendar.year}",
        f"edition = {calendar.edition}",
        f'source = "{calendar.source}"',
        "office_hours = [" + ", ".join(f'["{a}", "{b}"]' for a, b in calendar.office_hours) + "]",
        "# 周末调休上班的日子",
        "make_up = [" + ", ".join(day.isoformat() for day in calendar.make_up) + "]",
    ]
    for holiday in calendar.breaks:
        lines += [
            "",
            "[[breaks]]",
            f'name = "{holiday.name}"',
            f"begins = {holiday.begins}",
            f"ends = {holiday.ends}",
        ]
    return "\n".join(lines) + "\n"


def read_toml(path: Path) -> YearCalendar:
    """A calendar as people wrote it.

    Raises :class:`SettingsError`: ``calendar_unreadable`` or ``calendar_invalid``.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError("calendar_unreadable", f"工作日历文件 {path} 无法读取") from error
    try:
        return YearCalendar.model_validate(table)
    except ValidationError as error:
        raise SettingsError("calendar_invalid", f"工作日历有误——{_first(error)}") from None


def sign(calendar: YearCalendar, private: bytes) -> str:
    """The signed file's text: one line, the same every time."""
    payload = canonical(calendar.model_dump(mode="json"))
    signature = envelope.sign_with(PAYLOAD_TYPE, payload, InternationalSuite(), private)
    return envelope.wrap(PAYLOAD_TYPE, payload, signature)


def verify(text: str, trust: TrustStore, at: datetime) -> SignedCalendar:
    """The calendar in ``text``, when a key for calendars that is valid at ``at`` signed it.

    Raises :class:`RejectedBundleError`: ``calendar_size``, ``calendar_envelope``,
    ``signature_invalid``, ``key_unknown``, ``key_revoked`` or ``calendar_invalid``.
    """
    # Step 1: bounded before anything looks inside.
    if len(text) > MAX_FILE_BYTES:
        raise RejectedBundleError("calendar_size", "工作日历文件超过允许的长度")
    # Step 2: the envelope, in its one canonical form.
    try:
        payload, signature = envelope.unwrap(text, PAYLOAD_TYPE)
    except ValueError:
        raise RejectedBundleError("calendar_envelope", "不是签过名的工作日历文件") from None
    # Step 3: a trusted key for this purpose signed these bytes.
    key = envelope.check(PAYLOAD_TYPE, payload, signature, trust, Purpose.CALENDAR, at)
    # Step 4: only now what it says.
    try:
        calendar = YearCalendar.model_validate_json(payload)
    except ValidationError as error:
        raise RejectedBundleError("calendar_invalid", f"工作日历有误——{_first(error)}") from None
    return SignedCalendar(calendar, key.keyid, text)


def _days(holiday: Break) -> Iterator[date]:
    day = holiday.begins
    while day <= holiday.ends:
        yield day
        day += _DAY


def _joined(days: list[tuple[date, str]]) -> Iterator[Break]:
    begun = 0
    for n, (day, name) in enumerate(days):
        ahead = days[n + 1] if n + 1 < len(days) else None
        if ahead is None or ahead != (day + _DAY, name):
            yield Break(begins=days[begun][0], ends=day, name=name)
            begun = n + 1


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "（整个文件）"
    return f"{where}：{first['msg']}"
