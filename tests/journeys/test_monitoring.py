"""What a monitoring system would call, on the real settings of every program."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from appliance.layout import ZONES
from prometheus_client.parser import text_string_to_metric_families

pytestmark = [pytest.mark.slow]


def call(settings: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command, "--settings", str(settings)],
        capture_output=True,
        text=True,
        check=False,
    )


def names(text: str) -> set[str]:
    return {family.name for family in text_string_to_metric_families(text)}


@pytest.mark.parametrize("zone", ZONES)
def test_every_zone_gives_its_metrics(prepared: Path, zone: str, tmp_path: Path) -> None:
    settings = prepared / "settings" / f"{zone}.toml"
    done = call(settings, f"{zone}_zone", "metrics")
    assert done.returncode == 0, done.stderr
    assert {"tongban_alarms", "tongban_exchange_out_waiting_messages"} <= names(done.stdout)
    target = tmp_path / "zone.prom"
    assert call(settings, f"{zone}_zone", "metrics", "--output", str(target)).stdout == ""
    assert names(target.read_text("utf-8")) == names(done.stdout)


@pytest.mark.parametrize("side", ["send", "receive"])
def test_a_gate_says_whether_it_runs(prepared: Path, side: str, tmp_path: Path) -> None:
    copy = shutil.copytree(prepared, tmp_path / "appliance")
    settings = copy / "settings" / f"gate-{side}.toml"
    assert call(settings, "gate", "health").returncode == 5
    done = call(settings, "gate", "metrics")
    assert done.returncode == 0
    assert f'tongban_carrier_up{{program="gate-{side}"}} 0.0' in done.stdout
    line = call(settings, "gate", "watch", "--count", "1").stdout
    assert "没有动静" in line
    assert call(settings, "gate", side, "--once").returncode == 0
    assert call(settings, "gate", "health").returncode == 0
    line = call(settings, "gate", "watch", "--count", "1").stdout
    assert "运行中" in line
