"""Claims about the courts' query and control on the real register and its audit trail."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from extranet_console import ConsoleOffice
from extranet_office import STAFF, UNIT
from integration.register.stock_samples import BUYER
from real_office import OWNER, OWNER_NO, SECOND, RealOffice, open_real_office
from sqlalchemy import select
from test_documents import text_of
from test_window_entry import calls, event

from extranet_zone.cases.models import Case
from extranet_zone.cases.services.documents import document, documents_of
from extranet_zone.cases.services.pages import case_page
from extranet_zone.cases.states import Action, State
from extranet_zone.register.models import RegisterEntry
from extranet_zone.roles import Role
from kernel.audit.models import AuditRecord
from kernel.errors import ConflictError
from kernel.vocabulary.dictionaries import SeizureKind
from kernel.vocabulary.masks import mask_name

FIRST_COURT, SECOND_COURT = ("济源市人民法院", "419001"), ("洛阳市中级人民法院", "410300")


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RealOffice]:
    with open_real_office(tmp_path) as opened:
        yield opened


@dataclass
class Asked:
    """A court's request as the hub tells it; ``serial`` makes numbers of its own."""

    request: str
    serial: int
    court: tuple[str, str] = FIRST_COURT
    unit_no: str = UNIT

    def body(self, **facts: str) -> dict[str, object]:
        needed = {
            "seizure": {"debtor": OWNER, "term_months": "36"},
            "renewal": {"term_months": "12"},
        }
        return {
            "request_no": f"CK-{self.serial}",
            "court": self.court[0],
            "court_code": self.court[1],
            "court_case_no": f"（2026）豫执{self.serial}号",
            "judge": "样法官",
            "document_no": f"（2026）豫执{self.serial}号之一",
            "request": self.request,
            "unit_no": self.unit_no,
            "facts": needed.get(self.request, {}) | facts,
            "requested_at": 1,
        }


def ask(office: RealOffice, asked: Asked, **facts: str) -> dict[str, Any]:
    """Serve the request; answers what the court is told, or nothing where a person must look."""
    event(office, "restraint.requested", **asked.body(**facts))
    answers = [json.loads(call.body) for call in calls(office)]
    return next((a for a in answers if a["request_no"] == f"CK-{asked.serial}"), {})


def case_of(office: RealOffice, serial: int) -> Case:
    with office.database.reading() as session:
        case_no = session.scalar(select(Case.case_no).where(Case.external_no == f"CK-{serial}"))
    assert case_no is not None
    return office.case(case_no)


def looks(office: RealOffice) -> list[AuditRecord]:
    with office.database.reading() as session:
        found = list(session.scalars(select(AuditRecord).where(AuditRecord.act == "register.look")))
        session.expunge_all()
    return found


def test_a_seizure_is_recorded_with_its_term_and_the_court_is_told(real: RealOffice) -> None:
    answer = ask(real, Asked("seizure", 1))
    [seizure] = real.seizures()
    assert (seizure.kind, seizure.court, seizure.term_to) == (
        SeizureKind.SEIZURE,
        FIRST_COURT[0],
        "2029-01-04",
    )
    assert (answer["controlled"], answer["place"]) == (True, 1)
    assert answer["found"] == "已查封：查封，第 1 顺位，期限 2026-01-05 至 2029-01-04"
    assert case_of(real, 1).state is State.RESTRAINT_ANSWERED


def test_the_reply_to_a_court_and_its_approval_form_are_printed_masked(real: RealOffice) -> None:
    far = ("外省某法院", "999999")
    ask(real, Asked("seizure", 1, far))
    case_no = case_of(real, 1).case_no
    with real.database.begin() as session:
        reader = STAFF[Role.FIRST_EXAMINER]
        reply = document(session, real.work, case_no, "restraint_reply", 0, reader)
        form = document(session, real.work, case_no, "approval_form", 0, reader)
        offered = documents_of(
            session, real.work_on(session, case_no), real.item(real.case(case_no).item_code)
        )
    assert {found.code for found in offered} == {"restraint_reply", "approval_form"}
    text = text_of(reply)
    for expected in (far[0], "（2026）豫执1号之一", "已查封：查封，第1顺位", mask_name(OWNER)):
        assert expected in text, expected
    assert OWNER not in text
    assert "第九十条" in text_of(form)


def test_a_second_court_queues_and_moves_up_when_the_first_releases(real: RealOffice) -> None:
    ask(real, Asked("seizure", 1))
    queued = ask(real, Asked("seizure", 2, SECOND_COURT))
    assert queued["place"] == 2
    assert [one["kind"] for one in queued["seizures"]] == ["查封", "轮候查封"]
    released = ask(real, Asked("release", 3))
    assert (released["controlled"], released["place"]) == (True, 0)
    [left] = real.seizures()
    assert (left.court, left.kind) == (SECOND_COURT[0], SeizureKind.SEIZURE)
    assert left.term_from == "2026-01-05"


def test_a_renewal_follows_the_old_term_without_a_gap(real: RealOffice) -> None:
    ask(real, Asked("seizure", 1))
    answer = ask(real, Asked("renewal", 2))
    assert real.seizures()[0].term_to == "2030-01-04"
    assert answer["found"] == "已续封：查封，第 1 顺位，期限 2026-01-05 至 2030-01-04"


def test_one_court_s_second_seizure_is_meant_by_its_document(real: RealOffice) -> None:
    ask(real, Asked("seizure", 1))
    ask(real, Asked("seizure", 2))
    assert ask(real, Asked("release", 3)) == {}
    assert case_of(real, 3).state is State.RESTRAINT_WITH_PERSON
    answer = ask(real, Asked("release", 4), seizure_document_no="（2026）豫执1号之一")
    assert answer["controlled"] is True
    assert [one.document_no for one in real.seizures()] == ["（2026）豫执2号之一"]


def test_what_a_person_settles_later_keeps_the_rank_of_its_arrival(real: RealOffice) -> None:
    assert ask(real, Asked("seizure", 1), debtor="王不在") == {}
    first = case_of(real, 1)
    assert first.state is State.RESTRAINT_WITH_PERSON
    real.clock.advance(timedelta(hours=1))
    ask(real, Asked("seizure", 2, SECOND_COURT))
    with real.database.begin() as session:
        case = session.get_one(Case, first.case_no)
        case.facts = json.dumps(json.loads(case.facts) | {"debtor": OWNER}, ensure_ascii=False)
    real.do(
        first.case_no, Action.SETTLE_RESTRAINT, STAFF[Role.FIRST_EXAMINER], "已与法院核实被执行人"
    )
    assert [one.court for one in real.seizures()] == [FIRST_COURT[0], SECOND_COURT[0]]


@pytest.mark.parametrize(
    ("request_kind", "facts", "why"),
    [
        ("seizure", {"debtor": BUYER[0]}, "被执行人"),
        ("seizure", {"term_months": "37"}, "期限"),
        ("renewal", {}, "没有该法院"),
        ("release", {}, "没有该法院"),
    ],
)
def test_what_the_register_cannot_do_goes_to_a_person_and_changes_nothing(
    real: RealOffice, request_kind: str, facts: dict[str, str], why: str
) -> None:
    assert ask(real, Asked(request_kind, 1), **facts) == {}
    case = case_of(real, 1)
    assert case.state is State.RESTRAINT_WITH_PERSON
    with real.database.reading() as session:
        assert why in real.steps(session, case.case_no)[-1].note
    assert real.rows(RegisterEntry) == 0
    examiner = STAFF[Role.FIRST_EXAMINER]
    real.do(case.case_no, Action.REJECT_RESTRAINT, examiner, "已告知法院")
    [answer] = [json.loads(call.body) for call in calls(real)]
    assert (answer["controlled"], answer["reason"]) == (False, "已告知法院")


def test_a_request_told_twice_is_one_and_its_number_serves_no_other(real: RealOffice) -> None:
    ask(real, Asked("seizure", 1))
    ask(real, Asked("seizure", 1))
    assert len(real.seizures()) == 1
    with pytest.raises(ConflictError, match="restraint_differs"):
        ask(real, Asked("release", 1))
    assert len(real.seizures()) == 1


def test_an_inquiry_about_a_unit_is_answered_and_each_look_is_logged(real: RealOffice) -> None:
    ask(real, Asked("seizure", 1))
    answer = ask(real, Asked("inquiry", 2, SECOND_COURT))
    [record] = answer["records"]
    assert (record["unit_no"], record["holders"][0]["name"]) == (UNIT, OWNER)
    assert record["seizures"][0]["court"] == FIRST_COURT[0]
    assert answer["found"] == "不动产 1 处，抵押 0 项，查封 1 项"
    assert (answer["controlled"], answer["complete"]) == (False, True)
    [look] = looks(real)
    detail = json.loads(look.body)["detail"]
    assert detail["purpose"] == "authority_request"
    assert detail["ground"] == f"（2026）豫执2号之一（办件 {case_of(real, 2).case_no}）"


def test_an_inquiry_about_a_person_finds_what_exactly_they_have(real: RealOffice) -> None:
    mine = ask(real, Asked("inquiry", 1, unit_no=""), debtor=OWNER, debtor_document_no=OWNER_NO)
    assert [record["unit_no"] for record in mine["records"]] == [UNIT, SECOND]
    assert len(looks(real)) == 2
    namesake = ask(real, Asked("inquiry", 2, unit_no=""), debtor=OWNER, debtor_document_no=BUYER[1])
    assert (namesake["records"], namesake["found"]) == ([], "不动产 0 处，抵押 0 项，查封 0 项")
    assert ask(real, Asked("inquiry", 3, unit_no=""), debtor=OWNER) == {}
    assert case_of(real, 3).state is State.RESTRAINT_WITH_PERSON


def test_the_case_page_names_the_inquiry_and_masks_whom_it_is_about(real: RealOffice) -> None:
    ask(real, Asked("inquiry", 1, unit_no=""), debtor=OWNER, debtor_document_no=OWNER_NO)
    with real.database.begin() as session:
        page = case_page(
            session, real.work, case_of(real, 1).case_no, STAFF[Role.ARCHIVE_CLERK], real.now
        )
    facts = dict(page.facts)
    assert page.item_title == "网络司法查询"
    assert facts["要求"] == "查询"
    assert facts["查询、办理结果"] == "不动产 2 处，抵押 0 项，查封 0 项"
    assert OWNER_NO not in str(page)


def test_the_console_shows_a_court_s_case(real: RealOffice, tmp_path: Path) -> None:
    ask(real, Asked("seizure", 1))
    case_no = case_of(real, 1).case_no
    console = ConsoleOffice(real, tmp_path)
    page = console.browser(Role.FIRST_EXAMINER).get(f"/cases/{case_no}")
    assert page.status_code == 200
    assert "第 1 顺位" in page.text
