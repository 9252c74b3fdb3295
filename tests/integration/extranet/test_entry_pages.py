"""Claims about the window's pages: one form, by keyboard, without JavaScript; and who sees what."""

import io
import json
import re

from extranet_console import Browser, ConsoleOffice
from extranet_office import FACTS, UNIT, picture
from sqlalchemy import select

from extranet_zone.cases.models import Case, CaseParty
from extranet_zone.cases.rules import CHECKS
from extranet_zone.cases.services.claims import assign_authority
from extranet_zone.cases.states import Action, State
from extranet_zone.roles import Role
from kernel.audit import AuditRecord

ITEM = "change-details"


def begin(browser: Browser, unit_no: str = UNIT) -> str:
    answer = browser.post("/cases/entry", "/cases/entry", unit_no=unit_no, item=ITEM)
    assert answer.status_code == 303, answer.text
    found = re.fullmatch(r"/cases/(C\d{15})/entry", answer.location)
    assert found is not None
    return found[1]


def save(console: ConsoleOffice, browser: Browser, case_no: str, **change: object) -> int:
    item = console.office.item(ITEM)
    fields: dict[str, object] = {
        "role_0": "holder",
        "name_0": "张三丰",
        "document_type_0": "1",
        "document_no_0": "419001198001011236",
        **{f"fact_{code}": value for code, value in FACTS[ITEM].items()},
        "checks": list(CHECKS),
    }
    for n, rule in enumerate(item.materials):
        fields[f"file_{rule.code}"] = [(io.BytesIO(picture(f"#0{n}0{n}00")), "扫描.png")]
    page = f"/cases/{case_no}/entry"
    return browser.post(page, page, **(fields | change)).status_code  # type: ignore[arg-type]  # files


def test_a_clerk_enters_a_case_and_collects_it_and_gives_a_receipt(console: ConsoleOffice) -> None:
    browser = console.browser(Role.INTAKE_CLERK)
    case_no = begin(browser)
    assert browser.get(f"/cases/{case_no}/documents/intake_receipt").status_code == 409
    assert save(console, browser, case_no) == 303
    page = browser.get(f"/cases/{case_no}/entry").text
    assert 'value="张三丰"' in page
    assert page.count("扫描.png") >= 4
    assert "<script" not in page.partition("<main")[2]
    assert browser.act(case_no, "collect").status_code == 303
    receipt = browser.get(f"/cases/{case_no}/documents/intake_receipt")
    assert (receipt.status_code, receipt.data[:5]) == (200, b"%PDF-")
    assert save(console, browser, case_no) == 409
    assert console.office.case(case_no).state is State.COLLECTED


def test_what_was_typed_is_shown_again_with_the_reason(console: ConsoleOffice) -> None:
    browser = console.browser(Role.INTAKE_CLERK)
    case_no = begin(browser)
    page = f"/cases/{case_no}/entry"
    answer = browser.post(page, page, name_0="王五", document_no_0="", document_type_0="1")
    assert answer.status_code == 422
    assert 'data-code="party_incomplete"' in answer.text
    assert 'value="王五"' in answer.text


def enter(console: ConsoleOffice, item: str, **fields: object) -> Case:
    browser = console.browser(Role.INTAKE_CLERK)
    begun = browser.post("/cases/entry", "/cases/entry", unit_no=UNIT, item=item)
    page = begun.location
    answer = browser.post(page, page, **fields)  # type: ignore[arg-type]  # fields of the form
    assert answer.status_code == 303, answer.text
    return console.office.case(page.split("/")[2])


def kinds(console: ConsoleOffice, case: Case) -> list[str]:
    order = CaseParty.position
    with console.office.database.reading() as session:
        wanted = select(CaseParty.kind).where(CaseParty.case_no == case.case_no).order_by(order)
        return list(session.scalars(wanted))


def test_an_amount_is_typed_in_yuan_as_on_the_portal(console: ConsoleOffice) -> None:
    case = enter(console, "mortgage-first", fact_amount_yuan="８50,000.5", fact_scope="全部")
    assert json.loads(case.facts)["amount_fen"] == "85000050"
    page = console.browser(Role.INTAKE_CLERK).get(f"/cases/{case.case_no}/entry").text
    assert 'name="fact_amount_yuan" maxlength="200" autocomplete="off" value="850000.50"' in page


def test_an_amount_that_cannot_be_read_is_refused_and_shown_again(console: ConsoleOffice) -> None:
    browser = console.browser(Role.INTAKE_CLERK)
    begun = browser.post("/cases/entry", "/cases/entry", unit_no=UNIT, item="mortgage-first")
    answer = browser.post(begun.location, begun.location, fact_amount_yuan="八十五万")
    assert (answer.status_code, 'data-code="fact_amount"' in answer.text) == (422, True)
    assert 'value="八十五万"' in answer.text


def test_the_applicant_is_who_applies_by_the_item_in_whichever_row(console: ConsoleOffice) -> None:
    pair = {"role_0": "mortgagee", "name_0": "样例银行", "document_type_0": "7"}
    pair |= {"document_no_0": "91419001MA40000007", "role_1": "mortgagor", "name_1": "张三丰"}
    case = enter(
        console,
        "mortgage-first",
        **pair,
        document_type_1="1",
        document_no_1="419001198001011236",
    )
    assert (case.applicant, kinds(console, case)) == ("样例银行", ["2", "1"])


def test_a_court_is_a_state_organ_and_a_passport_a_person_s(console: ConsoleOffice) -> None:
    court = {"role_0": "court", "name_0": "样例人民法院", "document_type_0": "99"}
    case = enter(console, "seizure", **court, document_no_0="样例法院编号1")
    assert kinds(console, case) == ["4"]
    buyer = {"role_0": "transferee", "name_0": "样例", "document_type_0": "3"}
    case = enter(console, "transfer-gift", **buyer, document_no_0="E12345678")
    assert kinds(console, case) == ["1"]


def test_a_wrong_unit_number_is_said_at_once(console: ConsoleOffice) -> None:
    browser = console.browser(Role.INTAKE_CLERK)
    answer = browser.post("/cases/entry", "/cases/entry", unit_no="123", item=ITEM)
    assert (answer.status_code, "unit_length" in answer.text) == (422, True)


def test_only_the_intake_enters(console: ConsoleOffice) -> None:
    assert console.browser(Role.RECORDER).get("/cases/entry").status_code == 403


def test_a_case_is_one_person_s_until_they_are_away(console: ConsoleOffice) -> None:
    office, reviewer = console.office, console.browser(Role.PRELIMINARY_REVIEWER)
    case_no = office.receive()
    page = f"/cases/{case_no}"
    assert reviewer.post(f"{page}/claim", page).status_code == 303
    assert 'id="claimed-by"' in reviewer.get(page).text
    assert case_no in reviewer.get("/cases?claimed=mine").text
    colleague = console.colleague("colleague", Role.PRELIMINARY_REVIEWER)
    refused = colleague.act(case_no, "pass_preliminary")
    assert (refused.status_code, "claimed_by_other" in refused.text) == (409, True)
    assert colleague.post(f"{page}/claim", page).status_code == 409
    reviewer.post("/cases/absence", "/cases", absent="1")
    assert colleague.act(case_no, "pass_preliminary").status_code == 303
    assert office.case(case_no).claimed_by == ""


def test_another_authority_s_case_is_not_found_and_the_look_is_on_record(
    console: ConsoleOffice,
) -> None:
    office = console.office
    case_no = office.receive()
    with office.database.begin() as session:
        assign_authority(session, "first-examiner", "410100")
    foreign = console.browser(Role.FIRST_EXAMINER)
    assert foreign.get(f"/cases/{case_no}").status_code == 404
    assert case_no not in foreign.get("/cases?all=1").text
    with office.database.reading() as session:
        records = session.execute(
            select(AuditRecord.act, AuditRecord.actor, AuditRecord.result)
        ).all()
    assert ("case.foreign_opened", "first-examiner", "denied") in records


def test_the_clocks_have_pages_and_the_case_explains_them(console: ConsoleOffice) -> None:
    office, browser = console.office, console.browser(Role.ACCEPTANCE_CLERK)
    case_no = office.receive()
    office.do(case_no, Action.PASS_PRELIMINARY)
    office.do(case_no, Action.COLLECT)
    page = browser.get(f"/cases/{case_no}").text
    assert 'data-clock="C2"' in page
    assert "150 分钟" in page
    report = browser.get("/clocks?by=authority").text
    assert "受理决定时限" in report
    csv = browser.get("/clocks/report.csv")
    assert csv.text.startswith("\ufeff分组,时限")
    assert "C9" in browser.get("/clocks/calendar").text


def test_an_examiner_grants_an_exemption_and_prints_the_acceptance(console: ConsoleOffice) -> None:
    office = console.office
    case_no = office.receive(item="transfer-existing")
    office.advance_to(case_no, State.ACCEPTED)
    browser = console.browser(Role.FIRST_EXAMINER)
    page = f"/cases/{case_no}"
    assert 'id="exemption"' in browser.get(page).text
    granted = browser.post(f"{page}/exemption", page, exemption="small_business", ground="营业执照")
    assert granted.status_code == 303
    shown = browser.get(page).text
    assert "认定登记费减免：小微企业" in shown
    assert "granted_exemption" not in shown
    assert f"{page}/documents/acceptance_notice" in shown
    printed = browser.get(f"{page}/documents/acceptance_notice")
    assert (printed.status_code, printed.data[:5]) == (200, b"%PDF-")
    assert printed.headers["Cache-Control"] == "no-store"
    assert browser.get(f"{page}/documents/refusal_notice").status_code == 409
