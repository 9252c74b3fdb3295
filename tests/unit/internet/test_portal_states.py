"""Claims about the table of an application's states."""

from hypothesis import given
from hypothesis import strategies as st

from internet_zone.applications.states import (
    APPLICATION,
    OPEN_STATES,
    SHOWN_STATES,
    Action,
    State,
    is_over,
    may_edit,
)
from internet_zone.roles import Role
from kernel.errors import RefusedError

ROLES = [role.value for role in Role] + ["system", "preliminary_reviewer"]


@given(st.sampled_from(State), st.sampled_from(Action), st.sets(st.sampled_from(ROLES)))
def test_only_the_citizen_fills_in_signs_and_discards_only_a_draft(
    state: State, action: Action, roles: set[str]
) -> None:
    try:
        target = APPLICATION.target(state, action, roles)
    except RefusedError:
        return
    if action is Action.END:
        assert (state, target) == (State.SUBMITTED, State.ENDED)
        assert "system" in roles
    else:
        assert state is State.DRAFT
        assert Role.CITIZEN.value in roles


@given(st.sampled_from(State))
def test_what_has_left_the_draft_never_returns_to_it(state: State) -> None:
    if state in OPEN_STATES:
        return
    assert not may_edit(state, ROLES)
    targets = {row.target for row in APPLICATION.transitions if row.source is state}
    assert not targets & set(OPEN_STATES)


def test_every_state_has_words_and_only_the_discarded_is_hidden() -> None:
    assert all(state.label for state in State)
    assert set(State) - set(SHOWN_STATES) == {State.DISCARDED}
    assert [state for state in State if is_over(state)] == [State.ENDED]
