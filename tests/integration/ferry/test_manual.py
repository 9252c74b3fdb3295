"""The operators' manual shows a whole trip; every command on the page does what the page shows."""

import shutil
from pathlib import Path

import pytest
from integration.ferry.manual import PAGE, Said, replay, shape, steps

pytestmark = pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")
TEXT = PAGE.read_text("utf-8")


def test_every_command_of_the_manual_prints_what_the_manual_shows(tmp_path: Path) -> None:
    done = list(replay(tmp_path, TEXT))
    assert len(done) >= 20
    for said, printed in done:
        assert shape(printed) == shape(said.lines), said.command


def test_a_page_that_says_something_else_is_noticed(tmp_path: Path) -> None:
    wrong = TEXT.replace("已登记 JY000001 至 JY000008，共 8 张", "已登记 8 张", 1)
    assert wrong != TEXT
    differing = [
        said.command
        for said, printed in replay(tmp_path, wrong)
        if shape(printed) != shape(said.lines)
    ]
    assert len(differing) == 1


def test_the_recorded_trip_takes_a_medium_through_every_hand() -> None:
    typed = " ".join(said.command for said in steps(TEXT) if isinstance(said, Said))
    for command in (
        *("operator add", "stock", "plan", "request", "approve", "export", "verify", "label"),
        *("handover", "inspect", "ingest", "ledger", "archive", "lost", "destroy"),
    ):
        assert f"ferry {command}" in typed, command
