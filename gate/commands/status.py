"""``gate status``: what lies on this side now."""

from dataclasses import asdict
from pathlib import Path

import click

from gate.commands.frame import load_side
from gate.status import look
from kernel.program import cli


@click.command(help="本侧现状：待投递、投递目录、已送达、隔离区各有多少。")
@cli.settings_option
@cli.json_option
def status(settings_path: Path, as_json: bool) -> None:
    """Show counts."""
    found = look(load_side(settings_path))
    cli.emit(as_json, asdict(found), found.as_text())
