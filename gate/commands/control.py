"""``gate pause``, ``gate drain``, ``gate resume``: orders that hold over restarts too."""

import getpass
from dataclasses import asdict
from pathlib import Path

import click

from gate.commands.frame import load_side
from gate.flow import Control, Mode
from kernel.clock import SystemClock, now_micros
from kernel.program import cli

_reason = click.option("--reason", required=True, help="原因，显示在控制台上")


def _order(settings_path: Path, mode: Mode, reason: str) -> Control:
    settings = load_side(settings_path, "send")
    control = Control(mode, now_micros(SystemClock()), getpass.getuser(), reason.strip()[:200])
    control.write(settings.spool.folder)
    return control


@click.command(help="暂停发送侧：什么都不再投递，直到执行 gate resume。已投递的不受影响。")
@cli.settings_option
@_reason
@cli.json_option
def pause(settings_path: Path, reason: str, as_json: bool) -> None:
    """Stop everything."""
    cli.emit(as_json, asdict(_order(settings_path, Mode.PAUSED, reason)), "已暂停")


@click.command(help="停止接新：此刻已在等待的照常投递，之后封装的留待 gate resume。用于检修前。")
@cli.settings_option
@_reason
@cli.json_option
def drain(settings_path: Path, reason: str, as_json: bool) -> None:
    """Finish what waits, take nothing new."""
    cli.emit(as_json, asdict(_order(settings_path, Mode.DRAINING, reason)), "已停止接新")


@click.command(help="恢复发送侧：解除暂停或停止接新。")
@cli.settings_option
@cli.json_option
def resume(settings_path: Path, as_json: bool) -> None:
    """Go on."""
    cli.emit(as_json, asdict(_order(settings_path, Mode.RUNNING, "")), "已恢复")
