"""Claims about decisions that need two people."""

import threading
from pathlib import Path

import pytest

from kernel.decisions import MAX_NOTE, DecisionBook, DecisionState
from kernel.errors import ConflictError, ForbiddenError, NotFoundError, RefusedError


@pytest.fixture
def book(tmp_path: Path) -> DecisionBook:
    return DecisionBook(tmp_path / "decisions")


def test_one_proposes_and_another_agrees(book: DecisionBook) -> None:
    book.propose("a", " 已核对\n摘要 ", "wang", 1)
    assert not book.is_decided("a")
    found = book.agree("a", "zhao", 2)
    assert (found.state, found.proposed_by, found.decided_by, found.decided_at) == (
        DecisionState.AGREED,
        "wang",
        "zhao",
        2,
    )
    assert found.note == "已核对 摘要"
    assert book.of("a") == found
    assert book.is_decided("a")


def test_nobody_agrees_with_themselves(book: DecisionBook) -> None:
    book.propose("a", "x", "wang", 1)
    with pytest.raises(ForbiddenError, match="same_person"):
        book.agree("a", "wang", 2)
    with pytest.raises(ForbiddenError, match="same_person"):
        book.require_second("a", "wang")


def test_there_is_one_proposal_at_a_time(book: DecisionBook) -> None:
    book.propose("a", "x", "wang", 1)
    with pytest.raises(ConflictError, match="decision_pending"):
        book.propose("a", "y", "zhao", 2)
    book.agree("a", "zhao", 3)
    with pytest.raises(ConflictError, match="decision_made"):
        book.close("a", "y", "zhao", 4)
    book.forget("a")
    book.forget("a")
    assert book.propose("a", "z", "wang", 5).note == "z"


def test_a_withdrawn_proposal_is_gone(book: DecisionBook) -> None:
    book.propose("a", "x", "wang", 1)
    assert book.withdraw("a", "zhao", 2).proposed_by == "wang"
    assert book.of("a") is None
    with pytest.raises(NotFoundError, match="decision_unknown"):
        book.withdraw("a", "zhao", 3)
    with pytest.raises(NotFoundError, match="decision_unknown"):
        book.require_second("a", "zhao")


def test_closing_needs_a_reason_but_no_second_person(book: DecisionBook) -> None:
    assert book.close("a", "对端已补发", "wang", 1).state is DecisionState.CLOSED
    assert book.is_decided("a")


@pytest.mark.parametrize("note", ["", " \n ", "长" * (MAX_NOTE + 1)])
def test_a_reason_is_needed_and_bounded(book: DecisionBook, note: str) -> None:
    with pytest.raises(RefusedError, match="note_"):
        book.propose("a", note, "wang", 1)
    assert book.of("a") is None


@pytest.mark.parametrize("subject", ["", "../x", "a/b", ".x", "A", "x" * 121])
def test_a_subject_is_a_plain_name(book: DecisionBook, subject: str) -> None:
    with pytest.raises(NotFoundError):
        book.propose(subject, "x", "wang", 1)


@pytest.mark.parametrize("said", ["", "{}", "[]", '{"state": "x"}', "\x00"])
def test_what_is_no_decision_is_none(book: DecisionBook, tmp_path: Path, said: str) -> None:
    (tmp_path / "decisions").mkdir()
    (tmp_path / "decisions" / "a.json").write_text(said)
    assert book.of("a") is None
    assert not book.is_decided("a")


def test_of_many_who_propose_at_once_one_is_first(tmp_path: Path) -> None:
    won: list[int] = []
    start = threading.Barrier(8)

    def ask(number: int) -> None:
        start.wait()
        try:
            DecisionBook(tmp_path).propose("a", "x", f"p{number}", number)
        except ConflictError:
            return
        won.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = DecisionBook(tmp_path).of("a")
    assert found is not None
    assert won == [found.proposed_at]
