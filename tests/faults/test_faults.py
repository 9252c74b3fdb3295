"""A part of the tables in every test run, all of them with ``make test-appliance``.

The tables run in a process of their own, which forks for every point.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from integration.exchange.pair import Pair, inbox
from sqlalchemy import create_engine, text

from faults import power
from faults.way import WAYS
from kernel.errors import UnavailableError
from kernel.vocabulary.zones import Zone

ROOT = Path(__file__).parents[2]
QUICK_BUGS = (
    "write_under_the_final_name",
    "full_disk_passed_over",
    "no_folder_sync_after_rename",
    "accepted_without_verifying",
    "short_read_taken_for_the_end",
    "no_lock",
    "imported_before_delivered",
    "admitted_before_verified",
    "not_read_back",
)

QUICK_STEPS = {
    ("gate", "send"),
    ("gate", "receive"),
    ("ferry", "export"),
    ("ferry", "ingest"),
}
OFTEN = ("--way", "gate", "--way", "ferry")
"""Pieces take a third of all calls; every one of them is ``make faults``."""

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(
        not power.is_possible() or shutil.which("strace") is None,
        reason="tracing, mounting and cutting off filesystems need root and strace",
    ),
]


def tables(tmp_path: Path, *arguments: str) -> dict[str, object]:
    written = tmp_path / "faults.json"
    done = subprocess.run(
        [sys.executable, "-m", "faults", "--json", str(written), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    found: dict[str, object] = json.loads(written.read_text())
    return found


def test_harness_finds_planted_bugs(tmp_path: Path) -> None:
    arguments = [part for name in QUICK_BUGS for part in ("--bug", name)]
    found = tables(tmp_path, "--table", "planted", *arguments)
    assert found["planted"]


@pytest.mark.slow
def test_harness_finds_every_planted_bug(tmp_path: Path) -> None:
    found = tables(tmp_path, "--table", "planted")["planted"]
    assert isinstance(found, dict)
    assert len(found) == sum(len(way.planted) for way in WAYS.values())


@pytest.mark.parametrize(
    ("way", "step"),
    [
        pytest.param(way, step, marks=() if (way, step) in QUICK_STEPS else pytest.mark.slow)
        for way, found in WAYS.items()
        for step in found.faulty
    ],
)
def test_no_call_at_which_a_fault_loses_or_doubles_anything(
    tmp_path: Path, way: str, step: str
) -> None:
    # The first and the last call of each step, and a few between; the power is cut at two.
    given = ("--way", way, "--step", step)
    tables(tmp_path, "--table", "calls", *given, "--stride", "50")
    tables(tmp_path, "--table", "power", *given, "--stride", "1000")


@pytest.mark.slow
def test_no_fourth_call_at_which_a_fault_loses_or_doubles_anything(tmp_path: Path) -> None:
    """Every call, which takes long, is ``make faults``."""
    tables(tmp_path, *OFTEN, "--table", "calls", "--stride", "4")
    tables(tmp_path, *OFTEN, "--table", "power", "--stride", "40")


@pytest.mark.slow
def test_full_disks_jumping_clocks_and_vanishing_folders_lose_nothing(tmp_path: Path) -> None:
    tables(tmp_path, "--table", "special")


@pytest.mark.postgres
def test_database_that_cuts_every_connection_again_and_again_loses_nothing(
    tmp_path: Path, new_postgres_url: Callable[[], str]
) -> None:
    urls = {"extranet": new_postgres_url(), "intranet": new_postgres_url()}
    pair = Pair(tmp_path, urls.__getitem__)
    sent = [pair.post_review(number) for number in range(1, 6)]
    done = threading.Event()

    def cut() -> None:
        engines = [create_engine(url, isolation_level="AUTOCOMMIT") for url in urls.values()]
        query = text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
        while not done.is_set():
            for engine in engines:
                with engine.connect() as connection:
                    connection.execute(query)
            time.sleep(0.03)
        for engine in engines:
            engine.dispose()

    cutter = threading.Thread(target=cut)
    cutter.start()
    refused = 0
    try:
        for _ in range(25):
            for side in pair.sides.values():
                try:
                    side.exchange.recover()
                    side.exchange.tick()
                except UnavailableError:
                    refused += 1
            pair.carry(Zone.EXTRANET, Zone.INTRANET)
            pair.carry(Zone.INTRANET, Zone.EXTRANET)
    finally:
        done.set()
        cutter.join()
    for _ in range(3):
        pair.round()
    assert refused > 0
    assert inbox(pair.intranet) == len(sent)
    pair.close()
