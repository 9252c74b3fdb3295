"""The exchange pages' numbers for Prometheus: ``python -m <zone> metrics``."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import click
from prometheus_client.core import GaugeMetricFamily, Metric

from kernel import metrics as text_format
from kernel.program import cli
from kernel.web.exchange_console import streams
from kernel.web.exchange_console.desk import Desk
from kernel.web.exchange_console.watching import survey

_MICROS = 1_000_000
_OUT = {
    "sequence": "最新序号",
    "confirmed": "已确认的包",
    "ready": "待承运的包",
    "in_flight": "在途的包",
    "resent": "补发次数",
}
_IN = {
    "sequence": "已连续处理到的序号",
    "promised": "对端已封装到的序号",
    "waiting": "等前面的包",
    "missing": "缺失的包",
    "halted": "是否已停止（1 是，0 否）",
}


def zone_metrics(desk: Desk) -> bytes:
    """Everything this zone knows of its exchange and carriers, in Prometheus' text format."""
    now = desk.now()
    with desk.database.reading() as session:
        found = survey(desk, session, now)
    return text_format.render(
        chain(
            exchange_metrics(found.peers, found.origins, found.undecided),
            text_format.carrier_metrics([(row.program, row.facts) for row in found.carriers], now),
            text_format.alarm_metrics(found.alarms),
        )
    )


def exchange_metrics(
    peers: tuple[streams.Peer, ...], origins: tuple[streams.Origin, ...], undecided: int
) -> Iterator[Metric]:
    """Streams both ways, the last beacons, and what waits in quarantine."""
    yield from _outgoing(peers)
    yield from _incoming(origins)
    yield GaugeMetricFamily(
        f"{text_format.PREFIX}_quarantine_undecided_files",
        "隔离区中尚无决定的文件",
        value=undecided,
    )


def metrics_command(open_desk: Callable[[Path], Desk]) -> click.Command:
    """The zone's ``metrics`` command; ``open_desk`` reads the zone's settings file."""

    @click.command(
        "metrics",
        help="以 Prometheus 文本格式输出数据交换指标；可写入 node_exporter 的 textfile 目录",
    )
    @cli.settings_option
    @click.option(
        "--output",
        type=click.Path(path_type=Path, dir_okay=False),
        help="写入此文件（整体替换），不输出到屏幕",
    )
    def metrics(settings_path: Path, output: Path | None) -> None:
        desk = open_desk(settings_path)
        try:
            text = zone_metrics(desk)
        finally:
            desk.database.dispose()
        if output is None:
            click.echo(text, nl=False)
        else:
            text_format.write(text, output)

    return metrics


def _outgoing(peers: tuple[streams.Peer, ...]) -> Iterator[Metric]:
    families = {
        name: GaugeMetricFamily(
            f"{text_format.PREFIX}_exchange_out_{name}", words, labels=["destination", "stream"]
        )
        for name, words in _OUT.items()
    }
    oldest = GaugeMetricFamily(
        f"{text_format.PREFIX}_exchange_out_oldest_timestamp_seconds",
        "最早未确认的包的封装时刻；没有未确认的包时没有此项",
        labels=["destination", "stream"],
    )
    waiting = GaugeMetricFamily(
        f"{text_format.PREFIX}_exchange_out_waiting_messages",
        "待封装的消息",
        labels=["destination"],
    )
    beacon = GaugeMetricFamily(
        f"{text_format.PREFIX}_exchange_beacon_sent_timestamp_seconds",
        "最近发出信标的时刻",
        labels=["destination"],
    )
    for peer in peers:
        waiting.add_metric([peer.zone], peer.waiting)
        if peer.beacon_at is not None:
            beacon.add_metric([peer.zone], peer.beacon_at / _MICROS)
        for row in peer.streams:
            labels = [peer.zone, row.stream]
            values = (row.highest, row.confirmed, row.sealed, row.carried, row.resent)
            for family, value in zip(families.values(), values, strict=True):
                family.add_metric(labels, value)
            if row.oldest is not None:
                oldest.add_metric(labels, row.oldest / _MICROS)
    yield from (*families.values(), oldest, waiting, beacon)


def _incoming(origins: tuple[streams.Origin, ...]) -> Iterator[Metric]:
    families = {
        name: GaugeMetricFamily(
            f"{text_format.PREFIX}_exchange_in_{name}", words, labels=["origin", "stream"]
        )
        for name, words in _IN.items()
    }
    unconfirmed = GaugeMetricFamily(
        f"{text_format.PREFIX}_exchange_in_unconfirmed",
        "对端最后一次所说的未确认的包",
        labels=["origin"],
    )
    beacon = GaugeMetricFamily(
        f"{text_format.PREFIX}_exchange_beacon_received_timestamp_seconds",
        "最近收到信标的时刻；从未收到时没有此项",
        labels=["origin"],
    )
    for origin in origins:
        unconfirmed.add_metric([origin.zone], origin.unconfirmed)
        if origin.beacon_at is not None:
            beacon.add_metric([origin.zone], origin.beacon_at / _MICROS)
        for row in origin.streams:
            labels = [origin.zone, row.stream]
            values = (row.sequence, row.promised, row.waiting, row.missing, int(not row.active))
            for family, value in zip(families.values(), values, strict=True):
                family.add_metric(labels, value)
    yield from (*families.values(), unconfirmed, beacon)
