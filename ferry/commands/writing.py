"""``ferry export``, ``stage``, ``burn``, ``verify``: content onto media, and the proof."""

from dataclasses import asdict
from pathlib import Path

import click

from ferry.commands.frame import at_work, device_option, dry_option, open_station
from ferry.commands.progress import progress
from ferry.contents import Checked, check_medium
from ferry.ledger.book import Trip
from ferry.progress import Progress
from ferry.rehearsal import Rehearsed, rehearse_writing
from ferry.station import Station
from ferry.writing import Written, burn_next, finish_interrupted, written_before
from ferry.writing import stage as stage_trip
from kernel.program import cli


@click.command(
    help="写出一次获批的摆渡：备好映像和修复数据，写出下一张介质，逐字节回读核对。\n\n"
    "一次摆渡有多张介质时，换上空白介质后再次执行，直到写完。"
)
@click.argument("trip")
@cli.settings_option
@device_option
@dry_option
@cli.json_option
def export(trip: str, settings_path: Path, device: Path | None, dry: bool, as_json: bool) -> None:
    """Stage the trip and write its next medium."""
    station = open_station(settings_path, "export")
    place = device or station.settings.medium.device
    with at_work(station):
        known = station.book.view().trip(trip)
        if dry:
            _tell_rehearsed(as_json, rehearse_writing(station, known, place))
            return
        with progress(as_json) as say:
            found = finished_before(station, known) or write_next(station, known, place, say)
    cli.emit(as_json, asdict(found), written_text(found))


@click.command(help="备好一次获批摆渡的全部映像，先不写出。")
@click.argument("trip")
@cli.settings_option
@cli.json_option
def stage(trip: str, settings_path: Path, as_json: bool) -> None:
    """Only build the images."""
    station = open_station(settings_path, "export")
    with at_work(station), progress(as_json) as say:
        finish_interrupted(station)
        known = station.book.view().trip(trip)
        stage_trip(station, known, say)
    cli.emit(as_json, {"trip": trip, "media": list(known.media)}, f"已备好 {len(known.media)} 张")


@click.command(help="写出已备好摆渡的下一张介质，逐字节回读核对。")
@click.argument("trip")
@cli.settings_option
@device_option
@dry_option
@cli.json_option
def burn(trip: str, settings_path: Path, device: Path | None, dry: bool, as_json: bool) -> None:
    """Write what is staged."""
    station = open_station(settings_path, "export")
    place = device or station.settings.medium.device
    with at_work(station):
        known = station.book.view().trip(trip)
        if dry:
            _tell_rehearsed(as_json, rehearse_writing(station, known, place))
            return
        with progress(as_json) as say:
            found = finished_before(station, known) or burn_next(station, known, place, say)
    cli.emit(as_json, asdict(found), written_text(found))


@click.command(help="核对一张介质：签名、清单、每个文件和修复数据。不导入任何东西。")
@cli.settings_option
@device_option
@cli.json_option
def verify(settings_path: Path, device: Path | None, as_json: bool) -> None:
    """Read a medium as the other side will."""
    station: Station = open_station(settings_path)
    with progress(as_json) as say:
        found = check_medium(station, device or station.settings.medium.device, say)
    cli.emit(as_json, asdict(found), checked_text(found))


def checked_text(found: Checked) -> str:
    """What is said of a medium that is whole."""
    return (
        f"介质 {found.medium}（第 {found.volume} 张，共 {found.volumes} 张）完好："
        f"{found.files} 个文件，共 {found.bytes} 字节"
    )


def write_next(station: Station, trip: Trip, place: Path, say: Progress) -> Written:
    """Build what is not built yet and write the next medium; raises as both do."""
    stage_trip(station, trip, say)
    return burn_next(station, trip, place, say)


def finished_before(station: Station, trip: Trip) -> Written | None:
    """The medium of ``trip`` that was proved when a run died, and still lies in the drive."""
    for medium in finish_interrupted(station):
        if medium.trip == trip.id:
            return written_before(station, trip, medium)
    return None


def written_text(found: Written) -> str:
    """What is said of a medium that was written and proved."""
    text = (
        f"介质 {found.medium}（第 {found.volume} 张，共 {found.volumes} 张）已写出并回读核对："
        f"{found.files} 个文件，共 {found.bytes} 字节\n卷标 {found.label}，位置 {found.device}"
    )
    if found.left:
        text += f"\n本次摆渡还有 {found.left} 张介质，请换上空白介质后再次执行"
    return text


def _tell_rehearsed(as_json: bool, found: Rehearsed) -> None:
    text = (
        f"试运行，什么都没有改变：将写出介质 {found.medium}，{found.files} 个文件，"
        f"共 {found.bytes} 字节，映像约 {found.image_bytes} 字节\n"
        f"{found.device}：{found.found}，合用；本次摆渡待写 {found.left} 张"
    )
    cli.emit(as_json, asdict(found) | {"dry_run": True}, text)
