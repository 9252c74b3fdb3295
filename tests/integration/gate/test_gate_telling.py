"""Claims about what a side of the gate tells: totals that never go back, and failures as alarms."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gate.telling import Teller
from kernel.clock import SetClock, now_micros
from kernel.errors import UnavailableError
from kernel.facts import COUNTERS, GAUGES, CarrierFacts
from kernel.spool import Spool


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 1, 5, tzinfo=UTC))


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def tell(spool: Spool, clock: SetClock) -> Teller:
    return Teller("gate-send", spool, spool.folder.parent, 10, clock)


def said(spool: Spool) -> CarrierFacts:
    found = CarrierFacts.read(spool.folder, "gate-send")
    assert found is not None
    return found


def test_totals_go_on_over_restarts(spool: Spool, clock: SetClock) -> None:
    for _ in range(2):
        teller = tell(spool, clock)
        for _ in range(3):
            with teller.passing() as done:
                done.counts = {"files_sent": 2}
    facts = said(spool)
    assert facts.counters == {"passes": 6, "files_sent": 12}
    assert facts.gauges["scan_seconds"] == 10
    assert facts.gauges["disk_free_bytes"] > 0


def test_an_instant_stays_until_it_happens_again(spool: Spool, clock: SetClock) -> None:
    with tell(spool, clock).passing() as done:
        done.moments = {"file_sent_at"}
        done.gauges = {"backlog_files": 4}
    sent = now_micros(clock)
    clock.advance(timedelta(minutes=5))
    with tell(spool, clock).passing():
        pass
    facts = said(spool)
    assert facts.gauges["file_sent_at"] == sent
    assert facts.passed_at == now_micros(clock)
    assert "backlog_files" not in facts.gauges


@pytest.mark.parametrize(
    "error", [UnavailableError("disk_error", "磁盘读写失败"), OSError(13, "no"), OSError("odd")]
)
def test_a_failed_pass_is_told_and_still_fails(
    spool: Spool, clock: SetClock, error: Exception
) -> None:
    teller = tell(spool, clock)
    with pytest.raises(type(error)), teller.passing():
        raise error
    assert said(spool).alarms[0][0] == "folder_unavailable"
    assert said(spool).counters["passes_failed"] == 1
    with teller.passing():
        pass
    assert said(spool).alarms == ()


def test_damage_is_told_while_it_is_found(spool: Spool, clock: SetClock) -> None:
    with tell(spool, clock).passing() as done:
        done.counts = {"files_damaged": 1}
    assert said(spool).alarms == (("spool_damaged", "1 个文件"),)


def test_what_cannot_be_told_stops_nothing(spool: Spool, clock: SetClock) -> None:
    (spool.folder / "facts").write_text("in the way")
    with tell(spool, clock).passing() as done:
        done.counts = {"files_sent": 1}


def test_every_measure_of_the_catalogue_is_published_by_some_program() -> None:
    root = Path(__file__).parents[3]
    code = "".join(
        path.read_text("utf-8")
        for part in ("gate", "ferry")
        for path in (root / part).rglob("*.py")
    )
    assert "backlog_files" in COUNTERS.keys() | GAUGES.keys()
    assert [name for name in (*COUNTERS, *GAUGES) if f'"{name}"' not in code] == []
