"""The commands about calendars and clocks: ``calendar …`` and ``clocks …``."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import click

from extranet_zone.clocks import calendar_file
from extranet_zone.clocks.calendar import load_edition, loaded_editions
from extranet_zone.clocks.services.report import Grouping, ReportLine, report
from kernel.clock import Clock, from_micros, now_micros
from kernel.db import Database
from kernel.durable import write_durably
from kernel.errors import SettingsError
from kernel.keys import TrustStore, load_station
from kernel.program.cli import emit, json_option, settings_option

Opened = Callable[[Path], tuple[Database, TrustStore, Clock]]
"""Opens the zone's database, trust file and clock from a settings file."""
Reload = Callable[[Path], int]
"""Counts every running clock again; answers how many due moments changed."""

COLUMNS = (
    ("group", "分组"),
    ("kind", "时限"),
    ("ended", "已结束"),
    ("late", "其中超期"),
    ("running", "进行中"),
    ("overdue", "其中已超期"),
    ("suspended", "其中挂起"),
    ("unknown", "其中无法计算"),
)


def calendar_group(opened: Opened, reload: Reload) -> click.Group:
    """``calendar seed``, ``sign``, ``load`` and ``list``."""

    @click.group("calendar", help="工作日历：预填、签名、装入")
    def group() -> None:
        """The group."""

    @group.command("seed", help="按程序库预填一年的日历（TOML），供核对、改正后签名")
    @click.argument("year", type=int)
    @click.option("--out", type=click.Path(path_type=Path), required=True, help="写入的文件")
    @json_option
    def seed(year: int, out: Path, *, as_json: bool) -> None:
        calendar = calendar_file.seed(year)
        with write_durably(out) as file:
            file.write(calendar_file.to_toml(calendar).encode())
        emit(
            as_json,
            {"year": year, "days_off": len(calendar.days_off), "make_up": len(calendar.make_up)},
            f"{year} 年：放假 {len(calendar.days_off)} 天，调休上班 {len(calendar.make_up)} 天；"
            f"请与公布文本核对 {out} 后签名",
        )

    @group.command("sign", help="核对无误后，用日历签名私钥签名")
    @click.argument("source", type=click.Path(path_type=Path))
    @click.option("--key", type=click.Path(path_type=Path), required=True, help="日历签名私钥文件")
    @click.option("--out", type=click.Path(path_type=Path), required=True, help="写入的签名文件")
    @json_option
    def sign(source: Path, key: Path, out: Path, *, as_json: bool) -> None:
        calendar = calendar_file.read_toml(source)
        with write_durably(out) as file:
            file.write(calendar_file.sign(calendar, load_station(key)).encode())
        emit(
            as_json,
            {"year": calendar.year, "edition": calendar.edition},
            f"已签名：{calendar.year} 年第 {calendar.edition} 版",
        )

    @group.command("load", help="装入签过名的日历；重新计算所有进行中的时限")
    @click.argument("file", type=click.Path(path_type=Path))
    @settings_option
    @json_option
    def load(file: Path, settings_path: Path, *, as_json: bool) -> None:
        database, trust, clock = opened(settings_path)
        signed = calendar_file.verify(_text_of(file), trust, clock.now())
        with database.begin() as session:
            new = load_edition(session, signed, "system:command", now_micros(clock))
        database.dispose()
        changed = reload(settings_path) if new else 0
        year, edition = signed.calendar.year, signed.calendar.edition
        emit(
            as_json,
            {"year": year, "edition": edition, "new": new, "recomputed": changed},
            f"{year} 年第 {edition} 版{'已装入' if new else '早已装入'}，"
            f"重新计算了 {changed} 个到期日",
        )

    @group.command("list", help="列出已装入的日历")
    @settings_option
    @json_option
    def listed(settings_path: Path, *, as_json: bool) -> None:
        database, _trust, _clock = opened(settings_path)
        with database.reading() as session:
            editions = loaded_editions(session)
        database.dispose()
        emit(
            as_json,
            editions,
            "\n".join(
                f"{row['year']} 年第 {row['edition']} 版　{row['source']}" for row in editions
            )
            or "还没有装入任何一年的工作日历",
        )

    return group


def clocks_group(opened: Opened) -> click.Group:
    """``clocks report``."""

    @click.group("clocks", help="时限统计")
    def group() -> None:
        """The group."""

    @group.command("report", help="按事项、经办人或机构统计时限")
    @click.option(
        "--by",
        type=click.Choice([grouping.value for grouping in Grouping]),
        default=Grouping.ITEM.value,
        help="按什么分组：item 事项，clerk 经办人，authority 机构",
    )
    @click.option("--csv", "as_csv", is_flag=True, help="以 CSV 输出")
    @settings_option
    @json_option
    def show(by: str, settings_path: Path, *, as_csv: bool, as_json: bool) -> None:
        database, _trust, clock = opened(settings_path)
        with database.reading() as session:
            lines = report(session, Grouping(by), now_micros(clock))
        database.dispose()
        emit(
            as_json,
            {"at": from_micros(now_micros(clock)).isoformat(), "lines": [_row(x) for x in lines]},
            to_csv(lines).rstrip("\n") if as_csv else _table(lines),
        )

    return group


def to_csv(lines: list[ReportLine]) -> str:
    """The report as CSV with Chinese headings; cells cannot be taken for formulas."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(title for _name, title in COLUMNS)
    for line in lines:
        writer.writerow(_harmless(str(value)) for value in _row(line).values())
    return file.getvalue()


def _row(line: ReportLine) -> dict[str, str | int]:
    return {name: getattr(line, name) for name, _title in COLUMNS}


def _table(lines: list[ReportLine]) -> str:
    rows = ["  ".join(title for _name, title in COLUMNS)]
    rows += ["  ".join(str(value) for value in _row(line).values()) for line in lines]
    return "\n".join(rows)


def _harmless(cell: str) -> str:
    """A spreadsheet runs what begins like a formula; an apostrophe makes it text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _text_of(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            raw = opened.read(calendar_file.MAX_FILE_BYTES + 2)
        return raw.decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("calendar_unreadable", f"工作日历文件 {file} 无法读取") from error
