"""``ferry resume``: go on with an interrupted trip from what lies on disk."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from ferry import resuming
from ferry.commands.frame import at_work, device_option, dry_option, open_station
from ferry.commands.progress import progress
from ferry.commands.reading import ingested_text
from ferry.commands.writing import finished_before, write_next, written_text
from ferry.progress import Progress
from ferry.reading import ingest
from ferry.resuming import Standing
from ferry.station import Station
from ferry.writing import Written
from kernel.errors import EXIT_REJECTED
from kernel.program import cli


@click.command(
    help="继续中断的摆渡：收尾断电或中止留下的介质，写出下一张，并说明接下来做什么；"
    "读盘侧则把没有导入完的介质再读一遍。"
)
@click.argument("trip", required=False)
@device_option
@dry_option
@cli.settings_option
@cli.json_option
def resume(
    trip: str | None, device: Path | None, dry: bool, settings_path: Path, as_json: bool
) -> None:
    """Go on where a run died."""
    station = open_station(settings_path)
    place = device or station.settings.medium.device
    if station.settings.side == "ingest":
        _read_on(station, place, dry=dry, as_json=as_json)
        return
    if dry:
        view = station.book.view()
        found = resuming.standing(station, view, resuming.choose(view, trip))
        cli.emit(as_json, asdict(found), _text(found))
        return
    with at_work(station), progress(as_json) as say:
        written, found = _write_on(station, trip, place, say)
    done = asdict(written) if written else None
    text = (f"{written_text(written)}\n" if written else "") + _text(found)
    cli.emit(as_json, asdict(found) | {"written": done}, text)


def _write_on(
    station: Station, trip: str | None, place: Path, say: Progress
) -> tuple[Written | None, Standing]:
    known = resuming.choose(station.book.view(), trip)
    written = finished_before(station, known)
    if written is None and resuming.standing(station, station.book.view(), known).to_write:
        written = write_next(station, known, place, say)
    view = station.book.view()
    return written, resuming.standing(station, view, view.trip(known.id))


def _read_on(station: Station, place: Path, *, dry: bool, as_json: bool) -> None:
    half = resuming.half_read(station.book.view())
    if dry or not half:
        words = (
            f"没有导入完的介质：{'、'.join(half)}，放入后再执行一次" if half else "没有未完成的导入"
        )
        cli.emit(as_json, {"half_read": half, "read": None}, words)
        return
    with at_work(station), progress(as_json) as say:
        found = ingest(station, place, say)
        left = resuming.half_read(station.book.view())
    text = ingested_text(found)
    if left:
        text += f"\n还没有导入完的介质：{'、'.join(left)}"
    cli.emit(as_json, {"half_read": left, "read": asdict(found)}, text)
    if found.refused:
        sys.exit(EXIT_REJECTED)


def _text(found: Standing) -> str:
    lines = [f"摆渡 {found.trip}"]
    if found.interrupted:
        lines.append(f"中断时正在处理：{'、'.join(found.interrupted)}")
    lines += [f"  接下来：{words}" for words in found.todo] or ["  写盘侧已没有要做的"]
    return "\n".join(lines)
