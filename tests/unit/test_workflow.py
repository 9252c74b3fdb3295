"""Claims about the transition table."""

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import ConflictError, ForbiddenError
from kernel.workflow import Transition, Workflow


class State(StrEnum):
    COLLECTED = "collected"
    ACCEPTED = "accepted"
    RECORDED = "recorded"
    DECLINED = "declined"

    @property
    def label(self) -> str:
        return {"collected": "已收件", "accepted": "已受理"}.get(self.value, self.value)


class Action(StrEnum):
    ACCEPT = "accept"
    DECLINE = "decline"
    RETURN = "return"
    RECORD = "record"


class Role(StrEnum):
    CLERK = "clerk"
    CHIEF = "chief"
    RECORDER = "recorder"

    @property
    def label(self) -> str:
        return {"clerk": "窗口", "chief": "科长", "recorder": "登簿"}[self.value]


Row = Transition[State, Action]
ACCEPT = Row(
    State.COLLECTED,
    Action.ACCEPT,
    State.ACCEPTED,
    Role.CLERK,
    "实施细则第十五条",
    "受理",
    event="case.accepted",
    materials=("application_form",),
)
ACCEPT_BY_CHIEF = Row(
    State.COLLECTED,
    Action.ACCEPT,
    State.ACCEPTED,
    Role.CHIEF,
    "实施细则第十五条",
    "受理",
    event="case.accepted",
    materials=("application_form",),
)
DECLINE = Row(State.COLLECTED, Action.DECLINE, State.DECLINED, Role.CLERK, "条例", "不予受理")
RETURN = Row(State.ACCEPTED, Action.RETURN, State.COLLECTED, Role.RECORDER, "细则", "退回")
RECORD = Row(State.ACCEPTED, Action.RECORD, State.RECORDED, Role.RECORDER, "细则", "登簿")
ROWS = (ACCEPT, ACCEPT_BY_CHIEF, DECLINE, RETURN, RECORD)
FINALS = frozenset({State.RECORDED, State.DECLINED})


def build(
    rows: tuple[Row, ...] = ROWS, finals: frozenset[State] = FINALS
) -> Workflow[State, Action]:
    return Workflow("case", State.COLLECTED, rows, finals)


WORKFLOW = build()


@given(
    st.sampled_from(State),
    st.sampled_from(Action),
    st.frozensets(st.sampled_from(Role)),
)
def test_exactly_the_rows_of_the_table_are_lawful(
    state: State, action: Action, roles: frozenset[Role]
) -> None:
    rows = [row for row in ROWS if row.source is state and row.action is action]
    mine = [row for row in rows if row.role in roles]
    offered = [row.action for row in WORKFLOW.actions(state, roles)]
    assert (action in offered) == bool(mine)
    if mine:
        assert WORKFLOW.target(state, action, roles) is mine[0].target
    elif rows:
        with pytest.raises(ForbiddenError) as forbidden:
            WORKFLOW.target(state, action, roles)
        assert forbidden.value.code == "role_not_allowed"
    else:
        with pytest.raises(ConflictError) as conflict:
            WORKFLOW.target(state, action, roles)
        assert conflict.value.code == "transition_not_allowed"


@given(st.lists(st.tuples(st.sampled_from(Action), st.sampled_from(Role)), max_size=20))
def test_no_sequence_of_acts_leaves_a_final_state(acts: list[tuple[Action, Role]]) -> None:
    state = WORKFLOW.initial
    for action, role in acts:
        before = state
        try:
            state = WORKFLOW.target(state, action, {role})
        except (ConflictError, ForbiddenError):
            continue
        assert not WORKFLOW.is_final(before)


def test_a_row_tells_event_and_materials() -> None:
    row = WORKFLOW.row(State.COLLECTED, Action.ACCEPT)
    assert (row.event, row.materials) == ("case.accepted", ("application_form",))
    with pytest.raises(ConflictError, match="transition_not_allowed"):
        WORKFLOW.row(State.RECORDED, Action.ACCEPT)


def test_a_person_of_two_roles_is_offered_each_act_once() -> None:
    assert WORKFLOW.actions(State.COLLECTED, {"chief", "clerk"}) == (ACCEPT, DECLINE)
    assert WORKFLOW.actions(State.COLLECTED, {"chief"}) == (ACCEPT_BY_CHIEF,)
    assert WORKFLOW.actions(State.COLLECTED, ()) == ()


def test_refusals_speak_chinese_and_name_state_and_act() -> None:
    with pytest.raises(ConflictError, match="当前状态“已收件”不能办理“登簿”") as refused:
        WORKFLOW.target(State.COLLECTED, Action.RECORD, {Role.RECORDER})
    assert refused.value.detail == {"workflow": "case", "state": "collected", "action": "record"}
    with pytest.raises(ForbiddenError, match="您的岗位不能办理“受理”"):
        WORKFLOW.target(State.COLLECTED, Action.ACCEPT, {Role.RECORDER})


def test_a_duplicate_row_is_refused() -> None:
    with pytest.raises(ValueError, match="workflow case: duplicate row collected accept clerk"):
        build((*ROWS, ACCEPT))


def test_one_act_with_two_effects_is_refused() -> None:
    other = Row(State.COLLECTED, Action.DECLINE, State.ACCEPTED, Role.CHIEF, "细则", "不予受理")
    with pytest.raises(ValueError, match="collected decline differ"):
        build((*ROWS, other))


def test_an_unreachable_state_is_refused() -> None:
    with pytest.raises(ValueError, match="declined: unreachable"):
        build((ACCEPT, RETURN, RECORD))


def test_a_final_state_that_is_left_is_refused() -> None:
    with pytest.raises(ValueError, match="accepted: final, but a row leaves it"):
        build(finals=FINALS | {State.ACCEPTED})


def test_a_dead_end_that_is_not_final_is_refused() -> None:
    with pytest.raises(ValueError, match="recorded: a dead end"):
        build(finals=frozenset({State.DECLINED}))


def test_a_circle_without_a_way_out_is_refused() -> None:
    circle = Row(State.RECORDED, Action.RETURN, State.RECORDED, Role.CLERK, "细则", "退回")
    with pytest.raises(ValueError, match="recorded: without a way to a final state"):
        build((*ROWS, circle), frozenset({State.DECLINED}))


def test_a_table_without_final_states_may_go_round_for_ever() -> None:
    class Lamp(StrEnum):
        OFF = "off"
        ON = "on"

    class Press(StrEnum):
        PRESS = "press"

    lamp = Workflow(
        "lamp",
        Lamp.OFF,
        [
            Transition(Lamp.OFF, Press.PRESS, Lamp.ON, "anyone", "", "开"),
            Transition(Lamp.ON, Press.PRESS, Lamp.OFF, "anyone", "", "关"),
        ],
        (),
    )
    assert lamp.target(Lamp.ON, Press.PRESS, ["anyone"]) is Lamp.OFF


def test_the_diagram_shows_every_state_and_act_in_chinese() -> None:
    assert WORKFLOW.to_mermaid().splitlines() == [
        "stateDiagram-v2",
        '    state "已收件" as s_collected',
        '    state "已受理" as s_accepted',
        '    state "recorded" as s_recorded',
        '    state "declined" as s_declined',
        "    [*] --> s_collected",
        "    s_collected --> s_accepted : 受理（窗口、科长）",
        "    s_collected --> s_declined : 不予受理（窗口）",
        "    s_accepted --> s_collected : 退回（登簿）",
        "    s_accepted --> s_recorded : 登簿（登簿）",
        "    s_recorded --> [*]",
        "    s_declined --> [*]",
    ]


OWED = "owed"
PAID = "paid"


def test_a_guard_decides_between_two_ways() -> None:
    ways = Workflow(
        "test",
        State.COLLECTED,
        (
            Row(
                State.COLLECTED, Action.ACCEPT, State.ACCEPTED, Role.CLERK, "b", "l", guards=(OWED,)
            ),
            Row(
                State.COLLECTED, Action.ACCEPT, State.RECORDED, Role.CLERK, "b", "l", guards=(PAID,)
            ),
            Row(State.ACCEPTED, Action.DECLINE, State.DECLINED, Role.CLERK, "b", "l"),
        ),
        finals=(State.RECORDED, State.DECLINED),
        exclusive=[frozenset({OWED, PAID})],
    )
    assert ways.target(State.COLLECTED, Action.ACCEPT, {Role.CLERK}, {OWED}) is State.ACCEPTED
    assert ways.target(State.COLLECTED, Action.ACCEPT, {Role.CLERK}, {PAID}) is State.RECORDED
    assert ways.actions(State.COLLECTED, {Role.CLERK}, ()) == ()
    assert len(ways.actions(State.COLLECTED, {Role.CLERK})) == 1
    with pytest.raises(ConflictError, match="wrong_way_for_item") as refused:
        ways.target(State.COLLECTED, Action.ACCEPT, {Role.CLERK})
    assert OWED in refused.value.message


def test_guards_that_may_hold_together_do_not_make_two_effects_lawful() -> None:
    with pytest.raises(ValueError, match="differ in target"):
        Workflow(
            "test",
            State.COLLECTED,
            (
                Row(
                    State.COLLECTED,
                    Action.ACCEPT,
                    State.ACCEPTED,
                    Role.CLERK,
                    "b",
                    "l",
                    guards=(OWED,),
                ),
                Row(
                    State.COLLECTED,
                    Action.ACCEPT,
                    State.RECORDED,
                    Role.CLERK,
                    "b",
                    "l",
                    guards=(PAID,),
                ),
            ),
            finals=(State.RECORDED, State.ACCEPTED, State.DECLINED),
        )


def test_a_table_may_begin_in_several_states() -> None:
    several = Workflow(
        "test",
        State.COLLECTED,
        (
            Row(State.COLLECTED, Action.ACCEPT, State.ACCEPTED, Role.CLERK, "b", "l"),
            Row(State.DECLINED, Action.RECORD, State.RECORDED, Role.CLERK, "b", "l"),
        ),
        finals=(State.ACCEPTED, State.RECORDED),
        other_starts=(State.DECLINED,),
    )
    assert several.to_mermaid().count("[*] -->") == 2
