"""Metrics in the text format of Prometheus: what carriers publish, and which alarms hold.

Names are the facts' names behind a prefix (docs/manual/gate.md lists them), so a new fact
is a new metric without a change here.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kernel.alarms import KINDS, Alarm, is_silent
from kernel.durable import write_durably
from kernel.errors import UnavailableError
from kernel.facts import COUNTERS, GAUGES, CarrierFacts, Measure, Unit

PREFIX: Final = "tongban"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_MICROS: Final = 1_000_000
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,60}")


def carrier_metrics(
    programs: Iterable[tuple[str, CarrierFacts | None]], now: int
) -> Iterator[Metric]:
    """Metrics of carriers; a program without facts is only said to be down."""
    known = list(programs)
    alive = GaugeMetricFamily(
        f"{PREFIX}_carrier_up", "承运程序是否按时做完最近一遍（1 是，0 否）", labels=["program"]
    )
    for name, facts in known:
        alive.add_metric([name], float(facts is not None and not is_silent(facts, now)))
    yield alive
    spoken = [(name, facts) for name, facts in known if facts is not None]
    for field, words in (("started", "启动时刻"), ("passed", "最近一遍完成时刻")):
        family = GaugeMetricFamily(
            f"{PREFIX}_carrier_{field}_timestamp_seconds", words, labels=["program"]
        )
        for name, facts in spoken:
            family.add_metric([name], getattr(facts, f"{field}_at") / _MICROS)
        yield family
    for counter in _names(facts.counters for _name, facts in spoken):
        total = CounterMetricFamily(
            f"{PREFIX}_carrier_{counter}", _words(COUNTERS, counter), labels=["program"]
        )
        for name, facts in spoken:
            if counter in facts.counters:
                total.add_metric([name], facts.counters[counter])
        yield total
    for gauge in _names(facts.gauges for _name, facts in spoken):
        yield _gauge(gauge, spoken)


def alarm_metrics(alarms: Iterable[Alarm]) -> Iterator[Metric]:
    """How many alarms of each code hold now; every known code is there, mostly as 0."""
    held = Counter(alarm.code for alarm in alarms)
    family = GaugeMetricFamily(
        f"{PREFIX}_alarms", "现有告警个数，按代码", labels=["code", "weight"]
    )
    for code, kind in KINDS.items():
        family.add_metric([code, kind.weight.value], held.pop(code, 0))
    for code, count in sorted(held.items()):
        family.add_metric([code, Alarm(code, "").kind.weight.value], count)
    yield family


def render(metrics: Iterable[Metric]) -> bytes:
    """The text that Prometheus reads."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Ready(list(metrics)))
    return generate_latest(registry)


def write(text: bytes, output: Path) -> None:
    """Replace ``output`` whole, so node_exporter never reads half of it.

    Raises :class:`UnavailableError` (``output_unwritable``, or as the disk says).
    """
    try:
        with write_durably(output) as file:
            file.write(text)
    except OSError as error:
        raise UnavailableError("output_unwritable", f"无法写入指标文件 {output}") from error


class _Ready(Collector):
    """Hands over what was gathered already."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _gauge(gauge: str, spoken: list[tuple[str, CarrierFacts]]) -> Metric:
    measure = GAUGES.get(gauge)
    instant = measure.unit is Unit.INSTANT if measure else gauge.endswith("_at")
    name = f"{gauge.removesuffix('_at')}_timestamp_seconds" if instant else gauge
    family = GaugeMetricFamily(
        f"{PREFIX}_carrier_{name}", _words(GAUGES, gauge), labels=["program"]
    )
    for program, facts in spoken:
        if gauge in facts.gauges:
            value = facts.gauges[gauge]
            family.add_metric([program], value / _MICROS if instant else value)
    return family


def _names(numbers: Iterable[dict[str, int]]) -> list[str]:
    """Every name that may be part of a metric's; facts come from another program."""
    return sorted({name for each in numbers for name in each if _NAME.fullmatch(name)})


def _words(known: dict[str, Measure], name: str) -> str:
    return known[name].label if name in known else name
