"""Claims about the variants of a case's course: supplement, payment, levels, announcement."""

import io
import json
from collections.abc import Collection, Mapping
from datetime import timedelta

import pytest
from extranet_office import HOME, STAFF, Office, person, picture
from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.cases.events import BillPaid
from extranet_zone.cases.models import ArchiveFile, Bill, CaseMaterial, NoticeState, PaperState
from extranet_zone.cases.ports import Actor, Charge
from extranet_zone.cases.services import receive_supplement
from extranet_zone.cases.services.exemptions import grant_exemption
from extranet_zone.cases.services.fees import TAX_BASIS, CatalogueFees
from extranet_zone.cases.services.incoming import handle_event
from extranet_zone.cases.services.pages import CasePage, case_page
from extranet_zone.cases.services.payments import confirm_bill
from extranet_zone.cases.services.supplements import notices_of
from extranet_zone.cases.states import Action, MaterialState, State
from extranet_zone.catalogue.schema import Effect
from extranet_zone.catalogue.services import Catalogue
from extranet_zone.clocks.models import ClockRow
from extranet_zone.clocks.states import ClockKind
from extranet_zone.province.models import ProvinceCall
from extranet_zone.roles import Role
from kernel.catalogue.edition import Edition
from kernel.catalogue.tables import Flow
from kernel.clock import beijing_text, from_micros
from kernel.errors import ConflictError, ForbiddenError, RefusedError
from kernel.messages import Kind, Material, PaymentStated, SupplementSubmitted

ACCEPTOR = STAFF[Role.ACCEPTANCE_CLERK]
APPROVER = STAFF[Role.FINAL_EXAMINER]
FEE = Charge("fee", "不动产登记费", 8000)


def with_flow(office: Office, **flow: object) -> None:
    """Let every item take another variant of the course."""
    object.__setattr__(office.work, "catalogue", OtherFlow(office.register.recordable, flow))


class OtherFlow(Catalogue):
    """The loaded editions, with another variant of the course in every item."""

    def __init__(self, recordable: Collection[Effect], flow: Mapping[str, object]) -> None:
        super().__init__(recordable)
        self._flow = flow

    def edition(self, session: Session, number: int) -> Edition:
        found = super().edition(session, number)
        items = tuple(
            item.model_copy(
                update={"flow": Flow.model_validate({**item.flow.model_dump(), **self._flow})}
            )
            for item in found.items
        )
        return found.model_copy(update={"items": items})


def page_of(office: Office, case_no: str) -> CasePage:
    with office.database.reading() as session:
        return case_page(session, office.work, case_no, ACCEPTOR, office.now)


def clocks(office: Office, case_no: str) -> dict[ClockKind, ClockRow]:
    with office.database.reading() as session:
        found = {row.kind: row for row in office.work.clocks.clocks_of(session, case_no)}
        session.expunge_all()
        return found


def supplement(office: Office, case_no: str, notice: int = 1) -> None:
    content = picture("#123456")
    digest = office.store.put(io.BytesIO(content), 10**6).digest
    body = SupplementSubmitted(
        case_no=case_no,
        notice=notice,
        materials=[
            Material(
                code="contract",
                title="合同",
                file_name="contract.png",
                digest=digest,
                size=len(content),
                media_type="image/png",
                pages=1,
            )
        ],
        submitted_at=office.now,
    )
    with office.database.begin() as session:
        receive_supplement(session, office.work, body, office.tick())


def notify(office: Office, case_no: str, note: str = "合同缺第 3 页") -> None:
    office.do(case_no, Action.NOTIFY_SUPPLEMENT, ACCEPTOR, note, materials=("contract",))


def test_the_one_notice_stops_the_decision_clock_until_it_is_answered(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.COLLECTED)
    office.clock.advance(timedelta(hours=1))
    notify(office, case_no)
    held = clocks(office, case_no)
    assert held[ClockKind.CONTACT].ended_at is not None
    assert (held[ClockKind.DECISION].due_at, held[ClockKind.DECISION].due_note) == (
        None,
        "挂起：等待申请人补正",
    )
    office.clock.advance(timedelta(days=1))
    supplement(office, case_no)
    assert office.case(case_no).state is State.COLLECTED
    due = clocks(office, case_no)[ClockKind.DECISION].due_at
    assert due is not None
    # An hour of office time was used on Monday; two and a half are left from Tuesday 10:30.
    assert beijing_text(from_micros(due)) == "2026-01-06 14:00"
    office.do(case_no, Action.ACCEPT)
    assert clocks(office, case_no)[ClockKind.DECISION].late == 0


def test_the_notice_tells_everything_the_platform_knows(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.COLLECTED)
    with office.database.begin() as session:
        office.material(session, case_no, 2).state = MaterialState.DAMAGED
    notify(office, case_no, "合同缺第 3 页\n\n签名与证件不符")
    [message] = office.posted(Kind.SUPPLEMENT_REQUESTED)
    body = json.loads(message.body)
    assert body["defects"][:2] == ["合同缺第 3 页", "签名与证件不符"]
    assert "损坏" in body["defects"][2]
    assert body["materials"] == ["contract", "identity"]


def test_the_answer_replaces_damaged_files_and_comes_once(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.COLLECTED)
    with office.database.begin() as session:
        office.material(session, case_no, 4).state = MaterialState.DAMAGED
    notify(office, case_no)
    before = office.rows(CaseMaterial)
    supplement(office, case_no)
    supplement(office, case_no)
    assert office.rows(CaseMaterial) == before + 1
    with office.database.reading() as session:
        assert office.material(session, case_no, 4).state is MaterialState.SUPERSEDED
        assert office.material(session, case_no, 5).state is MaterialState.PRESENT
    office.do(case_no, Action.ACCEPT)


def test_a_second_notice_needs_a_reason_and_somebody_else_s_approval(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.COLLECTED)
    notify(office, case_no)
    supplement(office, case_no)
    with pytest.raises(ConflictError, match="wrong_way_for_item"):
        notify(office, case_no)
    both = person("wang", Role.ACCEPTANCE_CLERK, Role.FINAL_EXAMINER)
    with pytest.raises(RefusedError, match="note_missing"):
        office.do(case_no, Action.REQUEST_SECOND_NOTICE, both)
    office.do(case_no, Action.REQUEST_SECOND_NOTICE, both, "新发现合同印章不符")
    with pytest.raises(ForbiddenError, match="same_person"):
        office.do(case_no, Action.APPROVE_SECOND_NOTICE, both)
    assert len(office.posted(Kind.SUPPLEMENT_REQUESTED)) == 1
    office.do(case_no, Action.APPROVE_SECOND_NOTICE, APPROVER)
    assert len(office.posted(Kind.SUPPLEMENT_REQUESTED)) == 2
    with office.database.reading() as session:
        states = [notice.state for notice in notices_of(session, case_no)]
    assert states == [NoticeState.ANSWERED, NoticeState.SENT]
    supplement(office, case_no, notice=2)


def test_an_answer_to_a_notice_that_was_never_sent_is_refused(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.COLLECTED)
    with pytest.raises(ConflictError, match="notice_not_open"):
        supplement(office, case_no)


def test_a_preliminary_supplement_comes_back_to_the_reviewer_and_does_not_count(
    office: Office,
) -> None:
    case_no = office.receive()
    reviewer = STAFF[Role.PRELIMINARY_REVIEWER]
    office.do(case_no, Action.ASK_PRELIMINARY_SUPPLEMENT, reviewer, "照片模糊")
    supplement(office, case_no)
    assert office.case(case_no).state is State.APPLIED
    office.advance_to(case_no, State.COLLECTED)
    notify(office, case_no)


def paid(case_no: str, receipt_no: str) -> BillPaid:
    return BillPaid(case_no=case_no, number=1, receipt_no=receipt_no)


def test_what_is_owed_suspends_the_promise_only_after_the_examination(office: Office) -> None:
    office.fees.due = [FEE]
    case_no = office.receive(item="change-details")
    office.advance_to(case_no, State.FIRST_EXAMINED)
    assert office.rows(Bill) == 0
    office.do(case_no, Action.EXAMINE_SECOND)
    assert office.case(case_no).state is State.AWAITING_PAYMENT
    held = clocks(office, case_no)
    assert held[ClockKind.HANDLING].due_note == "挂起：已审核，等待申请人缴纳税费"
    [message] = office.posted(Kind.PAYMENT_STATED)
    assert json.loads(message.body)["bills"][0]["amount_fen"] == 8000
    office.clock.advance(timedelta(days=30))
    with office.database.begin() as session:
        confirm_bill(session, office.work, paid(case_no, "R-1"), office.tick())
    with office.database.begin() as session:
        confirm_bill(session, office.work, paid(case_no, "R-1"), office.tick())
    assert office.case(case_no).state is State.EXAMINED
    due = clocks(office, case_no)[ClockKind.HANDLING].due_at
    assert due is not None
    assert due > office.now
    office.do(case_no, Action.RECORD)
    assert clocks(office, case_no)[ClockKind.HANDLING].late == 0


@pytest.mark.parametrize(
    ("use", "amount", "told"),
    [
        ("城镇住宅用地/住宅", 8000, "80.00 元"),
        ("商服用地/商业", 55000, "550.00 元"),
        ("", None, "金额未知，待核定"),
    ],
)
def test_the_fee_of_the_item_is_owed_until_its_voucher_is_recorded(
    office: Office, use: str, amount: int | None, told: str
) -> None:
    object.__setattr__(office.work, "fees", CatalogueFees())
    case_no = office.receive(item="transfer-existing")
    office.advance_to(case_no, State.FIRST_EXAMINED)
    office.register.use = use
    office.do(case_no, Action.EXAMINE_SECOND)
    assert office.case(case_no).state is State.AWAITING_PAYMENT
    [message] = office.posted(Kind.PAYMENT_STATED)
    assert PaymentStated.model_validate_json(message.body).bills[0].amount_fen == amount
    with pytest.raises(RefusedError, match="transition_not_allowed"):
        office.do(case_no, Action.RECORD)
    owed, tax = page_of(office, case_no).bills
    assert (tax.title, tax.amount, tax.basis) == ("契税等税款", "金额未知，待核定", TAX_BASIS)
    assert (owed.amount, owed.paid) == (told, "")
    assert "发改价格规〔2016〕2559号" in owed.basis
    office.do(case_no, Action.CONFIRM_PAYMENT, ACCEPTOR, reference="豫财 0012345")
    for settled in page_of(office, case_no).bills:
        assert (settled.receipt_no, bool(settled.paid)) == ("豫财 0012345", True)
    office.do(case_no, Action.RECORD)


def exempt(office: Office, case_no: str, code: str, ground: str, actor: Actor) -> None:
    with office.database.begin() as session:
        grant_exemption(session, office.work, case_no, code, ground, actor, office.tick())


def test_an_exemption_from_papers_is_granted_before_the_examination(office: Office) -> None:
    object.__setattr__(office.work, "fees", CatalogueFees())
    examiner = STAFF[Role.FIRST_EXAMINER]
    case_no = office.receive(item="transfer-existing")
    with pytest.raises(ConflictError, match="exemption_not_now"):
        exempt(office, case_no, "small_business", "营业执照", examiner)
    office.advance_to(case_no, State.ACCEPTED)
    for code, ground, actor, refusal in (
        ("small_business", "营业执照", ACCEPTOR, "exemption_not_now"),
        ("affordable_housing", "证明", examiner, "fee_exemption"),
        ("small_business", " ", examiner, "exemption_ground"),
        ("small_business", "字" * 201, examiner, "exemption_ground"),
    ):
        with pytest.raises(RefusedError, match=refusal):
            exempt(office, case_no, code, ground, actor)
    exempt(office, case_no, "small_business", "营业执照、小微企业名录截图", examiner)
    shown = page_of(office, case_no)
    assert shown.demanded.fee[-1] == ("合计", "0.00 元", "")
    assert not any("小微企业" in note for note in shown.demanded.fee_notes)
    assert any("小微企业" in step.label for step in shown.steps)
    assert all("small_business" not in value for _label, value in shown.facts)
    office.do(case_no, Action.EXAMINE_FIRST)
    # Nothing is left of the fee; the tax is another authority's.
    assert office.do(case_no, Action.EXAMINE_SECOND) is State.AWAITING_PAYMENT
    assert [bill.title for bill in page_of(office, case_no).bills] == ["契税等税款"]


def test_who_hands_in_the_proof_of_the_tax_owes_none(office: Office) -> None:
    object.__setattr__(office.work, "fees", CatalogueFees())
    body = office.application(item="transfer-existing")
    proof = body.materials[0].model_copy(update={"code": "tax-proof"})
    with_proof = body.model_copy(update={"materials": [*body.materials, proof]})
    case_no = office.receive_body(with_proof)
    office.advance_to(case_no, State.FIRST_EXAMINED)
    office.do(case_no, Action.EXAMINE_SECOND)
    assert len(page_of(office, case_no).bills) == 1


def test_what_the_item_does_not_charge_is_not_waited_for(office: Office) -> None:
    object.__setattr__(office.work, "fees", CatalogueFees())
    case_no = office.receive(item="change-details")
    office.advance_to(case_no, State.EXAMINED)
    assert office.rows(Bill) == 0
    assert page_of(office, case_no).demanded.fee == ()


def test_the_page_says_the_fee_its_basis_and_what_is_unknown(office: Office) -> None:
    shown = page_of(office, office.receive(item="transfer-existing")).demanded
    assert shown.fee[-1] == ("合计", "80.00 元", "")
    assert all(basis for _title, _yuan, basis in shown.fee[:-1])
    assert any("小微企业" in note for note in shown.fee_notes)
    assert any(note.startswith("税款金额未知") for note in shown.fee_notes)


def test_another_receipt_for_a_paid_bill_is_refused(office: Office) -> None:
    office.fees.due = [FEE]
    case_no = office.receive(item="change-details")
    office.advance_to(case_no, State.FIRST_EXAMINED)
    office.do(case_no, Action.EXAMINE_SECOND)
    with pytest.raises(RefusedError, match="reference_missing"):
        office.do(case_no, Action.CONFIRM_PAYMENT, ACCEPTOR)
    office.do(case_no, Action.CONFIRM_PAYMENT, ACCEPTOR, reference="票据 12")
    with pytest.raises(ConflictError, match="bill_paid_otherwise"), office.database.begin() as s:
        confirm_bill(s, office.work, paid(case_no, "R-2"), office.tick())


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_a_case_is_examined_by_as_many_levels_as_its_item_says(office: Office, levels: int) -> None:
    with_flow(office, examination_levels=levels)
    case_no = office.receive(item="change-details")
    office.advance_to(case_no, State.ACCEPTED)
    acts = [Action.EXAMINE_FIRST, Action.EXAMINE_SECOND, Action.EXAMINE_FINAL][:levels]
    posts = [Role.FIRST_EXAMINER, Role.SECOND_EXAMINER, Role.FINAL_EXAMINER]
    for action, post in zip(acts, posts, strict=False):
        assert office.case(case_no).state is not State.EXAMINED
        office.do(case_no, action, STAFF[post])
    assert office.case(case_no).state is State.EXAMINED
    same = person(STAFF[Role.FIRST_EXAMINER].login, Role.RECORDER)
    with pytest.raises(ForbiddenError, match="same_person"):
        office.do(case_no, Action.RECORD, same)
    office.do(case_no, Action.RECORD)


def test_the_announcement_stands_its_working_days_and_the_promise_waits(office: Office) -> None:
    with_flow(office, announcement_working_days=15)
    case_no = office.receive(item="change-details")
    office.advance_to(case_no, State.FIRST_EXAMINED)
    office.do(case_no, Action.EXAMINE_SECOND)
    assert office.case(case_no).state is State.ANNOUNCED
    examiner = STAFF[Role.SECOND_EXAMINER]
    with pytest.raises(ConflictError, match="wrong_way_for_item"):
        office.do(case_no, Action.END_ANNOUNCEMENT, examiner)
    office.clock.advance(timedelta(days=22))
    office.do(case_no, Action.END_ANNOUNCEMENT, examiner)
    assert office.case(case_no).state is State.EXAMINED
    office.do(case_no, Action.RECORD)
    assert clocks(office, case_no)[ClockKind.HANDLING].late == 0


def test_an_online_case_needs_no_window_and_may_be_accepted_by_the_system(office: Office) -> None:
    with_flow(office, automatic_acceptance=True)
    body = office.application(item="change-details", mode="online")
    case_no = office.receive_body(body)
    office.do(case_no, Action.PASS_PRELIMINARY)
    assert office.case(case_no).state is State.ACCEPTED
    with office.database.reading() as session:
        accepted = [
            step.actor
            for step in office.steps(session, case_no)
            if step.action == Action.ACCEPT_DIRECT.value
        ]
    assert accepted == ["system:cases"]
    assert clocks(office, case_no)[ClockKind.DECISION].ended_at == office.now


def test_a_fused_case_of_another_window_waits_for_that_window(office: Office) -> None:
    body = office.application().model_copy(update={"collecting_authority": "410100"})
    case_no = office.receive_body(body)
    office.do(case_no, Action.PASS_PRELIMINARY)
    with pytest.raises(ConflictError, match="wrong_way_for_item"):
        office.do(case_no, Action.COLLECT)
    assert office.case(case_no).home_authority == HOME
    with office.database.reading() as session:
        [call] = session.scalars(select(ProvinceCall))
    assert (call.operation, call.peer) == ("pushReviewedCase", "410100")
    collected = {
        "case_no": "C202601050000018",
        "collecting_authority": "410100",
        "item_code": body.item_code,
        "unit_no": body.unit_no,
        "applicant": body.applicant,
        "parties": [party.model_dump() for party in body.parties],
        "materials": [material.model_dump() for material in body.materials],
        "facts": {},
        "collected_at": office.now,
        "online_case_no": case_no,
    }
    for _ in range(2):
        with office.database.begin() as session:
            now = office.tick()
            handle_event(session, office.work, "case.handedOver", collected, now, now)
    case = office.case(case_no)
    assert (case.state, case.paper) == (State.PAPER_IN_TRANSIT, PaperState.AWAITED)
    assert case.due_kind is ClockKind.DECISION


def test_a_suspended_case_stands_still_until_it_is_resumed(office: Office) -> None:
    case_no = office.receive(item="change-details")
    office.advance_to(case_no, State.FIRST_EXAMINED)
    examiner = STAFF[Role.SECOND_EXAMINER]
    office.do(case_no, Action.SUSPEND, examiner, "法院要求中止")
    assert clocks(office, case_no)[ClockKind.HANDLING].due_at is None
    with pytest.raises(ConflictError, match="transition_not_allowed"):
        office.do(case_no, Action.EXAMINE_SECOND)
    office.do(case_no, Action.RESUME, examiner, "中止原因消除")
    assert office.case(case_no).state is State.ACCEPTED
    assert clocks(office, case_no)[ClockKind.HANDLING].due_at is not None


def test_the_certificate_is_handed_out_to_somebody_named_or_posted_with_a_number(
    office: Office,
) -> None:
    case_no = office.receive(item="change-details")
    office.advance_to(case_no, State.ENGROSSED)
    issuer = STAFF[Role.ISSUING_CLERK]
    with pytest.raises(RefusedError, match="reference_missing"):
        office.do(case_no, Action.ISSUE_BY_POST, issuer)
    office.do(case_no, Action.ISSUE_BY_POST, issuer, reference="EMS123")
    with office.database.reading() as session:
        notes = [step.note for step in office.steps(session, case_no)]
    assert notes[-1] == "快递单号：EMS123"


def test_a_closed_file_lists_every_document_with_its_digest(office: Office) -> None:
    case_no = office.receive(item="change-details")
    office.advance_to(case_no, State.ISSUED)
    office.do(case_no, Action.ARCHIVE)
    with office.database.reading() as session:
        file = session.get(ArchiveFile, case_no)
        assert file is not None
        documents = json.loads(file.documents)
        materials = [material.digest for material in office.work_on(session, case_no).materials]
    assert [document["digest"] for document in documents] == [*materials, "c" * 64]
    assert office.case(case_no).state is State.ARCHIVED


def test_a_file_with_a_document_missing_is_not_closed(office: Office) -> None:
    case_no = office.receive(arrived=False)
    office.do(case_no, Action.WITHDRAW, ACCEPTOR, "申请人撤回")
    with pytest.raises(ConflictError, match="file_incomplete"):
        office.do(case_no, Action.ARCHIVE)


def test_the_promise_may_count_until_issuance(office: Office) -> None:
    with_flow(office, promise_until="issuance")
    case_no = office.receive(item="change-details")
    office.advance_to(case_no, State.RECORDED)
    assert clocks(office, case_no)[ClockKind.HANDLING].ended_at is None
    office.do(case_no, Action.ENGROSS)
    office.do(case_no, Action.ISSUE)
    assert clocks(office, case_no)[ClockKind.HANDLING].ended_at == office.now
