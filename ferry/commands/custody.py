"""``ferry stock``, ``operator``, ``ledger`` and the acts of custody: media as things."""

import hashlib
from dataclasses import asdict
from pathlib import Path

import click

from ferry.commands.frame import (
    at_work,
    by_option,
    dry_option,
    dry_run,
    hand_of,
    open_station,
    passphrase,
)
from ferry.ledger.book import Medium, View, summary
from ferry.ledger.numbers import run_of
from ferry.ledger.states import MediumAct, Role
from ferry.loss import ask_again
from ferry.operators import HUMAN_ROLES, Hand
from ferry.release import settle
from ferry.station import Station
from ferry.writing import read_manifest
from kernel.clock import beijing_text, from_micros
from kernel.durable import write_durably
from kernel.errors import RefusedError
from kernel.program import cli

MAX_SHOWN = 200
MAX_BATCH = 1000
_GIVEN_UP = (MediumAct.DECLARE_LOST, MediumAct.REJECT)
"""Acts after which what was on a medium must go on another."""
_PAPERS = {MediumAct.LABEL: "标签", MediumAct.HAND_OVER: "交接单"}
"""What is printed for an act."""


@click.command(help="登记库存空白介质：从起始编号起连续若干张。")
@click.argument("first")
@click.option("--count", type=click.IntRange(1, MAX_BATCH), default=1, help="张数")
@click.option("--kind", help="种类：cd-r、dvd-r、bd-r、usb、image；默认用配置中的种类")
@cli.settings_option
@by_option
@cli.json_option
def stock(
    first: str,
    count: int,
    kind: str | None,
    settings_path: Path,
    login: str,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Register blank media."""
    station = open_station(settings_path, "export")
    numbers = run_of(first, count)
    with at_work(station):
        station.book.register(
            numbers, kind or station.settings.medium.kind, hand_of(station, login, passphrase_file)
        )
    cli.emit(as_json, {"media": numbers}, f"已登记 {numbers[0]} 至 {numbers[-1]}，共 {count} 张")


@click.group(help="操作员名册：每人一把自己的签名密钥。")
def operator() -> None:
    """Group of the register's commands."""


@operator.command("add", help="登记一名操作员并生成其签名密钥。")
@click.argument("login")
@click.option("--name", required=True, help="姓名")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in HUMAN_ROLES]),
    help="岗位，可多次：maker 经办、approver 审批、courier 递送、custodian 介质管理",
)
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="从文件读取口令（默认在终端输入两遍）",
)
@cli.settings_option
@cli.json_option
def operator_add(
    login: str,
    name: str,
    roles: tuple[str, ...],
    passphrase_file: Path | None,
    settings_path: Path,
    as_json: bool,
) -> None:
    """Enrol somebody."""
    station = open_station(settings_path)
    chosen = frozenset(Role(role) for role in roles)
    words = passphrase(passphrase_file, twice=True)
    made = station.operators.enrol(login, name, chosen, words)
    cli.emit(as_json, {"login": made.login}, f"已登记操作员 {made.login}")


@operator.command("list", help="列出操作员及其岗位。")
@cli.settings_option
@cli.json_option
def operator_list(settings_path: Path, as_json: bool) -> None:
    """Show the register."""
    found = open_station(settings_path).operators.all()
    data = [{"login": one.login, "roles": sorted(one.roles), "active": one.active} for one in found]
    lines = [
        f"{one.login:<16} {'、'.join(role.label for role in sorted(one.roles))}"
        f"{'' if one.active else '（停用）'}"
        for one in found
    ]
    cli.emit(as_json, data, "\n".join(lines) or "名册为空")


@click.command(help="介质台账：每张介质的状态；给出编号时列出它的全部经历。")
@click.argument("number", required=False)
@cli.settings_option
@cli.json_option
def ledger(number: str | None, settings_path: Path, as_json: bool) -> None:
    """Show media, the newest first, or one medium's life."""
    station = open_station(settings_path)
    with at_work(station):
        if station.settings.side == "export":
            settle(station)
        view = station.book.view()
    if number is not None:
        medium = view.medium(number)
        lines = [
            f"{beijing_text(from_micros(line.at))}  {_act_label(line.act)}  {line.by}  "
            + "，".join(f"{name}={value}" for name, value in sorted(line.detail.items()))
            for line in medium.history
        ]
        cli.emit(as_json, [asdict(line) for line in medium.history], "\n".join(lines))
        return
    media = sorted(view.media.values(), key=lambda one: (one.since, one.number), reverse=True)
    data = {
        "summary": summary(view.media),
        "media": [
            {
                "medium": one.number,
                "kind": one.kind,
                "state": one.state.value,
                "trip": one.trip,
                "since": one.since,
            }
            for one in media[:MAX_SHOWN]
        ],
    }
    cli.emit(as_json, data, "\n".join(_line(one) for one in media[:MAX_SHOWN]) or "台账为空")


def _line(medium: Medium) -> str:
    when = beijing_text(from_micros(medium.since))
    return f"{medium.number}  {medium.kind:<6} {medium.state.label}  {when}  {medium.trip}"


def _act_label(act: str) -> str:
    return MediumAct(act).label if MediumAct.has(act) else {"stock": "登记入库"}.get(act, act)


def _act_command(name: str, act: MediumAct, words: str, *, note: str) -> click.Command:
    """A command that does one act of custody on media, signed by whoever does it."""

    @click.command(name, help=words)
    @click.argument("numbers", nargs=-1, required=True)
    @click.option("--note", default="", help=note)
    @cli.settings_option
    @by_option
    @dry_option
    @cli.json_option
    def command(
        numbers: tuple[str, ...],
        note: str,
        settings_path: Path,
        login: str,
        passphrase_file: Path | None,
        dry: bool,
        as_json: bool,
    ) -> None:
        station = open_station(settings_path)
        hand = hand_of(station, login, passphrase_file)
        if dry:
            station.book.judge(act, numbers, hand)
            words = f"试运行，台账没有改变：{login} 可以{act.label}{'、'.join(numbers)}"
            cli.emit(as_json, {"act": act.value, "media": numbers, **dry_run(dry)}, words)
            return
        view = _do(station, act, numbers, hand, note)
        states = {number: view.medium(number).state for number in numbers}
        text = "\n".join(f"{number}：{state.label}" for number, state in states.items())
        cli.emit(as_json, {number: state.value for number, state in states.items()}, text)

    return command


def _do(station: Station, act: MediumAct, numbers: tuple[str, ...], hand: Hand, note: str) -> View:
    with at_work(station):
        if station.settings.side == "export":
            settle(station)
        view = station.book.act(act, numbers, hand, note=note[:200])
        if act in _GIVEN_UP and station.settings.side == "export":
            # Died here, the other side misses it and the exchange offers it again all the same.
            ask_again(station, view, numbers, hand.operator.login)
        return view


_output = click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="PDF 写到哪里，默认在当前目录以编号命名；已有的文件不覆盖",
)


@click.command(help="打印标签并签名记明已贴到介质上；已贴过的只重新打印。")
@click.argument("number")
@_output
@cli.settings_option
@by_option
@dry_option
@cli.json_option
def label(
    number: str,
    output: Path | None,
    settings_path: Path,
    login: str,
    passphrase_file: Path | None,
    dry: bool,
    as_json: bool,
) -> None:
    """Make the sticker."""
    station = open_station(settings_path, "export")
    hand = hand_of(station, login, passphrase_file)
    target = _target(output, f"标签-{number}.pdf")
    _sign_and_print(station, MediumAct.LABEL, number, target, hand, as_json=as_json, dry=dry)


@click.command(help="交接：递送人签名接走已贴标的介质，并打印交接单；已交出的只重新打印。")
@click.argument("number")
@click.option("--note", default="", help="交给谁、怎样递送")
@_output
@cli.settings_option
@by_option
@dry_option
@cli.json_option
def handover(
    number: str,
    note: str,
    output: Path | None,
    settings_path: Path,
    login: str,
    passphrase_file: Path | None,
    dry: bool,
    as_json: bool,
) -> None:
    """Sign for a medium and make the sheet that goes with it."""
    station = open_station(settings_path, "export")
    hand = hand_of(station, login, passphrase_file)
    target = _target(output, f"交接单-{number}.pdf")
    _sign_and_print(
        station, MediumAct.HAND_OVER, number, target, hand, note, as_json=as_json, dry=dry
    )


def _sign_and_print(
    station: Station,
    act: MediumAct,
    number: str,
    target: Path,
    hand: Hand,
    note: str = "",
    *,
    as_json: bool,
    dry: bool,
) -> None:
    """Do ``act`` unless it was done, and print its paper again each time."""
    words = _PAPERS[act]
    data = {"medium": number, "file": str(target), **dry_run(dry)}
    done = station.book.view().medium(number).last(act) is not None
    if dry:
        if not done:
            station.book.judge(act, (number,), hand)
        signed = "只重新打印" if done else f"将由 {hand.operator.login} 签名"
        cli.emit(as_json, data, f"试运行，没有{act.label}：{signed}，{words}写到 {target}")
        return
    if not done:
        _do(station, act, (number,), hand, note)
    _print(station, number, act, target)
    cli.emit(as_json, data, f"{words}已写到 {target}")


def _target(output: Path | None, name: str) -> Path:
    target = output or Path(name)
    if target.exists():
        raise RefusedError("target_exists", f"文件 {target} 已存在，不会覆盖")
    return target


def _print(station: Station, number: str, act: MediumAct, target: Path) -> None:
    # Only these two commands print; the PDF library would slow every other command's start.
    from ferry.papers import Slip, handover_pdf, label_pdf  # noqa: PLC0415 - see above
    from kernel.paper.fonts import Fonts  # noqa: PLC0415 - see above

    make = {MediumAct.LABEL: label_pdf, MediumAct.HAND_OVER: handover_pdf}[act]
    manifest = read_manifest(station, number)
    view = station.book.view()
    slip = Slip(
        manifest,
        hashlib.sha256(manifest.encode()).hexdigest(),
        view.medium(number).kind,
        hashlib.sha256(view.lines[-1].text()).hexdigest(),
        len(view.lines),
        {one.login: one.name for one in station.operators.all()},
        station.settings.release.marking,
    )
    with write_durably(target) as file:
        file.write(make(slip, Fonts.load()))


archive = _act_command("archive", MediumAct.ARCHIVE, "归档保存已确认的介质。", note="存放位置")
destroy = _act_command("destroy", MediumAct.DESTROY, "记明介质已销毁。", note="方式和见证人")
lost = _act_command(
    "lost",
    MediumAct.DECLARE_LOST,
    "报失：介质遗失或不明。内容仍在发送侧，下一次摆渡会带上；日后找到也不再导入。",
    note="经过",
)
reject = _act_command("reject", MediumAct.REJECT, "作废一张介质，永不再用。", note="原因")
