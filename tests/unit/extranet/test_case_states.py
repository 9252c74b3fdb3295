"""Claims about the course of a case: exactly the table, nothing beside it."""

from itertools import product
from pathlib import Path

import pytest

from extranet_zone.cases.document import workflow_document
from extranet_zone.cases.states import (
    NEEDS_NOTE,
    SEPARATED_FROM,
    WORKFLOW,
    Action,
    MaterialState,
    State,
    citizen_label,
    is_open_to,
    shows_note,
    states_open_to,
)
from extranet_zone.roles import Role
from kernel.errors import ConflictError, ForbiddenError

DOCUMENT = Path(__file__).parents[3] / "docs" / "workflow.md"

LAWFUL = {
    ("applied", "pass_preliminary", "preliminary_reviewer"): "preliminary_passed",
    ("applied", "hand_back", "preliminary_reviewer"): "handed_back",
    ("preliminary_passed", "collect", "intake_clerk"): "collected",
    ("collected", "accept", "acceptance_clerk"): "in_spatial_review",
    ("collected", "accept_direct", "acceptance_clerk"): "accepted",
    ("collected", "decline", "acceptance_clerk"): "declined",
    ("in_spatial_review", "spatial_pass", "system"): "accepted",
    ("in_spatial_review", "spatial_fail", "system"): "spatially_failed",
    ("accepted", "examine_first", "first_examiner"): "first_examined",
    ("accepted", "refuse", "first_examiner"): "refused",
    ("spatially_failed", "refuse", "first_examiner"): "refused",
    ("first_examined", "examine_second", "second_examiner"): "examined",
    ("first_examined", "return_to_first", "second_examiner"): "accepted",
    ("first_examined", "refuse", "second_examiner"): "refused",
    ("examined", "record", "recorder"): "recorded",
    ("examined", "return_to_first", "recorder"): "accepted",
    ("recorded", "engross", "engrossing_clerk"): "engrossed",
    ("engrossed", "issue", "issuing_clerk"): "issued",
    ("applied", "withdraw", "acceptance_clerk"): "withdrawn",
    ("preliminary_passed", "withdraw", "acceptance_clerk"): "withdrawn",
    ("collected", "withdraw", "acceptance_clerk"): "withdrawn",
    ("in_spatial_review", "withdraw", "acceptance_clerk"): "withdrawn",
    ("accepted", "withdraw", "acceptance_clerk"): "withdrawn",
    ("spatially_failed", "withdraw", "acceptance_clerk"): "withdrawn",
    ("first_examined", "withdraw", "acceptance_clerk"): "withdrawn",
    ("examined", "withdraw", "acceptance_clerk"): "withdrawn",
}
"""Written out by hand, so that a slip in the table shows."""


@pytest.mark.parametrize("state", State)
def test_exactly_the_lawful_acts_succeed(state: State) -> None:
    for action, role in product(Action, Role):
        expected = LAWFUL.get((state.value, action.value, role.value))
        if expected is not None:
            assert WORKFLOW.target(state, action, {role}) is State(expected)
        elif any(key[:2] == (state.value, action.value) for key in LAWFUL):
            with pytest.raises(ForbiddenError):
                WORKFLOW.target(state, action, {role})
        else:
            with pytest.raises(ConflictError):
                WORKFLOW.target(state, action, {role})


def test_nothing_leaves_a_concluded_case() -> None:
    concluded = {State.ISSUED, State.HANDED_BACK, State.DECLINED, State.REFUSED, State.WITHDRAWN}
    assert WORKFLOW.finals == concluded


def test_a_recorded_case_can_no_longer_be_withdrawn() -> None:
    for state in (State.RECORDED, State.ENGROSSED, State.ISSUED):
        with pytest.raises(ConflictError):
            WORKFLOW.target(state, Action.WITHDRAW, set(Role))


def test_no_person_does_what_the_system_does() -> None:
    for action in (Action.SPATIAL_PASS, Action.SPATIAL_FAIL):
        with pytest.raises(ForbiddenError):
            WORKFLOW.target(State.IN_SPATIAL_REVIEW, action, set(Role) - {Role.SYSTEM})


def test_every_act_has_words_for_the_applicant() -> None:
    assert all(citizen_label(action) for action in Action)


def test_what_speaks_against_the_applicant_needs_a_reason() -> None:
    assert {Action.HAND_BACK, Action.DECLINE, Action.REFUSE, Action.WITHDRAW} <= NEEDS_NOTE


def test_the_applicant_reads_the_refusal_but_not_the_office_s_remarks() -> None:
    assert shows_note(Action.REFUSE)
    assert not shows_note(Action.RETURN_TO_FIRST)
    assert not shows_note(Action.EXAMINE_FIRST)


def test_second_examination_and_recording_need_another_person() -> None:
    assert SEPARATED_FROM == {
        Action.EXAMINE_SECOND: Action.EXAMINE_FIRST,
        Action.RECORD: Action.EXAMINE_SECOND,
    }


@pytest.mark.parametrize("spatial_review", [True, False])
def test_each_item_has_one_way_to_acceptance(spatial_review: bool) -> None:
    ways = [
        action
        for action in (Action.ACCEPT, Action.ACCEPT_DIRECT)
        if is_open_to(action, spatial_review=spatial_review)
    ]
    assert ways == [Action.ACCEPT if spatial_review else Action.ACCEPT_DIRECT]
    assert is_open_to(Action.DECLINE, spatial_review=spatial_review)


def test_a_worklist_holds_what_is_next_not_what_could_be_withdrawn() -> None:
    assert states_open_to(frozenset({Role.ACCEPTANCE_CLERK})) == (State.COLLECTED,)
    assert states_open_to(frozenset({Role.FIRST_EXAMINER})) == (
        State.ACCEPTED,
        State.SPATIALLY_FAILED,
    )
    assert states_open_to(frozenset({Role.AUDIT_ADMINISTRATOR})) == ()


def test_every_material_state_has_a_label() -> None:
    assert all(state.label for state in MaterialState)


def test_the_document_to_be_signed_is_the_table() -> None:
    assert DOCUMENT.read_text("utf-8") == workflow_document()
