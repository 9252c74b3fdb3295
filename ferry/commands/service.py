"""``ferry work``: the service of the writing side."""

from pathlib import Path

import click

from ferry.commands.frame import open_station
from ferry.standing import STAND_SECONDS, Stand
from kernel.program import cli
from kernel.program.worker import Job, run_worker


@click.command(
    help="值守写盘侧：对端的回执到了即结清台账，按时刻表提出摆渡，更新控制台和告警，持续运行。"
)
@cli.settings_option
def work(settings_path: Path) -> None:
    """Work until SIGTERM; only one such process may run."""
    station = open_station(settings_path, "export")
    lock = station.settings.state.folder / "ferry-work.lock"
    run_worker([Job("stand", STAND_SECONDS, Stand(station).tick)], lock)
