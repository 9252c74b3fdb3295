"""Claims about notices of defects on the portal: shown, answered once and whole, sent on."""

import io
import json

import pytest
from appliance.sample.people import SELLER
from portal_office import Browser, PortalOffice, picture
from sqlalchemy import select

from kernel.exchange.models import OutboxMessage
from kernel.messages import BillStated, Kind, PaymentStated, SupplementRequested


def ask(office: PortalOffice, case_no: str, notice: int = 1, *materials: str) -> None:
    office.receive(
        Kind.SUPPLEMENT_REQUESTED,
        SupplementRequested(
            case_no=case_no,
            notice=notice,
            defects=["合同缺第 3 页", "身份证照片模糊"],
            materials=list(materials),
            requested_at=office.now,
        ),
    )


def answer(buyer: Browser, draft: str, *files: tuple[str, bytes], remark: str = "") -> int:
    fields: dict[str, list[tuple[io.BytesIO, str]]] = {}
    for n, (code, data) in enumerate(files):
        fields.setdefault(f"file_{code}", []).append((io.BytesIO(data), f"{n}.jpg"))
    page = f"{draft}/supplement"
    return buyer.post(page, page, remark=remark, **fields).status_code


def sent(office: PortalOffice, kind: Kind) -> list[OutboxMessage]:
    with office.database.reading() as session:
        found = list(
            session.scalars(
                select(OutboxMessage)
                .where(OutboxMessage.kind == kind.value)
                .order_by(OutboxMessage.created, OutboxMessage.ordinal)
            )
        )
        session.expunge_all()
        return found


def test_the_applicant_sees_everything_that_is_missing_and_only_those_files(
    office: PortalOffice, buyer: Browser
) -> None:
    draft, case_no = office.submitted(buyer)
    assert buyer.get(f"{draft}/supplement").status_code == 303
    ask(office, case_no, 1, "contract")
    assert "身份证照片模糊" in buyer.get(draft).text
    page = buyer.get(f"{draft}/supplement").text
    assert "合同缺第 3 页" in page
    assert 'name="file_contract"' in page
    assert 'name="file_identity"' not in page


def test_one_answer_travels_with_its_files_and_closes_the_notice(
    office: PortalOffice, buyer: Browser
) -> None:
    draft, case_no = office.submitted(buyer)
    ask(office, case_no)
    ask(office, case_no)
    before = len(sent(office, Kind.MATERIALS_DELIVERED))
    files = (("contract", picture(900)), ("identity", picture(901)))
    assert answer(buyer, draft, *files, remark="已补全") == 303
    [message] = sent(office, Kind.SUPPLEMENT_SUBMITTED)
    body = json.loads(message.body)
    assert (body["notice"], body["remark"], len(body["materials"])) == (1, "已补全", 2)
    delivered = sent(office, Kind.MATERIALS_DELIVERED)[before:]
    digests = {blob["digest"] for row in delivered for blob in json.loads(row.blobs)}
    assert digests == {material["digest"] for material in body["materials"]}
    page = buyer.get(draft).text
    assert "补正材料已提交" in page
    assert 'id="supplement"' not in page
    assert buyer.get(f"{draft}/supplement").status_code == 303
    ask(office, case_no, 2)
    assert 'id="supplement"' in buyer.get(draft).text


@pytest.mark.parametrize("files", [(), (("contract", b"no picture"),)])
def test_an_answer_that_is_not_whole_sends_nothing(
    office: PortalOffice, buyer: Browser, files: tuple[tuple[str, bytes], ...]
) -> None:
    draft, case_no = office.submitted(buyer)
    ask(office, case_no)
    good = (("identity", picture(7)),) if files else ()
    assert answer(buyer, draft, *files, *good) == 422
    assert sent(office, Kind.SUPPLEMENT_SUBMITTED) == []
    assert buyer.get(f"{draft}/supplement").status_code == 200


def test_nobody_answers_somebody_else_s_notice(office: PortalOffice, buyer: Browser) -> None:
    draft, case_no = office.submitted(buyer)
    ask(office, case_no)
    stranger = office.browser(SELLER)
    assert stranger.get(f"{draft}/supplement").status_code == 404


def test_without_a_notice_there_is_nothing_to_answer(office: PortalOffice, buyer: Browser) -> None:
    draft, _case_no = office.submitted(buyer)
    refused = buyer.post(f"{draft}/supplement", "/account/password", remark="")
    assert refused.status_code == 409
    assert 'data-code="no_open_notice"' in refused.text


def test_what_is_owed_is_shown_until_it_is_paid(office: PortalOffice, buyer: Browser) -> None:
    draft, case_no = office.submitted(buyer)

    def state(at: int, paid: int | None, fen: int | None = 8000) -> None:
        bill = BillStated(number=1, title="不动产登记费", amount_fen=fen, paid_at=paid)
        body = PaymentStated(case_no=case_no, bills=[bill], stated_at=at)
        office.receive(Kind.PAYMENT_STATED, body)

    state(office.now - 1, None, None)
    assert "金额待核定：<strong>未缴" in buyer.get(draft).text
    state(office.now, None)
    assert "80.00 元：<strong>未缴" in buyer.get(draft).text
    state(office.now + 2, office.now)
    state(office.now + 1, None)
    page = buyer.get(draft).text
    assert "未缴" not in page
    assert "缴清" in page


def test_who_goes_to_a_window_chooses_which(office: PortalOffice, buyer: Browser) -> None:
    draft = buyer.start()
    buyer.fill(draft)
    assert "到异地登记机构受理" in buyer.get(f"{draft}/sign").text
    wrong = buyer.sign(draft, collecting_authority="999999")
    assert (wrong.status_code, "请从列表中选择受理机构" in wrong.text) == (422, True)
    assert buyer.sign(draft, collecting_authority="410100").status_code == 303
    [message] = sent(office, Kind.APPLICATION_SUBMITTED)
    assert json.loads(message.body)["collecting_authority"] == "410100"


def test_who_goes_to_no_window_chooses_none(buyer: Browser) -> None:
    draft = buyer.start(mode="online")
    buyer.fill(draft)
    assert "到异地登记机构受理" not in buyer.get(f"{draft}/sign").text
    assert buyer.sign(draft, collecting_authority="410100").status_code == 422
