"""Claims about the log of decisions: nothing is lost by a cut, nothing is changed unseen."""

from pathlib import Path

import pytest

from kernel.decision_log import DecisionLog
from kernel.decisions import DecisionBook


@pytest.fixture
def log(tmp_path: Path) -> DecisionLog:
    book = DecisionBook(tmp_path, "root")
    book.propose("a", "核对过", "wang", 1)
    book.agree("a", "zhao", 2)
    book.propose("b", "核对过", "wang", 3)
    book.withdraw("b", "zhao", 4)
    book.close("b", "不放行", "zhao", 5)
    return book.log


def test_every_act_is_on_record_with_who_and_when(log: DecisionLog) -> None:
    assert [(said["act"], said["by"], said["at"]) for said in log.lines()] == [
        ("propose", "wang", 1),
        ("agree", "zhao", 2),
        ("propose", "wang", 3),
        ("withdraw", "zhao", 4),
        ("close", "zhao", 5),
    ]
    assert {said["account"] for said in log.lines()} == {"root"}
    assert (log.check().lines, log.check().is_intact) == (5, True)


@pytest.mark.parametrize("number", range(4))
def test_changed_or_missing_line_shows(log: DecisionLog, number: int) -> None:
    lines = log.path.read_bytes().splitlines(keepends=True)
    changed = [*lines]
    changed[number] = changed[number].replace(b'"at": ', b'"at": 7')
    log.path.write_bytes(b"".join(changed))
    assert log.check().broken_at == number + 2
    log.path.write_bytes(b"".join(lines[:number] + lines[number + 1 :]))
    assert not log.check().is_intact


def test_line_cut_by_a_power_loss_hinders_nothing(log: DecisionLog, tmp_path: Path) -> None:
    log.path.write_bytes(log.path.read_bytes()[:-20])
    DecisionBook(tmp_path).propose("c", "x", "wang", 6)
    assert log.check().is_intact
    assert [said["at"] for said in log.lines()] == [1, 2, 3, 4, 6]


def test_log_that_was_never_written_is_empty_and_intact(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "log.jsonl")
    assert list(log.lines()) == []
    assert log.check().is_intact
