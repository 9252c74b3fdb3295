"""Claims about the acts on a case."""

import json
from itertools import pairwise

import pytest
from extranet_office import DIRECT_WAY, SPATIAL_WAY, STAFF, Office, person
from sqlalchemy import select

from extranet_zone.cases.models import CaseMaterial, CaseStep
from extranet_zone.cases.ports import Obstacle
from extranet_zone.cases.services.dispatch import GROUP_BYTES, grouped
from extranet_zone.cases.states import Action, State
from extranet_zone.cases.transitions import WORKFLOW
from extranet_zone.clocks.calendar import KnownYears
from extranet_zone.clocks.rules import load_rules
from extranet_zone.clocks.services import ClockKeeper
from extranet_zone.clocks.states import ClockKind
from extranet_zone.roles import Role
from kernel.audit import AuditRecord, verify_chain
from kernel.clock import beijing_text, from_micros
from kernel.errors import ConflictError, ForbiddenError, RefusedError
from kernel.exchange.models import OutboxMessage
from kernel.messages import Kind

SEIZED = Obstacle("seized", "不动产已被查封", blocking=True)
MORTGAGED = Obstacle("mortgaged", "不动产已设抵押", blocking=False)


@pytest.mark.parametrize("item", ["transfer-existing", "mortgage-first"])
def test_a_case_with_spatial_review_goes_all_the_way(office: Office, item: str) -> None:
    case_no = office.receive(item=item)
    office.advance_to(case_no, State.ISSUED)
    assert len(office.posted(Kind.REVIEW_REQUESTED)) == 1
    assert len(office.posted(Kind.CERTIFICATE_ISSUED)) == 1


@pytest.mark.parametrize("item", ["mortgage-cancel", "change-details"])
def test_a_case_without_spatial_review_never_goes_to_the_intranet(
    office: Office, item: str
) -> None:
    case_no = office.receive(item=item)
    office.advance_to(case_no, State.ISSUED)
    assert office.posted(Kind.REVIEW_REQUESTED) == []
    assert not [m for m in office.posted(Kind.MATERIALS_DELIVERED) if m.destination == "intranet"]


def test_every_step_is_kept_audited_and_told_to_the_applicant(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.ISSUED)
    told = [json.loads(message.body) for message in office.posted(Kind.PROGRESS_REPORTED)]
    expected = [action.value for action in SPATIAL_WAY]
    expected[3:4] = ["spatial_received", "spatial_concluded", "spatial_pass"]
    assert [body["step"] for body in told] == ["received", *expected]
    assert [body["ended"] for body in told] == [False] * (len(told) - 1) + [True]
    assert {body["zone"] for body in told} == {"extranet", "intranet"}
    with office.database.reading() as session:
        steps = session.scalars(select(CaseStep).order_by(CaseStep.position)).all()
        places = [step.position for step in steps]
        moves = [(step.source, step.target) for step in steps if step.target]
        acts = session.scalars(
            select(AuditRecord.act).where(AuditRecord.act.startswith("case."))
        ).all()
        assert verify_chain(session).intact
    assert places == list(range(1, len(places) + 1))
    assert all(one[1] == two[0] for one, two in pairwise(moves))
    assert sorted(acts) == sorted(["case.received", *(f"case.{a.value}" for a in SPATIAL_WAY)])


def test_the_same_act_posted_twice_has_one_effect(office: Office) -> None:
    case_no = office.receive()
    for action in SPATIAL_WAY:
        if action is Action.SPATIAL_PASS:
            office.conclude(case_no)
            continue
        office.do(case_no, action)
        before = office.rows(CaseStep), office.rows(OutboxMessage), office.rows(AuditRecord)
        with pytest.raises(ConflictError, match="transition_not_allowed"):
            office.do(case_no, action)
        assert before == (
            office.rows(CaseStep),
            office.rows(OutboxMessage),
            office.rows(AuditRecord),
        )
    assert len(office.register.recorded) == 1


def test_an_act_from_an_outdated_page_is_refused(office: Office) -> None:
    case_no = office.receive(item="change-details")
    office.advance_to(case_no, State.ACCEPTED)
    shown = office.case(case_no).version
    office.do(case_no, Action.EXAMINE_FIRST)
    office.do(case_no, Action.RETURN_TO_FIRST, STAFF[Role.SECOND_EXAMINER], "请核对姓名")
    with pytest.raises(ConflictError, match="edited_meanwhile"):
        office.do(case_no, Action.EXAMINE_FIRST, version=shown)
    office.do(case_no, Action.EXAMINE_FIRST, version=office.case(case_no).version)


def test_nobody_examines_twice(office: Office) -> None:
    case_no = office.receive()
    both = person("wang", Role.FIRST_EXAMINER, Role.SECOND_EXAMINER)
    office.advance_to(case_no, State.ACCEPTED)
    office.do(case_no, Action.EXAMINE_FIRST, both)
    with pytest.raises(ForbiddenError, match="same_person"):
        office.do(case_no, Action.EXAMINE_SECOND, both)
    office.do(case_no, Action.EXAMINE_SECOND)


def test_after_a_return_it_is_the_new_first_examiner_who_is_barred(office: Office) -> None:
    case_no = office.receive()
    wang = person("wang", Role.FIRST_EXAMINER, Role.SECOND_EXAMINER)
    zhao = person("zhao", Role.FIRST_EXAMINER, Role.SECOND_EXAMINER)
    office.advance_to(case_no, State.ACCEPTED)
    office.do(case_no, Action.EXAMINE_FIRST, wang)
    office.do(case_no, Action.RETURN_TO_FIRST, zhao, "请核对面积")
    office.do(case_no, Action.EXAMINE_FIRST, zhao)
    with pytest.raises(ForbiddenError, match="same_person"):
        office.do(case_no, Action.EXAMINE_SECOND, zhao)
    office.do(case_no, Action.EXAMINE_SECOND, wang)


def test_nobody_records_what_they_approved(office: Office) -> None:
    case_no = office.receive()
    both = person("wang", Role.SECOND_EXAMINER, Role.RECORDER)
    office.advance_to(case_no, State.FIRST_EXAMINED)
    office.do(case_no, Action.EXAMINE_SECOND, both)
    with pytest.raises(ForbiddenError, match="same_person"):
        office.do(case_no, Action.RECORD, both)
    office.do(case_no, Action.RECORD)


@pytest.mark.parametrize(
    ("state", "action", "role"),
    [
        (State.APPLIED, Action.HAND_BACK, Role.PRELIMINARY_REVIEWER),
        (State.COLLECTED, Action.DECLINE, Role.ACCEPTANCE_CLERK),
        (State.ACCEPTED, Action.REFUSE, Role.FIRST_EXAMINER),
        (State.FIRST_EXAMINED, Action.RETURN_TO_FIRST, Role.SECOND_EXAMINER),
        (State.EXAMINED, Action.RETURN_TO_FIRST, Role.RECORDER),
        (State.EXAMINED, Action.WITHDRAW, Role.ACCEPTANCE_CLERK),
    ],
)
def test_an_adverse_act_must_say_why(
    office: Office, state: State, action: Action, role: Role
) -> None:
    case_no = office.receive()
    office.advance_to(case_no, state)
    with pytest.raises(RefusedError, match="note_missing"):
        office.do(case_no, action, STAFF[role], "  \n")
    office.do(case_no, action, STAFF[role], "理由如下")


def test_a_note_has_a_longest_length(office: Office) -> None:
    case_no = office.receive()
    with pytest.raises(RefusedError, match="note_too_long"):
        office.do(case_no, Action.PASS_PRELIMINARY, note="长" * 1001)


@pytest.mark.parametrize("action", [Action.PASS_PRELIMINARY, Action.COLLECT])
def test_nothing_passes_without_its_materials(office: Office, action: Action) -> None:
    case_no = office.receive()
    if action is Action.COLLECT:
        office.do(case_no, Action.PASS_PRELIMINARY)
    with office.database.begin() as session:
        material = session.get(CaseMaterial, (case_no, 1))
        assert material is not None
        material.state = type(material.state).AWAITED
    with pytest.raises(RefusedError, match="material_awaited"):
        office.do(case_no, action)


@pytest.mark.parametrize(
    ("state", "action"),
    [
        (State.APPLIED, Action.PASS_PRELIMINARY),
        (State.COLLECTED, Action.ACCEPT),
        (State.EXAMINED, Action.RECORD),
    ],
)
def test_a_blocking_obstacle_stops_what_would_dispose(
    office: Office, state: State, action: Action
) -> None:
    case_no = office.receive()
    office.advance_to(case_no, state)
    office.register.standing = [MORTGAGED, SEIZED]
    with pytest.raises(RefusedError, match="register_obstacle") as refused:
        office.do(case_no, action)
    assert "查封" in refused.value.message
    office.register.standing = [MORTGAGED]
    office.do(case_no, action)


def test_an_obstacle_does_not_keep_the_office_from_refusing(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.EXAMINED)
    office.register.standing = [SEIZED]
    office.do(case_no, Action.RETURN_TO_FIRST, STAFF[Role.RECORDER], "已被查封")
    office.do(case_no, Action.REFUSE, STAFF[Role.FIRST_EXAMINER], "已被查封")
    assert office.case(case_no).state is State.REFUSED


@pytest.mark.parametrize(
    ("item", "wrong"),
    [("transfer-existing", Action.ACCEPT_DIRECT), ("change-details", Action.ACCEPT)],
)
def test_an_item_cannot_take_the_other_way(office: Office, item: str, wrong: Action) -> None:
    case_no = office.receive(item=item)
    office.advance_to(case_no, State.COLLECTED)
    with pytest.raises(ConflictError, match="wrong_way_for_item"):
        office.do(case_no, wrong)


def test_a_failed_recording_leaves_nothing(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.EXAMINED)
    before = office.rows(CaseStep), office.rows(OutboxMessage), office.rows(AuditRecord)
    office.register.fails = RefusedError("unit_changed", "登记簿已变动")
    with pytest.raises(RefusedError, match="unit_changed"):
        office.do(case_no, Action.RECORD)
    assert office.case(case_no).state is State.EXAMINED
    assert before == (office.rows(CaseStep), office.rows(OutboxMessage), office.rows(AuditRecord))


def test_recording_keeps_entry_and_certificate_number(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.RECORDED)
    case = office.case(case_no)
    assert office.register.recorded == [(case_no, "recorder")]
    assert case.entry_id == f"{1:032x}"
    assert case.certificate_no.startswith("豫（2026）")


def test_the_decision_clock_starts_with_the_intake(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.COLLECTED)
    case = office.case(case_no)
    assert case.due_kind is ClockKind.DECISION
    assert case.due_at is not None
    assert beijing_text(from_micros(case.due_at)) == "2026-01-05 14:00"


def test_the_promise_starts_with_acceptance_and_nowhere_else(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.COLLECTED)
    assert office.case(case_no).accepted_at is None
    office.do(case_no, Action.ACCEPT)
    case = office.case(case_no)
    assert (case.due_kind, case.promised_days, case.accepted_at) == (
        ClockKind.HANDLING,
        5,
        office.now,
    )
    assert case.due_at is not None
    assert beijing_text(from_micros(case.due_at)) == "2026-01-12 23:59"


def test_without_a_calendar_the_case_goes_on_and_says_so(office: Office) -> None:
    case_no = office.receive(item="change-details")
    office.advance_to(case_no, State.COLLECTED)
    object.__setattr__(office.work, "clocks", ClockKeeper(KnownYears({}), load_rules()))
    office.do(case_no, Action.ACCEPT_DIRECT)
    case = office.case(case_no)
    assert case.due_at is None
    assert "尚未装入工作日历" in case.due_note


def test_the_review_request_names_the_register_s_area_and_every_file(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.IN_SPATIAL_REVIEW)
    [request] = office.posted(Kind.REVIEW_REQUESTED)
    body = json.loads(request.body)
    assert (body["registered_area"], len(body["materials"])) == ("98.50", 4)
    [delivery] = office.posted(Kind.MATERIALS_DELIVERED)
    assert [blob["digest"] for blob in json.loads(delivery.blobs)] == [
        material["digest"] for material in body["materials"]
    ]


def test_materials_travel_in_groups_and_each_file_once() -> None:
    def file(n: int, size: int) -> CaseMaterial:
        return CaseMaterial(digest=f"{n:064x}", size=size)

    big = GROUP_BYTES + 1
    half = GROUP_BYTES // 2
    files = [file(1, half), file(2, half), file(1, half), file(3, big), file(4, 1)]
    assert [[int(m.digest, 16) for m in group] for group in grouped(files)] == [[1, 2], [3], [4]]
    assert list(grouped([])) == []


def test_the_refusal_s_reason_reaches_the_applicant_but_a_remark_does_not(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.FIRST_EXAMINED)
    office.do(case_no, Action.RETURN_TO_FIRST, STAFF[Role.SECOND_EXAMINER], "内部意见")
    office.do(case_no, Action.REFUSE, STAFF[Role.FIRST_EXAMINER], "材料与登记簿不符")
    *_, remark, refusal = (json.loads(m.body) for m in office.posted(Kind.PROGRESS_REPORTED))
    assert (remark["step"], remark["note"]) == ("return_to_first", "")
    assert (refusal["note"], refusal["ended"]) == ("材料与登记簿不符", True)
    assert office.case(case_no).concluded_at == office.now


def test_an_item_without_certificate_is_issued_without_one(office: Office) -> None:
    office.certificates.gives_none = True
    case_no = office.receive(item="mortgage-cancel")
    office.advance_to(case_no, State.ISSUED)
    assert office.posted(Kind.CERTIFICATE_ISSUED) == []


def test_a_post_may_do_only_its_own_acts(office: Office) -> None:
    case_no = office.receive(item="change-details")
    for action in DIRECT_WAY:
        for role, actor in STAFF.items():
            if role not in roles_of(office, case_no, action):
                with pytest.raises(ForbiddenError, match="role_not_allowed"):
                    office.do(case_no, action, actor, "理由")
        office.do(case_no, action)


def roles_of(office: Office, case_no: str, action: Action) -> set[str]:
    state = office.case(case_no).state
    return {r.role for r in WORKFLOW.transitions if (r.source, r.action) == (state, action)}
