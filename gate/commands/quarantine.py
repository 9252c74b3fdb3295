"""``gate quarantine``: what was set aside and why."""

from dataclasses import asdict
from pathlib import Path

import click

from gate.commands.frame import load_side
from kernel.clock import beijing_text, from_micros
from kernel.program import cli
from kernel.spool import Spool


@click.command(help="隔离区清单：被隔离的文件、代码和原因。文件不会被程序删除。")
@cli.settings_option
@cli.json_option
def quarantine(settings_path: Path, as_json: bool) -> None:
    """List what was set aside, the newest first, at most 200."""
    found = Spool(load_side(settings_path).spool.folder).quarantined()
    lines = [
        f"{beijing_text(from_micros(item.at))}  {item.code}  {item.message}  {item.name}"
        for item in found
    ]
    cli.emit(as_json, [asdict(item) for item in found], "\n".join(lines) or "隔离区为空")
