"""The media ledger: rules of the office, signatures, and a file nobody can change unseen."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ferry.ledger.book import Book
from ferry.ledger.chain import Chain, Draft
from ferry.ledger.states import WORKFLOW, MediumAct, MediumState, Role
from ferry.operators import Hand, Operators
from kernel.clock import SetClock
from kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidValueError,
    NotFoundError,
    RejectedBundleError,
)

PASSPHRASE = "correct horse battery"
A = MediumAct


class Office:
    """A ledger with one person at every post."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SetClock(datetime(2026, 11, 23, tzinfo=UTC))
        self.operators = Operators(folder)
        self.chain = Chain(folder)
        self.book = Book(self.chain, self.operators, self.clock)
        self.hands = {
            role: self.enrol(role.value, role)
            for role in (Role.MAKER, Role.APPROVER, Role.COURIER, Role.CUSTODIAN)
        }

    def enrol(self, login: str, *roles: Role) -> Hand:
        self.operators.enrol(login, "样例", roles, PASSPHRASE)
        return self.operators.unlock(login, PASSPHRASE)

    def stock(self, *numbers: str) -> None:
        self.book.register(numbers, "dvd-r", self.hands[Role.CUSTODIAN])

    def state(self, number: str) -> MediumState:
        return self.book.view().medium(number).state

    def act(self, act: MediumAct, number: str, role: Role | None, trip: str = "t" * 32) -> None:
        self.book.act(act, [number], self.hands[role] if role else None, trip)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


WHOLE_LIFE = (
    (A.REQUEST, Role.MAKER),
    (A.APPROVE, Role.APPROVER),
    (A.STAGE, None),
    (A.BURN, None),
    (A.VERIFY, None),
    (A.LABEL, Role.MAKER),
    (A.HAND_OVER, Role.COURIER),
    (A.ACKNOWLEDGE, None),
    (A.ARCHIVE, Role.CUSTODIAN),
    (A.DESTROY, Role.CUSTODIAN),
)


def test_a_medium_lives_from_stock_to_destruction(office: Office) -> None:
    office.stock("JY000001")
    for act, role in WHOLE_LIFE:
        office.act(act, "JY000001", role)
    medium = office.book.view().medium("JY000001")
    assert medium.state is MediumState.DESTROYED
    assert [line.act for line in medium.history[1:]] == [act.value for act, _role in WHOLE_LIFE]


def test_nobody_approves_their_own_request(office: Office) -> None:
    office.stock("JY000001")
    office.act(A.REQUEST, "JY000001", Role.MAKER)
    with pytest.raises(ForbiddenError) as refused:
        office.act(A.APPROVE, "JY000001", Role.MAKER)
    assert refused.value.code == "role_not_allowed"
    with pytest.raises(InvalidValueError):
        office.enrol("both", Role.MAKER, Role.APPROVER)


def test_an_approver_who_once_made_the_request_is_still_refused(office: Office) -> None:
    """Posts change; the line that asked does not."""
    office.stock("JY000001")
    office.act(A.REQUEST, "JY000001", Role.MAKER)
    promoted = (office.folder / "operators.toml").read_text().replace('["maker"]', '["approver"]')
    (office.folder / "operators.toml").write_text(promoted)
    with pytest.raises(ForbiddenError) as refused:
        office.book.act(A.APPROVE, ["JY000001"], office.operators.unlock("maker", PASSPHRASE))
    assert refused.value.code == "same_person"


def test_acts_out_of_turn_are_refused_and_leave_no_line(office: Office) -> None:
    office.stock("JY000001")
    before = len(office.chain.lines())
    for act, role in WHOLE_LIFE[1:]:
        with pytest.raises(ConflictError):
            office.act(act, "JY000001", role)
    assert len(office.chain.lines()) == before
    assert office.state("JY000001") is MediumState.IN_STOCK


def test_a_batch_happens_whole_or_not_at_all(office: Office) -> None:
    office.stock("JY000001", "JY000002")
    office.act(A.REQUEST, "JY000002", Role.MAKER)
    with pytest.raises(ConflictError):
        office.book.act(A.REQUEST, ["JY000001", "JY000002"], office.hands[Role.MAKER], "x" * 32)
    assert office.state("JY000001") is MediumState.IN_STOCK


def test_only_registered_media_are_known(office: Office) -> None:
    with pytest.raises(NotFoundError):
        office.act(A.REQUEST, "JY000009", Role.MAKER)
    office.stock("JY000001")
    with pytest.raises(ConflictError):
        office.stock("JY000001")


def test_every_changed_byte_of_the_ledger_is_found(office: Office) -> None:
    office.stock("JY000001")
    office.act(A.REQUEST, "JY000001", Role.MAKER)
    path = office.folder / "ledger.jsonl"
    whole = path.read_bytes()
    for position in range(0, len(whole) - 1, 7):
        wrong = bytearray(whole)
        wrong[position] ^= 1
        if wrong[position] == ord("\n"):
            continue
        path.write_bytes(bytes(wrong))
        with pytest.raises(RejectedBundleError):
            office.book.view()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(reversed(lines)))
    with pytest.raises(RejectedBundleError):
        office.book.view()


def test_a_line_in_somebody_elses_name_is_found(office: Office) -> None:
    """Whoever can append to the file can still not sign for a person."""
    office.stock("JY000001")
    office.chain.append([Draft("request", "maker", 1, "JY000001", "t" * 32)])
    with pytest.raises(RejectedBundleError) as found:
        office.book.view()
    assert found.value.code == "ledger_unsigned"


@pytest.mark.parametrize("act", ["approve", "request", "label", "hand_over", "destroy", "stock"])
def test_nobody_acts_for_a_person_in_the_programs_name(office: Office, act: str) -> None:
    """A program's lines carry no signature, so what only people may do is not taken from them."""
    office.stock("JY000001")
    if act == "approve":
        office.act(A.REQUEST, "JY000001", Role.MAKER)
    office.chain.append([Draft(act, "program:ferry", 1, "JY000001", "t" * 32)])
    with pytest.raises(RejectedBundleError) as found:
        office.book.view()
    assert found.value.code == "ledger_unsigned"


def test_a_program_line_about_an_unknown_medium_is_found(office: Office) -> None:
    office.chain.append([Draft("stage", "program:ferry", 1, "JY000009", "t" * 32)])
    with pytest.raises(RejectedBundleError):
        office.book.view()


def test_a_torn_last_line_is_no_line_and_is_kept_aside(office: Office) -> None:
    office.stock("JY000001")
    path = office.folder / "ledger.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"act":"requ')
    assert office.state("JY000001") is MediumState.IN_STOCK
    office.act(A.REQUEST, "JY000001", Role.MAKER)
    assert office.state("JY000001") is MediumState.REQUESTED
    assert path.read_bytes().startswith(whole)
    assert (office.folder / "ledger.torn-0000").read_bytes() == b'{"act":"requ'


def test_lines_are_plain_json_in_canonical_form(office: Office) -> None:
    office.stock("JY000001")
    line = (office.folder / "ledger.jsonl").read_text("utf-8").splitlines()[0]
    assert json.loads(line)["medium"] == "JY000001"
    assert json.dumps(json.loads(line), sort_keys=True, separators=(",", ":")) == line


def test_a_wrong_passphrase_and_an_unknown_login_look_the_same(office: Office) -> None:
    messages = set()
    for login, passphrase in (("maker", "wrong passphrase"), ("nobody", PASSPHRASE)):
        with pytest.raises(ForbiddenError) as refused:
            office.operators.unlock(login, passphrase)
        messages.add(str(refused.value))
    assert len(messages) == 1


def test_a_lost_medium_that_turns_up_can_only_be_destroyed(office: Office) -> None:
    office.stock("JY000001")
    for act, role in WHOLE_LIFE[:7]:
        office.act(act, "JY000001", role)
    office.act(A.DECLARE_LOST, "JY000001", Role.COURIER)
    assert [row.action for row in WORKFLOW.actions(MediumState.LOST, list(Role))] == [A.DESTROY]


def test_the_reading_side_meets_a_medium_at_its_handover(office: Office) -> None:
    office.book.arrive("JY000007", "a" * 32, "image")
    assert office.state("JY000007") is MediumState.RECEIVED
    office.act(A.IMPORT, "JY000007", None)
    office.book.arrive("JY000007", "a" * 32, "image")
    assert office.state("JY000007") is MediumState.IMPORTED


def test_overdue_media_are_those_underway_too_long(office: Office) -> None:
    office.stock("JY000001", "JY000002")
    for act, role in WHOLE_LIFE[:7]:
        office.act(act, "JY000001", role)
    now = int(office.clock.now().timestamp() * 1_000_000)
    view = office.book.view()
    assert view.overdue(now + 10, 5) == [view.medium("JY000001")]
    assert view.overdue(now + 10, 100) == []
