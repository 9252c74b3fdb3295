"""Claims about what pages are told: masked by default, bounded, and why something is blocked."""

from datetime import timedelta

import pytest
from extranet_office import BUYER_ID, STAFF, UNIT, Office, person
from sqlalchemy import select

from extranet_zone.cases.ports import Obstacle
from extranet_zone.cases.services.access import open_material, record_refusal, reveal_parties
from extranet_zone.cases.services.acts import ActRequest
from extranet_zone.cases.services.pages import CasePage, case_page
from extranet_zone.cases.services.work import circumstances, has_other_case
from extranet_zone.cases.services.worklists import (
    PAGE_SIZE,
    Worklist,
    WorklistQuery,
    worklist,
)
from extranet_zone.cases.states import Action, MaterialState, State
from extranet_zone.cases.transitions import WORKFLOW
from extranet_zone.clocks.working_time import Tone
from extranet_zone.roles import Role
from kernel.audit import AuditRecord
from kernel.errors import ForbiddenError, NotFoundError, RefusedError

REVIEWER = STAFF[Role.PRELIMINARY_REVIEWER]


MAIN_WAY = (
    State.APPLIED,
    State.PRELIMINARY_PASSED,
    State.COLLECTED,
    State.IN_SPATIAL_REVIEW,
    State.ACCEPTED,
    State.SPATIALLY_FAILED,
    State.FIRST_EXAMINED,
    State.EXAMINED,
    State.RECORDED,
    State.ENGROSSED,
    State.ISSUED,
)


def page_of(office: Office, case_no: str, role: Role = Role.PRELIMINARY_REVIEWER) -> CasePage:
    with office.database.reading() as session:
        return case_page(session, office.work, case_no, STAFF[role], office.now)


def list_of(office: Office, role: Role, query: WorklistQuery = WorklistQuery()) -> Worklist:  # noqa: B008 - frozen
    with office.database.reading() as session:
        return worklist(session, office.work, person("someone", role), query, office.now)


def test_a_case_page_masks_everybody(office: Office) -> None:
    shown = repr(page_of(office, office.receive()))
    assert "李小四" not in shown
    assert "张三丰" not in shown
    assert BUYER_ID not in shown
    assert "13800000000" not in shown
    assert "李*四" in shown


def test_revealing_shows_everybody_and_is_recorded(office: Office) -> None:
    case_no = office.receive()
    with office.database.begin() as session:
        parties = reveal_parties(session, office.work, case_no, REVIEWER)
    assert BUYER_ID in {party.document_no for party in parties}
    with office.database.reading() as session:
        acts = session.execute(select(AuditRecord.act, AuditRecord.actor)).all()
        bodies = "".join(session.scalars(select(AuditRecord.body)))
    assert ("case.parties_revealed", REVIEWER.login) in acts
    assert BUYER_ID not in bodies


def test_opening_a_file_is_recorded(office: Office) -> None:
    case_no = office.receive()
    with office.database.begin() as session:
        file = open_material(session, office.work, case_no, 1, REVIEWER)
    assert file.media_type == "image/png"
    assert file.path.is_file()
    with office.database.reading() as session:
        assert "material.viewed" in session.scalars(select(AuditRecord.act)).all()


@pytest.mark.parametrize(
    ("state", "code"),
    [(MaterialState.AWAITED, "material_awaited"), (MaterialState.DAMAGED, "material_damaged")],
)
def test_a_file_that_is_not_whole_is_not_opened(
    office: Office, state: MaterialState, code: str
) -> None:
    case_no = office.receive()
    with office.database.begin() as session:
        from_office = office.material(session, case_no, 1)
        from_office.state = state
    with pytest.raises(RefusedError, match=code), office.database.begin() as session:
        open_material(session, office.work, case_no, 1, REVIEWER)


def test_there_is_no_file_beyond_the_last(office: Office) -> None:
    case_no = office.receive()
    with (
        pytest.raises(NotFoundError, match="material_unknown"),
        office.database.begin() as session,
    ):
        open_material(session, office.work, case_no, 99, REVIEWER)


def test_a_refused_act_is_recorded_as_denied(office: Office) -> None:
    case_no = office.receive()
    refusal = ForbiddenError("role_not_allowed", "不行")
    with office.database.begin() as session:
        record_refusal(session, ActRequest(case_no, Action.RECORD), REVIEWER, refusal)
    with office.database.reading() as session:
        row = session.execute(select(AuditRecord.act, AuditRecord.result)).all()
    assert ("case.record", "denied") in row


@pytest.mark.parametrize("role", sorted(STAFF))
@pytest.mark.parametrize("state", list(MAIN_WAY))
def test_the_page_offers_exactly_what_the_table_allows(
    office: Office, state: State, role: Role
) -> None:
    case_no = office.receive()
    if state is State.SPATIALLY_FAILED:
        office.advance_to(case_no, State.IN_SPATIAL_REVIEW)
        office.conclude(case_no, passed=False)
    else:
        office.advance_to(case_no, state)
    offered = {offer.action for offer in page_of(office, case_no, role).offers}
    with office.database.reading() as session:
        case = office.work_on(session, case_no)
        holds = circumstances(session, office.work, case, office.now)
    assert offered == {row.action for row in WORKFLOW.actions(state, {role}, holds)}


def test_the_page_says_why_an_act_is_blocked(office: Office) -> None:
    case_no = office.receive()
    office.register.standing = [
        Obstacle("seized", "不动产已被查封", blocking=True),
        Obstacle("mortgaged", "不动产已设抵押", blocking=False),
    ]
    page = page_of(office, case_no)
    blocked = {offer.action: offer.blocked for offer in page.offers}
    assert blocked == {
        Action.PASS_PRELIMINARY: "不动产已被查封",
        Action.HAND_BACK: "",
        Action.ASK_PRELIMINARY_SUPPLEMENT: "",
    }
    assert len(page.obstacles) == 2


def test_the_page_tells_the_first_examiner_that_another_must_go_on(office: Office) -> None:
    case_no = office.receive()
    both = person("wang", Role.FIRST_EXAMINER, Role.SECOND_EXAMINER)
    office.advance_to(case_no, State.ACCEPTED)
    office.do(case_no, Action.EXAMINE_FIRST, both)
    with office.database.reading() as session:
        page = case_page(session, office.work, case_no, both, office.now)
    blocked = {offer.action: offer.blocked for offer in page.offers}
    assert "须由他人办理" in blocked[Action.EXAMINE_SECOND]


def test_the_comparison_shows_where_application_and_register_differ(office: Office) -> None:
    body = office.application()
    forged = body.parties[0].model_copy(update={"document_no": "419001198001019999"})
    case_no = office.receive_body(body.model_copy(update={"parties": [forged, *body.parties[1:]]}))
    compared = {field.label: field.agrees for field in page_of(office, case_no).comparison}
    assert compared["权利人"] is True
    assert compared["权利人证件号码"] is False
    assert compared["坐落"] is None


def test_a_unit_that_is_not_on_the_register_is_said_so(office: Office) -> None:
    unknown = "419001001001GB00009F00010001"
    case_no = office.receive_body(office.application().model_copy(update={"unit_no": unknown}))
    [field] = page_of(office, case_no).comparison
    assert (field.agrees, field.registered) == (False, "登记簿上没有")


def test_the_conclusion_is_on_the_page(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.ACCEPTED)
    conclusion = page_of(office, case_no).conclusion
    assert conclusion is not None
    assert (conclusion.passed, conclusion.checks[0].label) == (True, "重叠检查")


def test_the_clock_explains_itself(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.ACCEPTED)
    clock = page_of(office, case_no).clock
    assert clock is not None
    assert (clock.kind, clock.promised, clock.due) == (
        "承诺办结时限",
        "5 个工作日",
        "2026-01-12 23:59",
    )
    assert (clock.left, clock.tone) == ("剩余 5 个工作日", Tone.CALM)
    assert "法定时限 30 个工作日" in clock.legal
    office.clock.advance(timedelta(days=8))
    late = page_of(office, case_no).clock
    assert late is not None
    assert late.tone is Tone.RED


def test_a_concluded_case_s_clock_stands_still(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.ISSUED)
    office.clock.advance(timedelta(days=400))
    page = page_of(office, case_no)
    assert page.clock is not None
    assert page.clock.left.endswith("结束")
    assert (page.offers, page.obstacles, page.tone) == ((), (), "good")


def test_a_cancellation_ends_well_without_a_certificate_and_a_refusal_does_not(
    office: Office,
) -> None:
    cancelled, declined = office.receive(1), office.receive(2)
    office.advance_to(cancelled, State.ISSUED)
    with office.database.begin() as session:
        office.work_on(session, cancelled).certificate_no = ""
    office.advance_to(declined, State.COLLECTED)
    assert page_of(office, declined).tone == ""
    office.do(declined, Action.DECLINE, STAFF[Role.ACCEPTANCE_CLERK], "不属于登记范围")
    assert [page_of(office, number).tone for number in (cancelled, declined)] == ["good", "bad"]


def test_a_worklist_holds_what_the_post_can_take_up(office: Office) -> None:
    first, second = office.receive(1), office.receive(2)
    office.do(second, Action.PASS_PRELIMINARY)
    assert [r.case_no for r in list_of(office, Role.PRELIMINARY_REVIEWER).rows] == [first]
    assert [r.case_no for r in list_of(office, Role.INTAKE_CLERK).rows] == [second]
    assert list_of(office, Role.RECORDER).rows == ()
    assert list_of(office, Role.AUDIT_ADMINISTRATOR).rows == ()


def test_what_is_due_first_comes_first_and_what_has_no_due_date_last(office: Office) -> None:
    cases = [
        office.receive(1, "transfer-existing"),
        office.receive(2, "change-details"),
        office.receive(3, "mortgage-cancel"),
    ]
    for case_no in cases:
        office.advance_to(case_no, State.ACCEPTED)
    office.clear_due(cases[2])
    rows = list_of(office, Role.FIRST_EXAMINER).rows
    assert [row.case_no for row in rows] == [cases[1], cases[0], cases[2]]


def test_a_worklist_is_paged_and_loses_nothing(office: Office) -> None:
    expected = {office.receive(n) for n in range(1, PAGE_SIZE + 4)}
    first = list_of(office, Role.PRELIMINARY_REVIEWER)
    second = list_of(office, Role.PRELIMINARY_REVIEWER, WorklistQuery(page=2))
    assert (len(first.rows), first.has_next) == (PAGE_SIZE, True)
    assert (len(second.rows), second.has_next) == (3, False)
    assert {row.case_no for row in first.rows + second.rows} == expected


def test_a_worklist_is_filtered_by_item_state_and_number(office: Office) -> None:
    transfer, change = office.receive(1), office.receive(2, "change-details")
    for query, expected in (
        (WorklistQuery(item="change-details"), [change]),
        (WorklistQuery(state="applied"), [transfer, change]),
        (WorklistQuery(state="recorded"), []),
        (WorklistQuery(case_no=f" {transfer.lower()} "), [transfer]),
        (WorklistQuery(case_no="W2026%"), []),
    ):
        rows = list_of(office, Role.PRELIMINARY_REVIEWER, query).rows
        assert [row.case_no for row in rows] == expected


def test_everything_may_be_looked_at_newest_first(office: Office) -> None:
    cases = [office.receive(n) for n in (1, 2)]
    rows = list_of(office, Role.RECORDER, WorklistQuery(everything=True)).rows
    assert [row.case_no for row in rows] == cases[::-1]


def test_a_worklist_masks_the_applicant(office: Office) -> None:
    office.receive()
    assert "李小四" not in repr(list_of(office, Role.PRELIMINARY_REVIEWER))


def test_another_case_on_the_unit_counts_until_it_is_recorded(office: Office) -> None:
    first = office.receive(1)
    with office.database.reading() as session:
        assert not has_other_case(session, UNIT, first)
    second = office.receive(2)
    with office.database.reading() as session:
        assert has_other_case(session, UNIT, first)
    office.advance_to(second, State.RECORDED)
    with office.database.reading() as session:
        assert not has_other_case(session, UNIT, first)
