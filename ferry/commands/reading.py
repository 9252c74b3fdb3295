"""``ferry ingest``, ``inspect``, ``recover``, ``watch``: media that arrive."""

import math
import sys
from dataclasses import asdict
from pathlib import Path

import click

from ferry.commands.frame import at_work, device_option, dry_option, open_station
from ferry.commands.progress import progress
from ferry.commands.writing import checked_text
from ferry.drives import look
from ferry.medium import opened
from ferry.progress import silent
from ferry.reading import Ingested, refuse_drive
from ferry.reading import ingest as ingest_medium
from ferry.rehearsal import rehearse_reading
from ferry.repair.recover import OpenDevice
from ferry.repair.recover import recover as recover_image
from ferry.signals import give
from ferry.telling import tell
from ferry.watch import Watcher
from ferry.xorriso import list_files
from kernel.durable import exclusive
from kernel.errors import EXIT_REJECTED, RefusedError, SettingsError, UnavailableError
from kernel.program import cli


@click.command(
    help="导入一张介质：核验清单和每个文件，送入本网；有损坏时先修复，有问题的进隔离区。"
)
@cli.settings_option
@device_option
@click.option("--again", is_flag=True, help="已导入过的介质再读一遍（恢复备份后使用）")
@dry_option
@cli.json_option
def ingest(settings_path: Path, device: Path | None, again: bool, dry: bool, as_json: bool) -> None:
    """Read one medium."""
    station = open_station(settings_path, "ingest")
    place = device or station.settings.medium.device
    with at_work(station), progress(as_json) as say:
        if dry:
            checked, already = rehearse_reading(station, place, say)
        else:
            found = ingest_medium(station, place, say, again=again)
    if dry:
        words = f"试运行，什么都没有导入：{checked_text(checked)}"
        words += "；此前已导入过" if already else ""
        cli.emit(as_json, asdict(checked) | {"already": already, "dry_run": True}, words)
        return
    cli.emit(as_json, asdict(found), ingested_text(found))
    if found.refused:
        sys.exit(EXIT_REJECTED)


@click.command(help="查看一张介质：种类、空白还是已用、容量，以及卷标和文件清单。不核验，不导入。")
@click.argument("device", type=click.Path(path_type=Path))
@cli.json_option
def inspect(device: Path, as_json: bool) -> None:
    """Recognise and list a medium."""
    if not device.exists():
        raise UnavailableError("medium_missing", f"没有找到介质 {device}")
    medium = look(device)
    kind = medium.kind or "不可用于写出"
    capacity = f"，容量 {medium.capacity} 字节" if medium.capacity else ""
    lines = [f"{kind}：{medium.words}{capacity}"]
    listing = None if medium.blank else list_files(device)
    if listing is not None:
        lines.append(f"卷标 {listing.label}，{len(listing.files)} 个文件")
        lines += [f"{file.size:>14}  {file.path}" for file in listing.files]
    data = {"found": asdict(medium)} | (asdict(listing) if listing is not None else {})
    cli.emit(as_json, data, "\n".join(lines))


@click.command(help="把损坏介质的内容修复到映像文件，供导入或送检；不核验内容。")
@click.argument("device", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@cli.json_option
def recover(device: Path, target: Path, as_json: bool) -> None:
    """Repair a medium into a file."""
    if target.exists():
        raise RefusedError("target_exists", f"文件 {target} 已存在，不会覆盖")
    with opened(device) as handle, progress(as_json) as say:
        found = recover_image(
            OpenDevice(handle), target, lambda percent: say("修复介质", percent, 0)
        )
    text = (
        f"介质 {found.medium}：{found.image_sectors} 个扇区中损坏 {found.damaged} 个，"
        f"修复 {found.repaired} 个，{'内容完整' if found.whole else '仍有扇区丢失'}"
    )
    text += "".join(f"\n  丢失扇区 {first} 至 {last}" for first, last in found.lost)
    cli.emit(as_json, asdict(found), text)
    if not found.whole:
        sys.exit(EXIT_REJECTED)


@click.command(help="值守：登记的光驱中放入介质、插入登记的 U 盘即自动核验导入，持续运行。")
@cli.settings_option
def watch(settings_path: Path) -> None:
    """Wait for media."""
    station = open_station(settings_path, "ingest")
    devices = frozenset(station.settings.watch.devices)
    serials = frozenset(station.settings.medium.usb_serials)
    if not devices and not serials:
        raise SettingsError(
            "watch_no_devices", "配置中没有登记光驱（watch.devices）或 U 盘（medium.usb_serials）"
        )

    rescan = station.settings.watch.rescan_seconds

    def take(device: Path) -> bool:
        with at_work(station):
            return not ingest_medium(station, device, silent).refused

    def refuse(device: Path) -> None:
        with at_work(station):
            refuse_drive(station, device)

    with exclusive(station.settings.state.folder / "ferry-watch.lock"):
        Watcher(
            devices,
            serials,
            take,
            refuse,
            lambda good: give(station.settings.signal, good=good),
            lambda: tell(station, math.ceil(rescan)),
            rescan,
        ).run()


def ingested_text(found: Ingested) -> str:
    """What became of a medium."""
    place = f"介质 {found.medium}（第 {found.volume} 张，共 {found.volumes} 张）"
    if found.already:
        return f"{place}已导入过，本次没有改变任何内容"
    lines = [f"{place}：导入 {found.admitted} 个文件，拒收 {len(found.refused)} 个"]
    if found.damaged_sectors:
        lines.append(
            f"  介质有损坏：{found.damaged_sectors} 个扇区，已修复 {found.repaired_sectors} 个"
        )
    lines += [f"  拒收 {item.name}：[{item.code}] {item.message}" for item in found.refused]
    return "\n".join(lines)
