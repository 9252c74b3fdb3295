"""Claims about ``gate health``, ``metrics`` and ``watch``: they only read what was said."""

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gate.__main__ import gate
from kernel import logs
from kernel.alarms import KINDS
from kernel.facts import COUNTERS, GAUGES, CarrierFacts
from kernel.program import cli

SETTINGS = """
side = "send"
origin = "extranet"
destination = "intranet"
[spool]
folder = "spool"
[drop]
folder = "nowhere"
[trust]
file = "trust.toml"
"""
Publish = Callable[..., CarrierFacts]


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """A command line logs where this test captures; the tests after it must not."""
    yield
    logs.configure("test", stream=io.StringIO())


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    (tmp_path / "spool").mkdir()
    path = tmp_path / "gate.toml"
    path.write_text(SETTINGS)
    return path


@pytest.fixture
def publish(tmp_path: Path, settings: Path) -> Publish:
    def write(
        *alarms: tuple[str, str], age: float = 1, sent: int = 4096, **gauges: int
    ) -> CarrierFacts:
        passed = int((time.time() - age) * 1_000_000)
        facts = CarrierFacts(
            "gate-send",
            passed - 60_000_000,
            passed,
            {"files_sent": 3, "bytes_sent": sent},
            {"backlog_files": 2, "beacon_sent_at": passed, **gauges},
            alarms,
        )
        facts.write(tmp_path / "spool")
        return facts

    return write


def _run(
    capsys: pytest.CaptureFixture[str], command: str, settings: Path, *more: str
) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        cli.run(gate, "gate", [command, "--settings", str(settings), *more])
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().out


def test_a_working_side_is_healthy(
    capsys: pytest.CaptureFixture[str], settings: Path, publish: Publish
) -> None:
    publish()
    code, text = _run(capsys, "health", settings)
    assert (code, text.startswith("gate-send：正常")) == (0, True)


def test_a_side_that_never_spoke_or_stopped_is_silent(
    capsys: pytest.CaptureFixture[str], settings: Path, publish: Publish
) -> None:
    assert _run(capsys, "health", settings)[0] == 5
    publish(age=301)
    code, text = _run(capsys, "health", settings, "--json")
    said = json.loads(text)
    assert (code, said["state"], said["alarms"][0]["code"]) == (5, "silent", "carrier_silent")


def test_a_slow_scan_is_no_silence(
    capsys: pytest.CaptureFixture[str], settings: Path, publish: Publish
) -> None:
    publish(age=1200, scan_seconds=600)
    assert _run(capsys, "health", settings)[0] == 0


def test_an_alarm_is_told_with_its_remedy(
    capsys: pytest.CaptureFixture[str], settings: Path, publish: Publish
) -> None:
    publish(("disk_full", "剩余 1 GB"), ("disk_low", "x"))
    code, text = _run(capsys, "health", settings)
    assert code == 3
    assert "[disk_full]" in text
    assert KINDS["disk_full"].remedy in text
    assert text.index("disk_full") < text.index("disk_low")


def test_a_pause_somebody_ordered_is_no_fault(
    capsys: pytest.CaptureFixture[str], settings: Path, publish: Publish
) -> None:
    publish(("paused", "检修"), paused=1)
    code, text = _run(capsys, "health", settings, "--json")
    assert (code, json.loads(text)["alarms"][0]["weight"]) == (0, "notice")


def _samples(text: str) -> dict[str, float]:
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_are_what_prometheus_parses(
    capsys: pytest.CaptureFixture[str], settings: Path, publish: Publish
) -> None:
    facts = publish(("disk_low", "x"), ("unheard_of", "y"))
    samples = _samples(_run(capsys, "metrics", settings)[1])
    mine = "[('program', 'gate-send')]"
    assert samples[f"tongban_carrier_up{mine}"] == 1
    assert samples[f"tongban_carrier_bytes_sent_total{mine}"] == 4096
    assert samples[f"tongban_carrier_backlog_files{mine}"] == 2
    sent = samples[f"tongban_carrier_beacon_sent_timestamp_seconds{mine}"]
    assert sent == facts.passed_at / 1_000_000
    assert samples["tongban_alarms[('code', 'disk_low'), ('weight', 'warning')]"] == 1
    assert samples["tongban_alarms[('code', 'disk_full'), ('weight', 'urgent')]"] == 0
    assert samples["tongban_alarms[('code', 'unheard_of'), ('weight', 'warning')]"] == 1


def test_a_silent_side_has_metrics_too(capsys: pytest.CaptureFixture[str], settings: Path) -> None:
    code, text = _run(capsys, "metrics", settings)
    assert code == 0
    assert _samples(text)["tongban_carrier_up[('program', 'gate-send')]"] == 0


def test_every_known_fact_becomes_a_metric(
    capsys: pytest.CaptureFixture[str], settings: Path, publish: Publish, tmp_path: Path
) -> None:
    facts = publish()
    counters, gauges = dict.fromkeys(COUNTERS, 1), dict.fromkeys(GAUGES, 1)
    replace(facts, counters=counters, gauges={**gauges, 'x{y="z"} 1\n': 5}).write(
        tmp_path / "spool"
    )
    samples = _samples(_run(capsys, "metrics", settings)[1])
    carriers = [name for name in samples if name.startswith("tongban_carrier_")]
    assert len(carriers) == 3 + len(COUNTERS) + len(GAUGES)


def test_metrics_replace_a_file_whole(
    capsys: pytest.CaptureFixture[str], settings: Path, publish: Publish, tmp_path: Path
) -> None:
    publish()
    target = tmp_path / "textfile" / "tongban.prom"
    assert _run(capsys, "metrics", settings, "--output", str(target))[0] == 5
    target.parent.mkdir()
    for _ in range(2):
        code, text = _run(capsys, "metrics", settings, "--output", str(target))
        assert (code, text) == (0, "")
    assert "tongban_carrier_up" in target.read_text("utf-8")
    assert list(target.parent.iterdir()) == [target]


def test_watching_prints_plain_lines_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str], settings: Path, publish: Publish
) -> None:
    publish(("disk_low", "剩余 9 GB"))
    code, text = _run(capsys, "watch", settings, "--count", "2", "--interval", "0.2")
    lines = text.splitlines()
    assert (code, len(lines)) == (0, 2)
    assert "运行中" in lines[0]
    assert "积压 2 个" in lines[0]
    assert "[disk_low] gate-send：剩余 9 GB" in lines[0]
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("gauges", "state"),
    [
        ({"paused": 1}, "paused"),
        ({"draining": 1}, "draining"),
        ({"within_hours": 0}, "closed"),
        ({"within_hours": 1}, "working"),
    ],
)
def test_watching_as_json_is_one_object_a_line(
    capsys: pytest.CaptureFixture[str],
    settings: Path,
    publish: Publish,
    gauges: dict[str, int],
    state: str,
) -> None:
    publish(**gauges)
    _code, text = _run(capsys, "watch", settings, "--count", "1", "--json")
    (line,) = text.splitlines()
    said = json.loads(line)
    assert (said["state"], said["counters"]["files_sent"]) == (state, 3)


def test_watching_tells_the_rate_between_two_passes(settings: Path, publish: Publish) -> None:
    publish(age=2, sent=0)
    arguments = ["watch", "--settings", str(settings), "--count", "2", "--interval", "1", "--json"]
    command = [sys.executable, "-m", "gate", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        before = json.loads(program.stdout.readline())
        publish(age=0, sent=2_000_000)
        said = json.loads(program.stdout.readline())
    assert program.returncode == 0
    seconds = (said["passed_at"] - before["passed_at"]) / 1_000_000
    assert seconds > 2
    assert said["bytes_per_second"] == pytest.approx(2_000_000 / seconds, abs=1)


def test_watching_on_a_terminal_shows_a_table(settings: Path, publish: Publish) -> None:
    publish(("disk_full", "剩余 1 GB"))
    arguments = f"{sys.executable} -m gate watch --settings {settings} --count 2 --interval 0.2"
    shown = subprocess.run(
        ["script", "-qec", arguments, "/dev/null"],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    ).stdout
    for words in ("gate-send", "磁盘空间不足", "积压文件", "Ctrl-C"):
        assert words in shown


def test_watching_ends_quietly_when_nobody_reads_on(settings: Path, publish: Publish) -> None:
    publish()
    line = f"{sys.executable} -m gate watch --settings {settings} --interval 0.2 --json | head -1"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["state"] == "working"
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
