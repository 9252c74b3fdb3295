"""``gate metrics``: the same facts for Prometheus."""

from itertools import chain
from pathlib import Path

import click

from gate.commands.frame import facts_of
from kernel import metrics as text_format
from kernel.alarms import carrier_alarms
from kernel.clock import SystemClock, now_micros
from kernel.program import cli


@click.command(help="以 Prometheus 文本格式输出本侧指标；可写入 node_exporter 的 textfile 目录。")
@cli.settings_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="写入此文件（整体替换），不输出到屏幕",
)
def metrics(settings_path: Path, output: Path | None) -> None:
    """Print or write the metrics; a silent program is a metric, not an error."""
    program, facts = facts_of(settings_path)
    now = now_micros(SystemClock())
    text = text_format.render(
        chain(
            text_format.carrier_metrics([(program, facts)], now),
            text_format.alarm_metrics(carrier_alarms(program, facts, now)),
        )
    )
    if output is None:
        click.echo(text, nl=False)
    else:
        text_format.write(text, output)
