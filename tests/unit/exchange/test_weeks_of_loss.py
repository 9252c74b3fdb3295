"""Nothing lost, nothing twice: two zones through weeks of everything that can go wrong."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from unit.exchange.machine import Restores, Weeks
from unit.exchange.world import Template, without_fsync


@pytest.mark.parametrize("machine", [Weeks, pytest.param(Restores, marks=pytest.mark.slow)])
def test_weeks_of_loss_end_with_everything_once(
    machine: type[Weeks],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    long = bool(request.config.getoption("--long"))
    without_fsync(monkeypatch.setattr)
    monkeypatch.setattr(Weeks, "template", Template.make(tmp_path), raising=False)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=500 if long else 14,
            stateful_step_count=120 if long else 40,
            derandomize=not long,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
