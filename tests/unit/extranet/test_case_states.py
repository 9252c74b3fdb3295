"""Claims about the course of a case: exactly the table, nothing beside it."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extranet_zone.cases.document import workflow_document
from extranet_zone.cases.rules import RULES, rule_of, shows_note
from extranet_zone.cases.states import (
    CONCLUDED,
    EXCLUSIVE,
    Action,
    Guard,
    MaterialState,
    Mode,
    State,
)
from extranet_zone.cases.transitions import STARTS, WORKFLOW, states_open_to
from extranet_zone.clocks.states import ClockKind, ClockVerb
from extranet_zone.roles import Role
from kernel.errors import ConflictError, ForbiddenError

DOCUMENT = Path(__file__).parents[3] / "docs" / "workflow.md"

LAWFUL = """
entered collect collected intake_clerk for_home
entered collect_for_other collected_for_other intake_clerk for_other
entered discard_entry withdrawn intake_clerk -
collected_for_other post_paper paper_posted intake_clerk -
collected_for_other conclude_remotely remote_concluded system -
paper_posted conclude_remotely remote_concluded system -
applied pass_preliminary preliminary_passed preliminary_reviewer window_check
applied pass_preliminary collected preliminary_reviewer no_window_check
applied hand_back handed_back preliminary_reviewer -
applied ask_preliminary_supplement preliminary_supplement preliminary_reviewer -
preliminary_supplement receive_supplement applied system -
preliminary_supplement hand_back handed_back preliminary_reviewer -
preliminary_passed collect collected intake_clerk collected_here
preliminary_passed collected_elsewhere paper_in_transit system collected_there
paper_in_transit receive_paper collected acceptance_clerk -
paper_in_transit decline declined system -
paper_in_transit accept in_spatial_review acceptance_clerk spatial_review
paper_in_transit accept_direct accepted acceptance_clerk no_spatial_review
paper_in_transit decline declined acceptance_clerk -
paper_in_transit notify_supplement awaiting_supplement acceptance_clerk not_yet_notified
paper_in_transit request_second_notice second_notice_pending acceptance_clerk notified
collected accept in_spatial_review acceptance_clerk spatial_review
collected accept_direct accepted acceptance_clerk no_spatial_review
collected decline declined acceptance_clerk -
collected notify_supplement awaiting_supplement acceptance_clerk not_yet_notified
collected request_second_notice second_notice_pending acceptance_clerk notified
collected accept in_spatial_review system automatic_acceptance,spatial_review
collected accept_direct accepted system automatic_acceptance,no_spatial_review
second_notice_pending approve_second_notice awaiting_supplement final_examiner -
second_notice_pending reject_second_notice collected final_examiner -
awaiting_supplement receive_supplement collected system -
awaiting_supplement receive_supplement collected acceptance_clerk -
awaiting_supplement decline declined acceptance_clerk -
in_spatial_review receive_paper in_spatial_review acceptance_clerk paper_awaited
accepted receive_paper accepted acceptance_clerk paper_awaited
first_examined receive_paper first_examined acceptance_clerk paper_awaited
second_examined receive_paper second_examined acceptance_clerk paper_awaited
examined receive_paper examined acceptance_clerk paper_awaited
accepted paper_differs collected acceptance_clerk window_check
first_examined paper_differs collected acceptance_clerk window_check
second_examined paper_differs collected acceptance_clerk window_check
examined paper_differs collected acceptance_clerk window_check
in_spatial_review spatial_pass accepted system -
in_spatial_review spatial_fail spatially_failed system -
accepted examine_first examined first_examiner one_level
accepted examine_first first_examined first_examiner two_levels
accepted examine_first first_examined first_examiner three_levels
first_examined examine_second examined second_examiner two_levels
first_examined examine_second second_examined second_examiner three_levels
second_examined examine_final examined final_examiner -
first_examined return_to_first accepted second_examiner -
second_examined return_to_first accepted final_examiner -
examined return_to_first accepted recorder -
announced return_to_first accepted second_examiner -
accepted refuse refused first_examiner -
spatially_failed refuse refused first_examiner -
first_examined refuse refused second_examiner -
second_examined refuse refused final_examiner -
announced refuse refused second_examiner -
examined start_announcement announced system announcement_due
announced end_announcement examined second_examiner announcement_over
examined await_payment awaiting_payment system no_announcement_due,owed
awaiting_payment confirm_payment examined system nothing_owed
awaiting_payment confirm_payment examined acceptance_clerk -
accepted suspend suspended second_examiner -
first_examined suspend suspended second_examiner -
second_examined suspend suspended second_examiner -
examined suspend suspended second_examiner -
suspended resume accepted second_examiner -
suspended terminate terminated second_examiner -
awaiting_payment terminate terminated second_examiner -
examined record recorded recorder no_announcement_due,nothing_owed,paper_settled
recorded engross engrossed engrossing_clerk -
engrossed issue issued issuing_clerk -
engrossed issue_at_window issued issuing_clerk -
engrossed issue_by_post issued issuing_clerk -
issued archive archived archive_clerk -
declined archive archived archive_clerk -
refused archive archived archive_clerk -
withdrawn archive archived archive_clerk -
terminated archive archived archive_clerk -
applied withdraw withdrawn acceptance_clerk -
preliminary_supplement withdraw withdrawn acceptance_clerk -
preliminary_passed withdraw withdrawn acceptance_clerk -
paper_in_transit withdraw withdrawn acceptance_clerk -
collected withdraw withdrawn acceptance_clerk -
awaiting_supplement withdraw withdrawn acceptance_clerk -
second_notice_pending withdraw withdrawn acceptance_clerk -
in_spatial_review withdraw withdrawn acceptance_clerk -
accepted withdraw withdrawn acceptance_clerk -
spatially_failed withdraw withdrawn acceptance_clerk -
first_examined withdraw withdrawn acceptance_clerk -
second_examined withdraw withdrawn acceptance_clerk -
examined withdraw withdrawn acceptance_clerk -
announced withdraw withdrawn acceptance_clerk -
awaiting_payment withdraw withdrawn acceptance_clerk -
suspended withdraw withdrawn acceptance_clerk -
restraint_received accept_restraint restraint_accepted system -
restraint_accepted examine_restraint restraint_examined system -
restraint_examined record_restraint restraint_recorded system court_control
restraint_examined answer_restraint restraint_answered system court_inquiry
restraint_received hand_to_person restraint_with_person system -
restraint_accepted hand_to_person restraint_with_person system -
restraint_examined hand_to_person restraint_with_person system -
restraint_with_person settle_restraint restraint_examined first_examiner -
restraint_with_person reject_restraint restraint_rejected first_examiner -
restraint_recorded answer_restraint restraint_answered system -
restraint_rejected answer_restraint restraint_answered system -
restraint_answered archive archived archive_clerk -
"""
"""Source, act, target, post, guards; written out by hand, so that a slip in the table shows."""

Row = tuple[str, str, str, str, frozenset[str]]


def lawful_rows() -> list[Row]:
    found: list[Row] = []
    for line in LAWFUL.split("\n"):
        if line:
            source, action, target, role, guards = line.split()
            named = frozenset() if guards == "-" else frozenset(guards.split(","))
            found.append((source, action, target, role, named))
    return found


ROWS = lawful_rows()
HOLDING = st.tuples(*(st.sampled_from(sorted(group)) for group in EXCLUSIVE)).flatmap(
    lambda chosen: st.sets(
        st.sampled_from([Guard.AUTOMATIC_ACCEPTANCE, Guard.ANNOUNCEMENT_OVER])
    ).map(lambda free: frozenset(chosen) | frozenset(free))
)
"""Guards as they hold for some case: one of every group, and the free ones as they come."""


@given(HOLDING, st.sampled_from(State))
def test_every_state_act_and_post_outside_the_table_is_refused(
    holds: frozenset[Guard], state: State
) -> None:
    for action, role in product(Action, Role):
        rows = [row for row in ROWS if row[:2] == (state.value, action.value)]
        fitting = [row for row in rows if row[4] <= {guard.value for guard in holds}]
        mine = [row for row in fitting if row[3] == role.value]
        if mine:
            assert WORKFLOW.target(state, action, {role}, holds) is State(mine[0][2])
        elif fitting:
            with pytest.raises(ForbiddenError, match="role_not_allowed"):
                WORKFLOW.target(state, action, {role}, holds)
        else:
            code = "wrong_way_for_item" if rows else "transition_not_allowed"
            with pytest.raises(ConflictError, match=code):
                WORKFLOW.target(state, action, {role}, holds)


def test_the_table_is_exactly_what_was_written_out() -> None:
    assert [
        (row.source.value, row.action.value, row.target.value, row.role, frozenset(row.guards))
        for row in WORKFLOW.transitions
    ] == ROWS


def test_only_filing_follows_a_concluded_case() -> None:
    for state in CONCLUDED:
        assert {row.action for row in WORKFLOW.actions(state, set(Role))} <= {Action.ARCHIVE}
    assert WORKFLOW.finals == {State.HANDED_BACK, State.REMOTE_CONCLUDED, State.ARCHIVED}


def test_a_recorded_case_can_no_longer_be_withdrawn() -> None:
    for state in (State.RECORDED, State.ENGROSSED, State.ISSUED, State.RESTRAINT_RECORDED):
        with pytest.raises(ConflictError):
            WORKFLOW.target(state, Action.WITHDRAW, set(Role))


def test_no_person_does_what_the_system_does() -> None:
    for action in (Action.SPATIAL_PASS, Action.SPATIAL_FAIL):
        with pytest.raises(ForbiddenError):
            WORKFLOW.target(State.IN_SPATIAL_REVIEW, action, set(Role) - {Role.SYSTEM})


def test_a_court_s_request_needs_no_person_from_arrival_to_answer() -> None:
    state = STARTS[Mode.COURT][0]
    for action in (
        Action.ACCEPT_RESTRAINT,
        Action.EXAMINE_RESTRAINT,
        Action.RECORD_RESTRAINT,
        Action.ANSWER_RESTRAINT,
    ):
        state = WORKFLOW.target(state, action, {Role.SYSTEM}, {Guard.COURT_CONTROL})
    assert state is State.RESTRAINT_ANSWERED


def test_every_way_begins_somewhere_and_every_start_is_some_way_s() -> None:
    assert set(STARTS) == set(Mode)
    assert {start for starts in STARTS.values() for start in starts} == set(WORKFLOW.starts)


def test_every_act_has_a_rule_and_every_rule_an_act() -> None:
    assert set(RULES) == set(Action) == {row.action for row in WORKFLOW.transitions}


def test_every_guard_decides_something() -> None:
    used = {guard for row in WORKFLOW.transitions for guard in row.guards}
    grouped = {guard for group in EXCLUSIVE for guard in group}
    assert used <= set(Guard)
    # The partner of a used guard may stand in no row itself: it is the other case.
    assert all(used & group for group in EXCLUSIVE)
    assert set(Guard) - grouped == {Guard.AUTOMATIC_ACCEPTANCE, Guard.ANNOUNCEMENT_OVER}


def test_what_speaks_against_the_applicant_needs_a_reason() -> None:
    adverse = (Action.HAND_BACK, Action.DECLINE, Action.REFUSE, Action.WITHDRAW, Action.TERMINATE)
    assert all(rule_of(action).note and rule_of(action).told for action in adverse)


def test_the_applicant_reads_the_refusal_but_not_the_office_s_remarks() -> None:
    assert shows_note(Action.REFUSE)
    assert not shows_note(Action.RETURN_TO_FIRST)
    assert not shows_note(Action.EXAMINE_FIRST)


def test_nobody_approves_their_own_work() -> None:
    assert {
        action: set(rule.separated_from) for action, rule in RULES.items() if rule.separated_from
    } == {
        Action.EXAMINE_SECOND: {Action.EXAMINE_FIRST},
        Action.EXAMINE_FINAL: {Action.EXAMINE_FIRST, Action.EXAMINE_SECOND},
        Action.RECORD: {Action.EXAMINE_FIRST, Action.EXAMINE_SECOND, Action.EXAMINE_FINAL},
        Action.APPROVE_SECOND_NOTICE: {Action.REQUEST_SECOND_NOTICE},
        Action.REJECT_SECOND_NOTICE: {Action.REQUEST_SECOND_NOTICE},
    }


def test_the_promise_starts_with_acceptance_alone() -> None:
    starting = {
        action
        for action, rule in RULES.items()
        for effect in rule.clocks
        if (effect.verb, effect.kind) == (ClockVerb.START, ClockKind.HANDLING)
    }
    assert starting == {Action.ACCEPT, Action.ACCEPT_DIRECT}


def test_every_pause_has_its_reason_and_its_end() -> None:
    effects = [effect for rule in RULES.values() for effect in rule.clocks]
    paused = {(e.kind, e.reason) for e in effects if e.verb is ClockVerb.SUSPEND}
    resumed = {(e.kind, e.reason) for e in effects if e.verb is ClockVerb.RESUME}
    assert paused == resumed
    assert all(reason is not None for _kind, reason in paused)


@pytest.mark.parametrize("spatial_review", [True, False])
def test_each_item_has_one_way_to_acceptance(spatial_review: bool) -> None:
    guard = Guard.SPATIAL_REVIEW if spatial_review else Guard.NO_SPATIAL_REVIEW
    ways = {
        row.action
        for row in WORKFLOW.actions(State.COLLECTED, {Role.ACCEPTANCE_CLERK}, {guard})
        if row.action in (Action.ACCEPT, Action.ACCEPT_DIRECT)
    }
    assert ways == {Action.ACCEPT if spatial_review else Action.ACCEPT_DIRECT}


def test_a_worklist_holds_what_is_next_not_what_could_be_withdrawn() -> None:
    assert states_open_to(frozenset({Role.PRELIMINARY_REVIEWER})) == (
        State.APPLIED,
        State.PRELIMINARY_SUPPLEMENT,
    )
    assert states_open_to(frozenset({Role.FIRST_EXAMINER})) == (
        State.ACCEPTED,
        State.SPATIALLY_FAILED,
        State.RESTRAINT_WITH_PERSON,
    )
    assert State.EXAMINED not in states_open_to(frozenset({Role.SECOND_EXAMINER}))
    assert states_open_to(frozenset({Role.AUDIT_ADMINISTRATOR})) == ()


def test_every_material_state_has_a_label() -> None:
    assert all(state.label for state in MaterialState)


def test_the_document_to_be_signed_is_the_table() -> None:
    assert DOCUMENT.read_text("utf-8") == workflow_document()
