"""Claims about periodic work: one process, one run at a time, a failing job stops no other."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys, time
from pathlib import Path
from kernel import logs
from kernel.errors import UnavailableError
from kernel.program.worker import Job, run_worker

def tick(path=Path(sys.argv[2])):
    with path.open("a") as file:
        file.write("start\\n"); file.flush()
        time.sleep(0.3)
        file.write("end\\n")

def crash():
    raise ZeroDivisionError

def unavailable():
    raise UnavailableError("disk_full", "磁盘空间不足")

logs.configure("worker")
jobs = [Job("tick", 0.2, tick), Job("crash", 0.2, crash), Job("full", 0.2, unavailable)]
run_worker(jobs, Path(sys.argv[1]))
"""


def _start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder / "lock"), str(folder / "ticks")],
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )


def _events(process: subprocess.Popen[str]) -> list[dict[str, object]]:
    _, printed = process.communicate(timeout=30)
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_failing_jobs_stop_no_other_and_the_running_one_ends_first(
    tmp_path: Path, number: signal.Signals
) -> None:
    worker = _start(tmp_path)
    ticks = tmp_path / "ticks"
    while worker.poll() is None and (not ticks.exists() or ticks.read_text().count("start") < 3):
        os.sched_yield()
    worker.send_signal(number)
    events = _events(worker)
    assert worker.returncode == 0
    # Each run ended before the next began, and the last one was not cut off.
    lines = ticks.read_text().split()
    assert lines == ["start", "end"] * (len(lines) // 2)
    names = {(found["event"], found.get("job"), found.get("error")) for found in events}
    assert ("worker.job_crashed", "crash", None) in names
    assert ("worker.job_failed", "full", "disk_full") in names
    assert events[-1]["event"] == "worker.stopped"


def test_second_worker_of_a_zone_is_refused(tmp_path: Path) -> None:
    first = _start(tmp_path)
    while first.poll() is None and not (tmp_path / "ticks").exists():
        os.sched_yield()
    second = _start(tmp_path)
    _, printed = second.communicate(timeout=30)
    assert second.returncode != 0
    assert "already_running" in printed
    first.terminate()
    _events(first)
    assert first.returncode == 0
