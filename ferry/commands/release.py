"""``ferry plan``, ``request``, ``approve``, ``withdraw``: what goes, and who lets it go."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from ferry.awaiting import Awaiting
from ferry.awaiting import outlook as outlook_of
from ferry.commands.frame import (
    at_work,
    by_option,
    dry_option,
    dry_run,
    hand_of,
    open_station,
)
from ferry.commands.outlook import words_of
from ferry.ledger.states import MediumState
from ferry.planning import Plan, nothing
from ferry.planning import plan as make_plan
from ferry.release import approve as approve_trip
from ferry.release import judge_approval, judge_withdrawal, settle
from ferry.release import rehearse as rehearse_request
from ferry.release import request as request_trip
from ferry.release import withdraw as withdraw_trip
from kernel.program import cli
from kernel.words import size_text


@click.command(
    help="查看待摆渡内容和下一次摆渡：多少文件、需要几张什么介质、哪些办件等着它、最迟何时出发。"
    "不写任何东西。"
)
@cli.settings_option
@cli.json_option
def plan(settings_path: Path, as_json: bool) -> None:
    """Show what a trip asked for now would carry, and when it must leave."""
    station = open_station(settings_path, "export")
    with at_work(station):
        settle(station)
        found = make_plan(station.settings, station.spool, station.receiver, nothing)
        view = station.book.view()
    awaiting = Awaiting.at(station, view)
    outlook = outlook_of(station, awaiting)
    kind = station.settings.medium.kind
    blank = sum(one.kind == kind for one in view.in_state(MediumState.IN_STOCK))
    data = {
        "files": found.files,
        "bytes": found.bytes,
        "kind": kind,
        "media": [{"files": len(one.files), "bytes": one.bytes} for one in found.volumes],
        "media_in_stock": blank,
        "damaged": list(found.damaged),
        "too_large": list(found.too_large),
        **asdict(outlook),
    }
    cli.emit(as_json, data, "\n".join((*_content(found, kind, blank), *words_of(outlook))))


def _content(found: Plan, kind: str, blank: int) -> Iterator[str]:
    yield f"待摆渡 {found.files} 个文件，共 {size_text(found.bytes)}"
    yield f"需要 {kind} 介质 {len(found.volumes)} 张（在库空白 {blank} 张）"
    for place, one in enumerate(found.volumes, 1):
        yield f"  第 {place} 张：{len(one.files)} 个文件，{size_text(one.bytes)}"
    for name in found.damaged:
        yield f"  损坏，不能摆渡：{name}"
    for name in found.too_large:
        yield f"  一张介质装不下：{name}"


@click.command(help="申请一次摆渡：冻结当前待运内容，从库存分配介质编号，等待他人审批。")
@cli.settings_option
@by_option
@click.option("--purpose", required=True, help="摆渡事由，写入台账和清单")
@dry_option
@cli.json_option
def request(
    settings_path: Path,
    login: str,
    passphrase_file: Path | None,
    purpose: str,
    dry: bool,
    as_json: bool,
) -> None:
    """Ask for a trip."""
    station = open_station(settings_path, "export")
    with at_work(station):
        settle(station)
        if dry:
            media, files, size = rehearse_request(station, hand_of(station, login, passphrase_file))
            words = f"试运行，没有申请：将用介质 {'、'.join(media)}；{files} 个文件，共 {size} 字节"
            data = {"media": media, "files": files, "bytes": size, **dry_run(dry)}
            cli.emit(as_json, data, words)
            return
        found = request_trip(station, hand_of(station, login, passphrase_file), purpose)
    text = (
        f"已申请摆渡 {found.trip}\n介质：{'、'.join(found.media)}；"
        f"{found.files} 个文件，共 {found.bytes} 字节\n请由审批人执行 ferry approve {found.trip}"
    )
    if found.damaged:
        text += f"\n有 {len(found.damaged)} 个文件损坏未列入，请报告系统管理员"
    cli.emit(as_json, asdict(found), text)


@click.command(help="审批一次摆渡；申请人不能审批自己的申请。")
@click.argument("trip")
@cli.settings_option
@by_option
@dry_option
@cli.json_option
def approve(
    trip: str,
    settings_path: Path,
    login: str,
    passphrase_file: Path | None,
    dry: bool,
    as_json: bool,
) -> None:
    """Approve exactly what was asked for."""
    station = open_station(settings_path, "export")
    hand = hand_of(station, login, passphrase_file)
    with at_work(station):
        found = (judge_approval if dry else approve_trip)(station, hand, trip)
    said = "试运行，没有批准：可以批准" if dry else "已批准"
    text = f"{said}摆渡 {found.id}：介质 {'、'.join(found.media)}，事由：{found.purpose}"
    cli.emit(as_json, {**asdict(found), **dry_run(dry)}, text)


@click.command(help="撤回尚未写出的摆渡；介质回到库存。")
@click.argument("trip")
@cli.settings_option
@by_option
@dry_option
@cli.json_option
def withdraw(
    trip: str,
    settings_path: Path,
    login: str,
    passphrase_file: Path | None,
    dry: bool,
    as_json: bool,
) -> None:
    """Take a trip back."""
    station = open_station(settings_path, "export")
    hand = hand_of(station, login, passphrase_file)
    if dry:
        media = judge_withdrawal(station, hand, trip)
        words = f"试运行，没有撤回：介质 {'、'.join(media)} 将回到库存"
        cli.emit(as_json, {"trip": trip, "media": media, **dry_run(dry)}, words)
        return
    with at_work(station):
        withdraw_trip(station, hand, trip)
    cli.emit(as_json, {"trip": trip}, f"已撤回摆渡 {trip}")
