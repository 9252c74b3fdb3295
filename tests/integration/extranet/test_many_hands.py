"""Claims about many people working on one case at once, and in any order."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from extranet_office import STAFF, Office, open_office, person
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from extranet_zone.cases.models import CaseStep
from extranet_zone.cases.rules import rule_of
from extranet_zone.cases.states import Action, State, is_concluded
from extranet_zone.cases.transitions import WORKFLOW
from extranet_zone.roles import CASE_WORK
from kernel.audit import verify_chain
from kernel.errors import RefusedError
from kernel.messages import Kind

HANDS = 8
VERSATILE = [person(name, *CASE_WORK) for name in ("wang", "zhao")]
ROWS = {(row.source, row.action, row.target) for row in WORKFLOW.transitions}
PEOPLE = [*STAFF.values(), *VERSATILE]


def test_of_many_who_press_at_once_one_acts(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.EXAMINED)

    def press(_: int) -> str:
        try:
            office.do(case_no, Action.RECORD)
        except RefusedError as refused:
            return refused.code
        return "recorded"

    with ThreadPoolExecutor(HANDS) as pool:
        answers = list(pool.map(press, range(HANDS)))
    assert answers.count("recorded") == 1
    assert set(answers) <= {"recorded", "transition_not_allowed", "edited_meanwhile"}
    assert len(office.register.recorded) == 1


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(["transfer-existing", "change-details"]),
    st.lists(st.tuples(st.sampled_from(Action), st.sampled_from(PEOPLE)), min_size=20, max_size=80),
)
def test_whatever_people_try_the_case_stays_lawful(
    item: str, attempts: list[tuple[Action, object]]
) -> None:
    with tempfile.TemporaryDirectory() as folder, open_office(Path(folder)) as office:
        case_no = office.receive(item=item)
        # A few acts that lead on between the random ones, so that late states are visited too.
        for n, (action, actor) in enumerate(attempts):
            tries = [(action, actor)]
            if n % 3 == 0:
                tries += [
                    (row.action, VERSATILE[n % 2])
                    for row in WORKFLOW.actions(office.case(case_no).state, CASE_WORK)[:1]
                ]
            for wanted, who in tries:
                try:
                    office.do(case_no, wanted, who, "理由", reference="SF1")  # type: ignore[arg-type]  # sampled
                except RefusedError:
                    continue
            if office.case(case_no).state is State.IN_SPATIAL_REVIEW:
                office.conclude(case_no)
        require_lawful_history(office, case_no)


def require_lawful_history(office: Office, case_no: str) -> None:
    with office.database.reading() as session:
        steps = session.scalars(select(CaseStep).order_by(CaseStep.position)).all()
        moves = [(s.source, Action(s.action), s.target, s.actor) for s in steps if s.target]
        assert verify_chain(session).intact
    state: State = WORKFLOW.initial
    last: dict[Action, str] = {}
    for source, action, target, actor in moves:
        assert source is state
        # Which guards held then is not on record; that the move is a row of the table is.
        assert (source, action, target) in ROWS
        for earlier in rule_of(action).separated_from:
            assert actor != last.get(earlier)
        state, last[action] = target, actor
    case = office.case(case_no)
    assert case.state is state
    assert (case.concluded_at is not None) == is_concluded(state)
    recorded = sum(action is Action.RECORD for _, action, _, _ in moves)
    assert len(office.register.recorded) == recorded <= 1
    quiet = sum(not rule_of(action).told for _, action, _, _ in moves)
    assert len(office.posted(Kind.PROGRESS_REPORTED)) == len(steps) - quiet
