"""``ferry doctor``, ``eject``, ``copy``: the station's own care, and copies for the archive."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from ferry import tray
from ferry.commands.frame import at_work, by_option, device_option, hand_of, open_station
from ferry.commands.progress import progress
from ferry.copying import copy as copy_medium
from ferry.doctor.finding import Finding, Grade, bad
from ferry.doctor.machine import Machine
from ferry.doctor.state import State
from ferry.settings import FerrySettings
from kernel.errors import EXIT_UNAVAILABLE, TongbanError
from kernel.program import cli
from kernel.program.settings import load_resolved

_MARKS = {Grade.GOOD: "✓", Grade.WARNING: "！", Grade.BAD: "✗"}


@click.command(
    help="体检：工具、光驱、U 盘、内核事件、密钥、台账、磁盘、时钟等逐项检查，不足之处说明怎么办。"
)
@cli.settings_option
@cli.json_option
def doctor(settings_path: Path, as_json: bool) -> None:
    """Look at everything a trip needs."""
    found = _examine(settings_path)
    lines: list[str] = []
    for one in found:
        lines.append(f"{_MARKS[one.grade]} {one.said}")
        if one.remedy:
            lines.append(f"    怎么办：{one.remedy}")
    bads = sum(one.grade is Grade.BAD for one in found)
    warnings = sum(one.grade is Grade.WARNING for one in found)
    lines.append(f"共 {len(found)} 项：故障 {bads}，注意 {warnings}")
    data = {"bad": bads, "warnings": warnings, "findings": [asdict(one) for one in found]}
    cli.emit(as_json, data, "\n".join(lines))
    if bads:
        sys.exit(EXIT_UNAVAILABLE)


def _examine(settings_path: Path) -> list[Finding]:
    settings = load_resolved(settings_path, FerrySettings)
    found = list(Machine(settings).findings())
    try:
        found += State(open_station(settings_path)).findings()
    except TongbanError as error:
        found.append(bad("station", error.message, "按上面的说明更正后再执行 ferry doctor"))
    except OSError as error:
        found.append(bad("station", f"打不开状态目录或交换目录（{error}）", "改正目录的属主和权限"))
    return found


@click.command(help="弹出光盘，或确认 U 盘可以拔下；正在读写时不弹出。")
@device_option
@cli.settings_option
@cli.json_option
def eject(device: Path | None, settings_path: Path, as_json: bool) -> None:
    """Let go of a medium."""
    station = open_station(settings_path)
    place = device or station.settings.medium.device
    with at_work(station):
        words = tray.release(place)
    cli.emit(as_json, {"device": str(place)}, words)


@click.command(
    help="制作归档副本：把一张介质复制成映像文件，有损坏时先修复，与台账核对后记入台账。"
)
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@device_option
@click.option("--rs03", is_flag=True, help="再加 dvdisaster RS03 纠错（可选软件包，映像填满一张）")
@cli.settings_option
@by_option
@cli.json_option
def copy(
    target: Path,
    device: Path | None,
    rs03: bool,
    settings_path: Path,
    login: str,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Copy a medium for the archive."""
    station = open_station(settings_path)
    hand = hand_of(station, login, passphrase_file)
    with at_work(station), progress(as_json) as say:
        found = copy_medium(
            station, hand, device or station.settings.medium.device, target, say, rs03=rs03
        )
    text = f"介质 {found.medium} 的副本已写到 {found.file}，{found.bytes} 字节"
    if found.damaged_sectors:
        text += f"\n原盘损坏 {found.damaged_sectors} 个扇区，副本中已全部修复"
    cli.emit(as_json, asdict(found), f"{text}\nSHA-256 {found.sha256}")
