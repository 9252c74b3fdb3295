"""Claims about what an applicant is handed: every notice a PDF that says what the act said."""

import io
import json

import pytest
from extranet_office import BUYER_ID, STAFF, UNIT, Office
from pypdf import PdfReader
from test_case_flows import with_flow

from extranet_zone.cases.models import Case, CaseParty
from extranet_zone.cases.ports import Charge
from extranet_zone.cases.services.documents import DOCUMENTS, document, documents_of
from extranet_zone.cases.services.notices import REMEDY
from extranet_zone.cases.states import Action, State
from extranet_zone.catalogue.reading import PACKAGED, read_edition
from extranet_zone.roles import Role
from kernel.audit.models import AuditRecord
from kernel.errors import ConflictError, NotFoundError, RefusedError

READER = STAFF[Role.ACCEPTANCE_CLERK]
REASON = "身份证明与登记簿记载不一致"


def text_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    # pypdf reads fpdf2's two-byte codes of CFF fonts with a zero byte before each character.
    text = "".join(page.extract_text() for page in pages)
    return "".join(character for character in text if character not in "\0\n 　")


def give(office: Office, case_no: str, code: str, number: int = 0) -> bytes:
    with office.database.begin() as session:
        return document(session, office.work, case_no, code, number, READER)


def offered(office: Office, case_no: str) -> list[tuple[str, int]]:
    with office.database.reading() as session:
        case = office.work_on(session, case_no)
        item = office.work.item_of(session, case)
        return [(found.code, found.number) for found in documents_of(session, case, item)]


def brought(office: Office, state: State, *, item: str = "transfer-existing") -> str:
    case_no = office.receive(item=item)
    office.advance_to(case_no, state)
    return case_no


def handed_back(office: Office) -> str:
    case_no = office.receive()
    office.do(case_no, Action.HAND_BACK, STAFF[Role.PRELIMINARY_REVIEWER], REASON)
    return case_no


def declined(office: Office) -> str:
    case_no = brought(office, State.COLLECTED)
    office.do(case_no, Action.DECLINE, READER, REASON)
    return case_no


def refused(office: Office) -> str:
    case_no = brought(office, State.ACCEPTED)
    office.do(case_no, Action.REFUSE, STAFF[Role.FIRST_EXAMINER], REASON)
    return case_no


def withdrawn(office: Office) -> str:
    case_no = brought(office, State.ACCEPTED)
    office.do(case_no, Action.WITHDRAW, READER, REASON)
    return case_no


def notified(office: Office) -> str:
    case_no = brought(office, State.COLLECTED)
    office.do(case_no, Action.NOTIFY_SUPPLEMENT, READER, REASON, materials=("contract",))
    return case_no


def owing(office: Office) -> str:
    office.fees.due = [
        Charge("fee", "不动产登记费（住宅类，每件）", 8000, "发改价格规〔2016〕2559号")
    ]
    case_no = brought(office, State.FIRST_EXAMINED)
    office.do(case_no, Action.EXAMINE_SECOND)
    return case_no


def collected(office: Office) -> str:
    return brought(office, State.COLLECTED)


def accepted(office: Office) -> str:
    return brought(office, State.IN_SPATIAL_REVIEW)


def archived(office: Office) -> str:
    case_no = brought(office, State.ISSUED)
    office.do(case_no, Action.ARCHIVE)
    return case_no


def announced(office: Office) -> str:
    with_flow(office, announcement_working_days=15)
    case_no = brought(office, State.FIRST_EXAMINED, item="change-details")
    office.do(case_no, Action.EXAMINE_SECOND)
    return case_no


def examined(office: Office) -> str:
    case_no = brought(office, State.FIRST_EXAMINED)
    office.do(case_no, Action.EXAMINE_SECOND, note="同意登记")
    return case_no


def received(office: Office) -> str:
    return office.receive()


def cancelled(office: Office) -> str:
    return brought(office, State.RECORDED, item="mortgage-cancel")


FORMS = {row.code for row in DOCUMENTS if not row.acts}
MADE = {
    "application_form": (
        received,
        0,
        ("承诺", "419001198001011232", BUYER_ID, "13800000000", "存量房买卖合同", "签名或者盖章"),
    ),
    "interview_record": (received, 0, ("真实意思", "□是", "询问人（签名）", "被询问人张三丰")),
    "cancellation_notice": (cancelled, 0, ("抵押权注销登记", "登簿时间", "公告作废", "李小四")),
    "announcement": (announced, 0, ("15个工作日", "李*四", "第十七条", "书面提出")),
    "approval_form": (examined, 0, ("受理人员", "初审人员", "复审人员", "同意登记")),
    "intake_receipt": (collected, 0, ("存量房买卖合同", "收件机构")),
    "acceptance_notice": (accepted, 0, ("决定予以受理", "5个工作日", "第十七条")),
    "supplement_notice": (notified, 1, (REASON, "存量房买卖合同", "一次告知", "第1次")),
    "handback_notice": (handed_back, 0, (REASON, "退回")),
    "declination_notice": (declined, 0, (REASON, "不予受理", "第十七条", REMEDY)),
    "refusal_notice": (refused, 0, (REASON, "不予登记", "第二十二条", REMEDY)),
    "withdrawal_notice": (withdrawn, 0, (REASON, "第十三条")),
    "archive_list": (archived, 0, ("归档时间", "存量房买卖合同", "共5件", "目录摘要")),
    "fee_notice": (owing, 0, ("80.00元", "发改价格规〔2016〕2559号", "税款", "金额未知")),
}


def test_every_document_is_made_here_or_by_a_court() -> None:
    assert {row.code for row in DOCUMENTS} == {*MADE, "restraint_reply"}


@pytest.mark.parametrize("code", MADE)
def test_every_document_says_what_its_act_said_and_is_audited(office: Office, code: str) -> None:
    make, number, words = MADE[code]
    case_no = make(office)
    assert (code, number) in offered(office, case_no)
    text = text_of(give(office, case_no, code, number))
    title = next(row.title for row in DOCUMENTS if row.code == code)
    for expected in (title, UNIT, "济源", *words):
        assert expected.replace(" ", "") in text, expected
    # An announcement is for everybody, so that it shows no whole name.
    assert ("李小四" in text) is (code != "announcement")
    with office.database.reading() as session:
        acts = [r for r in session.query(AuditRecord) if r.act == "case.document_printed"]
    assert [(r.actor, r.case_no) for r in acts] == [(READER.login, case_no)]


@pytest.mark.parametrize("code", MADE)
def test_no_document_is_given_before_its_act(office: Office, code: str) -> None:
    cancels = code == "cancellation_notice"
    case_no = office.receive(item="mortgage-cancel" if cancels else "transfer-existing")
    assert {offer for offer, _number in offered(office, case_no)} == FORMS
    if code in FORMS:
        # What the applicant signs first comes before any act, and needs somebody to sign it.
        with office.database.begin() as session:
            office.work_on(session, case_no).parties = []
        assert offered(office, case_no) == []
    with pytest.raises(ConflictError, match="document_not_due"):
        give(office, case_no, code, MADE[code][1])


def test_each_notice_of_defects_is_a_document_of_its_own(office: Office) -> None:
    case_no = notified(office)
    office.do(case_no, Action.RECEIVE_SUPPLEMENT, READER)
    again = "第二次：合同缺签字页"
    office.do(case_no, Action.REQUEST_SECOND_NOTICE, READER, again)
    # Nobody has approved it: it is no notice yet.
    assert [n for code, n in offered(office, case_no) if code == "supplement_notice"] == [1]
    office.do(case_no, Action.APPROVE_SECOND_NOTICE, STAFF[Role.FINAL_EXAMINER])
    assert again in text_of(give(office, case_no, "supplement_notice", 2))
    assert again not in text_of(give(office, case_no, "supplement_notice", 1))
    with pytest.raises(ConflictError, match="document_not_due"):
        give(office, case_no, "supplement_notice", 3)


def test_an_unknown_amount_is_said_in_the_notice_of_payment(office: Office) -> None:
    office.fees.due = [Charge("fee", "不动产登记费（每件）", None, "依据")]
    case_no = brought(office, State.FIRST_EXAMINED)
    office.do(case_no, Action.EXAMINE_SECOND)
    assert text_of(give(office, case_no, "fee_notice")).count("金额未知，待核定") == 2


def test_a_character_no_font_has_is_refused_and_a_long_reason_takes_pages(office: Office) -> None:
    case_no = brought(office, State.COLLECTED)
    office.do(case_no, Action.DECLINE, READER, "材料不全。" * 190)
    pdf = give(office, case_no, "declination_notice")
    assert text_of(pdf).count("材料不全。") == 190
    with office.database.begin() as session:
        found = session.get(Case, case_no)
        assert found is not None
        found.applicant = "\U0003134a"
    with pytest.raises(RefusedError, match="glyph_missing"):
        give(office, case_no, "declination_notice")


def test_an_examination_begun_anew_leaves_no_earlier_opinion_on_the_form(office: Office) -> None:
    case_no = examined(office)
    office.do(case_no, Action.RETURN_TO_FIRST, STAFF[Role.RECORDER], "面积有误")
    office.do(case_no, Action.EXAMINE_FIRST, note="重新核对无误")
    text = text_of(give(office, case_no, "approval_form"))
    assert "重新核对无误" in text
    assert "同意登记" not in text
    assert "复审人员" not in text


def test_a_question_that_the_form_asked_too_shows_its_answer(office: Office) -> None:
    case_no = office.receive()
    office.register.objections = 1
    assert "知悉异议登记存在并自担风险" not in text_of(give(office, case_no, "interview_record"))
    with office.database.begin() as session:
        case = office.work_on(session, case_no)
        case.facts = json.dumps({**json.loads(case.facts), "objection_risk_known": "1"})
    text = text_of(give(office, case_no, "interview_record"))
    assert "知悉异议登记存在并自担风险，申请继续办理（申请时所填）" in text


def test_the_form_names_each_with_share_and_answers_in_words_over_pages(office: Office) -> None:
    case_no = office.receive()
    with office.database.begin() as session:
        case = office.work_on(session, case_no)
        first = case.parties[0]
        for n in range(len(case.parties) + 1, 31):
            case.parties.append(
                CaseParty(
                    position=n,
                    role=case.parties[-1].role,
                    name=f"共有人{n}",
                    kind=first.kind,
                    document_type="1",
                    document_no=BUYER_ID,
                    phone="",
                    share=f"1/{n}",
                )
            )
        case.declaration = "承诺属实。" * 400
    pdf = give(office, case_no, "application_form")
    text = text_of(pdf)
    assert len(PdfReader(io.BytesIO(pdf)).pages) > 3
    assert text.count("承诺属实。") == 400
    assert text.count("（签名或者盖章）") == 30
    assert "份额1/30" in text
    assert "850,000.00元" in text
    assert "单独所有" in text


def test_a_courts_case_has_no_form_to_sign() -> None:
    for item in read_edition(PACKAGED).items:
        if item.initiator == "court":
            assert FORMS.isdisjoint(item.prints), item.code


def test_only_a_cancellation_has_a_notice_of_one(office: Office) -> None:
    case_no = brought(office, State.RECORDED)
    assert "cancellation_notice" not in {code for code, _number in offered(office, case_no)}
    with pytest.raises(NotFoundError, match="document_unknown"):
        give(office, case_no, "cancellation_notice")


def test_what_is_no_document_is_unknown(office: Office) -> None:
    with pytest.raises(NotFoundError, match="document_unknown"):
        give(office, collected(office), "will")


def test_what_an_item_says_is_printed_is_printed() -> None:
    """Certificates have a printer of their own."""
    elsewhere = {"title_certificate", "registration_certificate"}
    drawn = {row.code for row in DOCUMENTS} | elsewhere
    assert {code for item in read_edition(PACKAGED).items for code in item.prints} <= drawn


def test_every_item_with_an_applicant_lists_what_can_be_printed_for_it() -> None:
    for item in read_edition(PACKAGED).items:
        if item.initiator == "court":
            continue
        codes = {row.code for row in DOCUMENTS} - {"restraint_reply"}
        if not item.effect.value.endswith("cancellation"):
            codes -= {"cancellation_notice"}
        if item.fee.rate == "none":
            codes -= {"fee_notice"}
        if not item.flow.announcement_working_days:
            codes -= {"announcement"}
        assert codes <= set(item.prints), item.code
