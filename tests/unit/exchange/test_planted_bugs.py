"""A harness that has not caught a planted bug proves nothing: it catches every one of these."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from unit.exchange.machine import Restores, Weeks
from unit.exchange.planted import PLANTED, RESTORED
from unit.exchange.world import Template, without_fsync

SETTINGS = settings(
    max_examples=40,
    stateful_step_count=30,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template.make(tmp_path_factory.mktemp("template"))


QUICK = {"apply_twice", "confirm_without_receipt", "forget_gap", "release_before_confirm"}
"""Found within a few seconds; the others are for the long run."""
CASES = [
    pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in sorted(PLANTED)
]


@pytest.mark.parametrize("name", CASES)
def test_the_weeks_find(name: str, template: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    without_fsync(monkeypatch.setattr)
    machine = Restores if name in RESTORED else Weeks
    monkeypatch.setattr(Weeks, "template", template, raising=False)
    PLANTED[name](monkeypatch)
    with pytest.raises(Exception) as found:  # noqa: PT011 - a refusal by the database is a find too
        run_state_machine_as_test(machine, settings=SETTINGS)
    assert not isinstance(found.value, pytest.fail.Exception)
