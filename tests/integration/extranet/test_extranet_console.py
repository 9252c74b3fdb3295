"""Claims about the console, over HTTP."""

import io
from itertools import product

import pytest
from extranet_console import ConsoleOffice
from extranet_office import BUYER_ID, UNIT
from sqlalchemy import select

from extranet_zone.cases.models import CaseStep
from extranet_zone.cases.services.work import circumstances
from extranet_zone.cases.states import Action, State
from extranet_zone.cases.transitions import WORKFLOW
from extranet_zone.roles import ADMINISTRATORS, ASSIGNABLE, CASE_WORK, Role
from kernel.audit import AuditRecord
from kernel.exchange.models import OutboxMessage
from kernel.messages import Kind

HAPPY = (
    (Role.PRELIMINARY_REVIEWER, Action.PASS_PRELIMINARY),
    (Role.INTAKE_CLERK, Action.COLLECT),
    (Role.ACCEPTANCE_CLERK, Action.ACCEPT),
    (Role.FIRST_EXAMINER, Action.EXAMINE_FIRST),
    (Role.SECOND_EXAMINER, Action.EXAMINE_SECOND),
    (Role.RECORDER, Action.RECORD),
    (Role.ENGROSSING_CLERK, Action.ENGROSS),
    (Role.ISSUING_CLERK, Action.ISSUE),
)


def test_a_case_is_worked_through_the_console_from_worklists(console: ConsoleOffice) -> None:
    case_no = console.office.receive()
    for role, action in HAPPY:
        browser = console.browser(role)
        assert f"/cases/{case_no}" in browser.get("/cases").text
        page = browser.get(f"/cases/{case_no}").text
        assert f'name="action" value="{action.value}"' in page
        answer = browser.act(case_no, action.value)
        assert (answer.status_code, answer.location) == (303, f"/cases/{case_no}")
        assert f"/cases/{case_no}" not in browser.get("/cases").text
        if action is Action.ACCEPT:
            console.office.conclude(case_no)
    assert console.office.case(case_no).state is State.ISSUED
    assert 'data-state="issued"' in console.browser(Role.RECORDER).get(f"/cases/{case_no}").text


@pytest.mark.parametrize("role", sorted(ASSIGNABLE))
def test_each_post_can_do_its_own_acts_and_no_other(console: ConsoleOffice, role: Role) -> None:
    # Every row of the table by its first source, for a post that has it and for one that has not.
    office = console.office
    browser = console.browser(role)
    states = [State.APPLIED, State.PRELIMINARY_PASSED, State.COLLECTED, State.ACCEPTED]
    states += [State.FIRST_EXAMINED, State.EXAMINED, State.RECORDED, State.ENGROSSED]
    for serial, (state, action) in enumerate(product(states, Action), 1):
        rows = [row for row in WORKFLOW.transitions if (row.source, row.action) == (state, action)]
        if not rows:
            continue
        case_no = office.receive(serial)
        office.advance_to(case_no, state)
        with office.database.reading() as session:
            case = office.work_on(session, case_no)
            holds = circumstances(session, office.work, case, office.now)
        fitting = [row for row in rows if holds.issuperset(row.guards)]
        mine = any(row.role == role for row in fitting)
        if not fitting or (mine and action not in (Action.WITHDRAW, Action.HAND_BACK)):
            continue
        token_page = "/cases" if role in CASE_WORK else "/"
        answer = browser.post(
            f"/cases/{case_no}/acts", token_page, action=action.value, note="理由"
        )
        if mine:
            assert answer.status_code == 303
        else:
            assert answer.status_code == 403
            assert office.case(case_no).state is state


def test_a_double_click_has_one_effect(console: ConsoleOffice) -> None:
    case_no = console.office.receive()
    console.office.advance_to(case_no, State.EXAMINED)
    browser = console.browser(Role.RECORDER)
    assert browser.act(case_no, "record").status_code == 303
    before = console.office.rows(CaseStep), console.office.rows(OutboxMessage)
    again = browser.act(case_no, "record")
    assert again.status_code == 409
    assert 'data-code="transition_not_allowed"' in again.text
    assert before == (console.office.rows(CaseStep), console.office.rows(OutboxMessage))
    assert len(console.office.register.recorded) == 1


def test_a_refusal_is_shown_with_what_was_typed_and_is_recorded(console: ConsoleOffice) -> None:
    case_no = console.office.receive()
    browser = console.browser(Role.PRELIMINARY_REVIEWER)
    answer = browser.act(case_no, "hand_back", note="  ")
    assert answer.status_code == 422
    assert 'data-code="note_missing"' in answer.text
    long = browser.act(case_no, "hand_back", note="缺" * 1001)
    assert "缺" * 1001 in long.text
    with console.office.database.reading() as session:
        found = session.execute(select(AuditRecord.act, AuditRecord.result)).all()
    assert found.count(("case.hand_back", "denied")) == 2


def test_an_outdated_page_is_refused(console: ConsoleOffice) -> None:
    case_no = console.office.receive()
    browser = console.browser(Role.PRELIMINARY_REVIEWER)
    answer = browser.act(case_no, "pass_preliminary", version="7")
    assert answer.status_code == 409
    assert 'data-code="edited_meanwhile"' in answer.text


def test_an_unknown_act_is_refused(console: ConsoleOffice) -> None:
    case_no = console.office.receive()
    answer = console.browser(Role.RECORDER).act(case_no, "burn")
    assert answer.status_code == 422
    assert "action_unknown" in answer.text


def test_pages_mask_and_revealing_is_a_recorded_post(console: ConsoleOffice) -> None:
    case_no = console.office.receive()
    browser = console.browser(Role.FIRST_EXAMINER)
    page = f"/cases/{case_no}"
    for path in (page, "/cases?all=1"):
        text = browser.get(path).text
        assert "李小四" not in text
        assert BUYER_ID not in text
        assert "13800000000" not in text
    assert browser.get(f"{page}/parties").status_code == 405
    shown = browser.post(f"{page}/parties", page)
    assert shown.status_code == 200
    assert BUYER_ID in shown.text
    assert BUYER_ID not in browser.get(page).text
    with console.office.database.reading() as session:
        acts = session.scalars(select(AuditRecord.act)).all()
    assert acts.count("case.parties_revealed") == 1


def test_a_file_is_served_in_a_sandbox(console: ConsoleOffice) -> None:
    case_no = console.office.receive()
    browser = console.browser(Role.PRELIMINARY_REVIEWER)
    answer = browser.get(f"/cases/{case_no}/materials/1")
    assert answer.status_code == 200
    assert answer.mimetype == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["Cache-Control"] == "no-store"
    answer.close()
    download = browser.get(f"/cases/{case_no}/materials/1?download=1")
    assert download.headers["Content-Disposition"].startswith("attachment")
    download.close()
    assert browser.get(f"/cases/{case_no}/materials/99").status_code == 404
    with console.office.database.reading() as session:
        acts = session.scalars(select(AuditRecord.act)).all()
    assert acts.count("material.viewed") == 2


def test_a_damaged_file_is_not_served(console: ConsoleOffice) -> None:
    body = console.office.application()
    digest = console.office.store.put(io.BytesIO(b"<script>"), 100).digest
    bad = body.materials[0].model_copy(update={"digest": digest})
    case_no = console.office.receive_body(
        body.model_copy(update={"materials": [bad, *body.materials[1:]]})
    )
    browser = console.browser(Role.PRELIMINARY_REVIEWER)
    answer = browser.get(f"/cases/{case_no}/materials/1")
    assert answer.status_code == 422
    assert "<script>" not in answer.text
    assert "文件损坏" in browser.get(f"/cases/{case_no}").text


def test_what_people_write_is_shown_as_text(console: ConsoleOffice) -> None:
    body = console.office.application().model_copy(
        update={"facts": {"reason": "<script>alert(1)</script>"}, "declaration": "<img src=x>"}
    )
    case_no = console.office.receive_body(body)
    text = console.browser(Role.PRELIMINARY_REVIEWER).get(f"/cases/{case_no}").text
    assert "<script>alert" not in text
    assert "<img src=x>" not in text


def test_a_case_is_found_by_its_number_as_people_type_it(console: ConsoleOffice) -> None:
    case_no = console.office.receive()
    browser = console.browser(Role.RECORDER)
    spoken = f"{case_no[0].lower()} {case_no[1:9]} {case_no[9:15]} {case_no[15]}"
    answer = browser.get(f"/cases/search?case_no={spoken}")
    assert (answer.status_code, answer.location) == (302, f"/cases/{case_no}")
    assert browser.get("/cases/search?case_no=W1").status_code == 422
    missing = browser.get("/cases/search?case_no=W202601050000023")
    assert missing.status_code == 404
    assert "case_unknown" in missing.text


def test_a_worklist_turns_its_pages(console: ConsoleOffice) -> None:
    for serial in range(1, 54):
        console.office.receive(serial, "change-details")
    browser = console.browser(Role.PRELIMINARY_REVIEWER)
    first = browser.get("/cases?item=change-details").text
    assert first.count("data-case-no=") == 50
    assert 'rel="next" href="/cases?item=change-details&amp;page=2"' in first
    second = browser.get("/cases?item=change-details&page=2").text
    assert second.count("data-case-no=") == 3
    assert 'rel="next"' not in second
    assert 'rel="prev"' in second


@pytest.mark.parametrize("role", sorted(ADMINISTRATORS))
def test_administrators_see_no_case(console: ConsoleOffice, role: Role) -> None:
    case_no = console.office.receive()
    browser = console.browser(role)
    assert browser.get("/").status_code == 200
    for path in (
        "/cases",
        f"/cases/{case_no}",
        f"/cases/{case_no}/materials/1",
        f"/cases/search?case_no={case_no}",
    ):
        assert browser.get(path).status_code == 403


def test_nobody_sees_anything_before_signing_in(console: ConsoleOffice) -> None:
    case_no = console.office.receive()
    browser = console.browser()
    for path in ("/", "/cases", f"/cases/{case_no}", f"/cases/{case_no}/materials/1"):
        answer = browser.get(path)
        assert answer.status_code == 302
        assert "/account/sign-in" in answer.location


def test_a_form_without_its_token_does_nothing(console: ConsoleOffice) -> None:
    case_no = console.office.receive()
    browser = console.browser(Role.PRELIMINARY_REVIEWER)
    answer = browser.client.post(f"/cases/{case_no}/acts", data={"action": "pass_preliminary"})
    assert answer.status_code == 400
    assert console.office.case(case_no).state is State.APPLIED


def test_every_act_is_audited_with_its_source(console: ConsoleOffice) -> None:
    case_no = console.office.receive()
    console.browser(Role.PRELIMINARY_REVIEWER).act(case_no, "pass_preliminary")
    with console.office.database.reading() as session:
        body = session.scalars(
            select(AuditRecord.body).where(AuditRecord.act == "case.pass_preliminary")
        ).one()
    assert '"source":"127.0.0.1"' in body
    assert '"actor":"preliminary-reviewer"' in body


def test_the_case_page_shows_unit_clock_comparison_and_conclusion(console: ConsoleOffice) -> None:
    case_no = console.office.receive()
    console.office.advance_to(case_no, State.ACCEPTED)
    text = console.browser(Role.FIRST_EXAMINER).get(f"/cases/{case_no}").text
    for part in (UNIT, "剩余 5 个工作日", "法定时限 30 个工作日", "重叠检查", "业务内网", "一致"):
        assert part in text
    assert len(console.office.posted(Kind.REVIEW_REQUESTED)) == 1
