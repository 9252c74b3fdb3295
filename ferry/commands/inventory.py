"""``ferry inventory``: what should lie here is counted, read again in part, and confirmed."""

import sys
from pathlib import Path
from typing import TextIO

import click

from ferry import inventory as stocktaking
from ferry.commands.frame import at_work, by_option, device_option, hand_of, open_station
from ferry.commands.progress import progress
from ferry.inventory import DEFAULT_SHARE, Inventory
from ferry.ledger.numbers import runs
from ferry.release import settle
from kernel.clock import beijing_text, from_micros
from kernel.errors import EXIT_REJECTED
from kernel.program import cli

_SHOWN = 20


@click.group(help="盘点：清点应在本处的介质，抽取一部分复读，由另一人确认，全部记入台账。")
def inventory() -> None:
    """Group of the inventory's commands."""


@inventory.command("begin", help="开始盘点：冻结应在本处的介质清单，并随机抽取要复读的介质。")
@click.option(
    "--share",
    type=click.IntRange(0, 100),
    default=DEFAULT_SHARE,
    show_default=True,
    help="已写介质中抽取复读的百分比（不足一张按一张）",
)
@cli.settings_option
@by_option
@cli.json_option
def begin(
    share: int, settings_path: Path, login: str, passphrase_file: Path | None, as_json: bool
) -> None:
    """Begin one."""
    station = open_station(settings_path)
    hand = hand_of(station, login, passphrase_file)
    with at_work(station):
        if station.settings.side == "export":
            settle(station)
        found = stocktaking.begin(station, hand, share)
    cli.emit(as_json, _data(found), _text(found))


@inventory.command("show", help="查看最近一次盘点：应有、已清点、缺少、多出和复读结果。")
@cli.settings_option
@cli.json_option
def show(settings_path: Path, as_json: bool) -> None:
    """Show the newest, or what one begun now would expect."""
    station = open_station(settings_path)
    view = station.book.view()
    known = stocktaking.all_of(view)
    if known:
        cli.emit(as_json, _data(known[-1]), _text(known[-1]))
        return
    numbers = [medium.number for medium in stocktaking.shelf(view, station.settings.side)]
    cli.emit(
        as_json,
        {"inventory": None, "expected": numbers},
        f"还没有盘点过；应在本处的介质 {len(numbers)} 张：{_named(numbers)}",
    )


@inventory.command(
    "count",
    help="登记清点到的介质：编号、一段编号（JY000001-JY000100），或扫描标签得到的内容。可多次。",
)
@click.argument("numbers", nargs=-1)
@click.option(
    "--list",
    "listed",
    type=click.File("r", encoding="utf-8"),
    help="从文件读取，每行一个（- 为标准输入，可接扫码枪）",
)
@cli.settings_option
@by_option
@cli.json_option
def count(
    numbers: tuple[str, ...],
    listed: TextIO | None,
    settings_path: Path,
    login: str,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Note what was found."""
    station = open_station(settings_path)
    hand = hand_of(station, login, passphrase_file)
    words = [*numbers, *(line for line in listed or () if line.strip())]
    with at_work(station):
        found = stocktaking.count(station, hand, words)
    cli.emit(as_json, _data(found), _text(found))


@inventory.command("read", help="复读一张介质，与台账中的清单和校验值核对，结果记入本次盘点。")
@click.argument("number")
@device_option
@cli.settings_option
@cli.json_option
def read(number: str, device: Path | None, settings_path: Path, as_json: bool) -> None:
    """Read one again."""
    station = open_station(settings_path)
    with at_work(station), progress(as_json) as say:
        code = stocktaking.read(station, number, device or station.settings.medium.device, say)
    text = f"介质 {number} 完好" if not code else f"介质 {number} 异常：[{code}]"
    cli.emit(as_json, {"medium": number, "result": code or "whole"}, text)
    if code:
        sys.exit(EXIT_REJECTED)


@inventory.command("close", help="确认并结束盘点，须由未参加清点的另一人签名。")
@cli.settings_option
@by_option
@cli.json_option
def close(settings_path: Path, login: str, passphrase_file: Path | None, as_json: bool) -> None:
    """Confirm the count."""
    station = open_station(settings_path)
    hand = hand_of(station, login, passphrase_file)
    with at_work(station):
        found = stocktaking.close(station, hand)
    cli.emit(as_json, _data(found), _text(found))
    if found.missing or found.strange or found.bad:
        sys.exit(EXIT_REJECTED)


def _data(one: Inventory) -> dict[str, object]:
    return {
        "inventory": one.id,
        "begun_at": one.begun_at,
        "begun_by": one.begun_by,
        "counted_by": sorted(one.counted_by),
        "closed_by": one.closed_by,
        "closed_at": one.closed_at,
        "expected": runs(one.expected),
        "found": runs(one.found),
        "missing": runs(one.missing),
        "strange": runs(one.strange),
        "sample": sorted(one.sample),
        "unread": sorted(one.unread),
        "bad": one.bad,
    }


def _text(one: Inventory) -> str:
    lines = [
        f"盘点 {one.id}，{beijing_text(from_micros(one.begun_at))} 由 {one.begun_by} 开始",
        f"应有 {len(one.expected)} 张，已清点 {len(one.found)} 张",
    ]
    if one.counted_by:
        lines.append(f"缺少 {len(one.missing)} 张{_after(one.missing)}")
    if one.strange:
        lines.append(f"多出或未登记 {len(one.strange)} 张{_after(one.strange)}")
    if one.unread or not one.counted_by:
        lines.append(f"抽取复读 {len(one.sample)} 张{_after(one.sample)}")
    lines += [f"复读异常 {number}：[{code}]" for number, code in one.bad.items()]
    if not one.closed_by:
        lines.append("清点和复读完毕后，由另一人执行 ferry inventory close 确认")
        return "\n".join(lines)
    lines.append(f"已由 {one.closed_by} 确认")
    if one.missing:
        lines.append("缺少的介质查找无果的，由介质管理执行 ferry lost 报失")
    if one.bad:
        lines.append("复读异常的介质应尽快执行 ferry copy 制作副本，或 ferry reject 作废")
    return "\n".join(lines)


def _after(numbers: set[str]) -> str:
    return f"：{_named(sorted(numbers))}" if numbers else ""


def _named(numbers: list[str]) -> str:
    words = runs(numbers)
    return "、".join(words[:_SHOWN]) + ("……" if len(words) > _SHOWN else "")
