"""Claims about the sandbox behind the link: each counterpart's whole way, and each way to fail."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from appliance.sandbox.counterparts import CITY, TAX_FEN
from extranet_office import STAFF, UNIT, person
from integration.extranet.province_hub import TOKEN, Hub, running_hub
from integration.register.stock_samples import BUYER
from real_office import OWNER, OWNER_NO, SECOND, RealOffice
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_window_entry import ELSEWHERE, calls, entered

from extranet_zone.cases.models import Bill, Case, CaseMaterial, PaperState
from extranet_zone.cases.services.fees import CatalogueFees
from extranet_zone.cases.services.incoming import handle_event
from extranet_zone.cases.services.pages import case_page
from extranet_zone.cases.states import Action, MaterialState, State
from extranet_zone.province import link as link_module
from extranet_zone.province.alarms import province_alarms
from extranet_zone.province.link import HttpLink
from extranet_zone.province.models import CallState, ProvinceEvent
from extranet_zone.province.services import collect, deliver
from extranet_zone.province.settings import ProvinceSettings
from extranet_zone.roles import Role
from kernel.errors import UnavailableError
from kernel.vocabulary.dictionaries import SeizureKind

MOST_ROUNDS = 5


class Linked(RealOffice):
    """The office and the way to the hub."""

    link: HttpLink

    def round(self) -> int:
        """What the worker does at each turn."""

        def handle(
            session: Session, kind: str, body: Mapping[str, object], now: int, arrived: int
        ) -> None:
            handle_event(session, self.work, kind, body, now, arrived)
            self.tick()

        return deliver(self.database, self.link, self.clock) + collect(
            self.database, self.link, self.clock, handle
        )

    def talk(self) -> None:
        """Until nobody has anything to say."""
        for _ in range(MOST_ROUNDS):
            if not self.round():
                return
        raise AssertionError("they talk without end")

    def newest(self) -> Case:
        with self.database.reading() as session:
            case = session.scalars(select(Case).order_by(Case.received_at.desc()).limit(1)).one()
            session.expunge(case)
            return case

    def province_of(self, case_no: str) -> str:
        with self.database.begin() as session:
            clerk = STAFF[Role.ARCHIVE_CLERK]
            return case_page(session, self.work, case_no, clerk, self.now).province

    def alarms(self) -> dict[str, str]:
        with self.database.reading() as session:
            return {alarm.code: alarm.words for alarm in province_alarms(session, self.now)}

    def codes(self) -> list[str]:
        """Why events had no effect."""
        with self.database.reading() as session:
            found = session.scalars(select(ProvinceEvent.code).where(ProvinceEvent.code != ""))
            return list(found)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with running_hub(tmp_path / "sandbox") as running:
        yield running


@pytest.fixture
def linked(hub: Hub, tmp_path: Path) -> Iterator[Linked]:
    token = tmp_path / "province.token"
    token.write_text(TOKEN)
    office = Linked(tmp_path / "office")
    office.link = HttpLink(ProvinceSettings(url=hub.url, token_file=token), office.store)
    try:
        yield office
    finally:
        office.database.dispose()


def press(hub: Hub, button: str, **form: str) -> None:
    """What somebody does on the sandbox's page."""
    answer = requests.post(f"{hub.url}/{button}", data=form, timeout=30, allow_redirects=False)
    assert answer.status_code == 303, answer.text


def court(hub: Hub, request: str, **form: str) -> None:
    press(hub, "court", **{"request": request, "unit_no": UNIT, "debtor": OWNER, **form})


def sale(hub: Hub, linked: Linked) -> str:
    """A sale that the other city collected has arrived; its number with us."""
    people = {"seller": OWNER, "seller_no": OWNER_NO, "buyer": BUYER[0], "buyer_no": BUYER[1]}
    press(hub, "city", unit_no=UNIT, **people)
    linked.talk()
    return linked.newest().case_no


def examine(linked: Linked, case_no: str) -> None:
    """From its arrival to the second examination."""
    clerk = STAFF[Role.ACCEPTANCE_CLERK]
    linked.do(case_no, Action.RECEIVE_PAPER, clerk, reference="EMS1")
    spatial = linked.item(linked.case(case_no).item_code).spatial_review
    linked.do(case_no, Action.ACCEPT if spatial else Action.ACCEPT_DIRECT)
    if spatial:
        linked.conclude(case_no)
    linked.do(case_no, Action.EXAMINE_FIRST)
    linked.do(case_no, Action.EXAMINE_SECOND)


def test_a_court_seizes_queues_renews_and_releases_over_http(hub: Hub, linked: Linked) -> None:
    court(hub, "seizure", term_months="36", document_no="甲1")
    court(hub, "seizure", term_months="12", document_no="乙1", court="郑州铁路运输法院")
    linked.talk()
    assert [one.kind for one in linked.seizures()] == [SeizureKind.SEIZURE, SeizureKind.QUEUED]
    first, second = hub.told("answerRestraint")
    assert (first["place"], second["place"]) == (1, 2)
    court(hub, "renewal", term_months="6", seizure_document_no="甲1")
    linked.talk()
    assert linked.seizures()[0].term_to == "2029-07-04"
    court(hub, "release", seizure_document_no="甲1")
    linked.talk()
    [left] = linked.seizures()
    assert (left.document_no, left.kind) == ("乙1", SeizureKind.SEIZURE)
    assert "反馈法院：对方已接收，答复：法院已收到反馈" in linked.province_of(
        linked.newest().case_no
    )


def test_a_court_s_inquiry_is_answered_over_http(hub: Hub, linked: Linked) -> None:
    court(hub, "inquiry", unit_no="", debtor_document_no=OWNER_NO)
    linked.talk()
    [answer] = hub.told("answerRestraint")
    records = answer["records"]
    assert isinstance(records, list)
    assert [record["unit_no"] for record in records] == [UNIT, SECOND]


def test_what_the_other_city_collects_is_recorded_and_answered(hub: Hub, linked: Linked) -> None:
    case_no = sale(hub, linked)
    case = linked.case(case_no)
    assert (case.state, case.collecting_authority) == (State.PAPER_IN_TRANSIT, CITY)
    with linked.database.reading() as session:
        states = set(session.scalars(select(CaseMaterial.state)))
    assert states == {MaterialState.PRESENT}
    assert "答复：已网签备案" in linked.province_of(case_no)
    examine(linked, case_no)
    for action in (Action.RECORD, Action.ENGROSS):
        linked.do(case_no, action)
    issuing = STAFF[Role.ISSUING_CLERK]
    linked.do(case_no, Action.ISSUE_BY_POST, issuing, reference="EMS2")
    linked.talk()
    [concluded] = hub.told("reportConclusion")
    assert concluded["case_no"] == case.external_no
    assert concluded["certificate_no"] == linked.case(case_no).certificate_no != ""
    shown = linked.province_of(case_no)
    assert "告知收件机构办结：对方已接收，答复：已告知申请人" in shown
    assert "证书邮寄：对方已接收，答复：已签收" in shown


def test_what_we_collect_is_handed_over_and_its_answer_ends_it(hub: Hub, linked: Linked) -> None:
    clerk = person("intake-clerk", Role.INTAKE_CLERK)
    case_no = entered(linked, ELSEWHERE)
    linked.do(case_no, Action.COLLECT_FOR_OTHER, clerk)
    linked.talk()
    assert "答复：属地登记机构已收件" in linked.province_of(case_no)
    assert linked.case(case_no).state is State.COLLECTED_FOR_OTHER
    [body] = hub.told("handOverCase")
    assert {material["digest"] for material in body["materials"]} == hub.files  # type: ignore[attr-defined]
    linked.do(case_no, Action.POST_PAPER, clerk, reference="EMS3")
    linked.talk()
    assert linked.case(case_no).state is State.REMOTE_CONCLUDED


def test_an_online_case_is_collected_at_the_chosen_window_elsewhere(
    hub: Hub, linked: Linked
) -> None:
    application = linked.application().model_copy(update={"collecting_authority": CITY})
    parties = [
        party.model_copy(update={"name": one[0], "document_no": one[1]})
        for party, one in zip(application.parties, ((OWNER, OWNER_NO), BUYER), strict=True)
    ]
    case_no = linked.receive_body(application.model_copy(update={"parties": parties}))
    linked.do(case_no, Action.PASS_PRELIMINARY)
    linked.talk()
    case = linked.case(case_no)
    assert (case.state, case.external_no) == (State.PAPER_IN_TRANSIT, f"Y{case_no}")
    assert case.paper is PaperState.AWAITED
    with linked.database.reading() as session:
        notes = [step.note for step in linked.steps(session, case_no)]
    assert f"快递单号：样例快递Y{case_no}" in notes


def owing(hub: Hub, linked: Linked) -> str:
    object.__setattr__(linked.work, "fees", CatalogueFees())
    case_no = sale(hub, linked)
    examine(linked, case_no)
    assert linked.case(case_no).state is State.AWAITING_PAYMENT
    return case_no


def bills(linked: Linked, case_no: str) -> list[Bill]:
    with linked.database.reading() as session:
        found = list(session.scalars(select(Bill).where(Bill.case_no == case_no)))
        session.expunge_all()
        return found


def test_fee_and_tax_are_paid_by_the_counterparts_answer(hub: Hub, linked: Linked) -> None:
    case_no = owing(hub, linked)
    assert [(bill.kind.value, bill.amount_fen) for bill in bills(linked, case_no)] == [
        ("fee", 8000),
        ("tax", None),
    ]
    linked.talk()
    assert linked.case(case_no).state is State.EXAMINED
    fee, tax = bills(linked, case_no)
    assert (fee.amount_fen, tax.amount_fen) == (8000, TAX_FEN)
    assert fee.receipt_no.startswith("样例非税收入票据")
    assert tax.receipt_no.startswith("样例税收完税证明")
    assert "税款已核定并缴清" in linked.province_of(case_no)


def test_who_paid_at_the_window_is_not_asked_again(hub: Hub, linked: Linked) -> None:
    case_no = owing(hub, linked)
    clerk = STAFF[Role.ACCEPTANCE_CLERK]
    linked.do(case_no, Action.CONFIRM_PAYMENT, clerk, reference="窗口凭证 1")
    linked.talk()
    assert hub.told("requestPayment") == []
    states = {call.operation: call.state for call in calls(linked)}
    assert states["requestPayment"] is CallState.WITHDRAWN


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_fen": 1}, "bill_amount_differs"),
        ({"number": 9}, "bill_unknown"),
        ({"case_no": "W202601050000015"}, "case_unknown"),
        ({"receipt_no": ""}, "event_invalid"),
    ],
)
def test_a_wrong_payment_answer_changes_nothing_and_raises_an_alarm(
    hub: Hub, linked: Linked, change: dict[str, object], code: str
) -> None:
    case_no = owing(hub, linked)
    body = {"case_no": case_no, "number": 1, "receipt_no": "凭证", "amount_fen": 8000} | change
    hub.store.tell("wrong", "bill.paid", body)
    press(hub, "mode", mode="refuse")  # Only the wrong answer shall arrive.
    linked.round()
    hub.contract.broken.clear()
    assert linked.codes() == [code]
    assert linked.alarms()["province_event_refused"] == f"bill.paid（{code}）1 件"
    assert linked.case(case_no).state is State.AWAITING_PAYMENT
    assert all(bill.paid_at is None for bill in bills(linked, case_no))


def test_an_event_that_comes_twice_has_one_effect(hub: Hub, linked: Linked) -> None:
    court(hub, "seizure", term_months="36")
    [event] = hub.store.waiting(1)
    linked.talk()
    hub.store.tell("again", event.kind, event.body)
    linked.talk()
    assert len(linked.seizures()) == 1
    assert len(hub.told("answerRestraint")) == 1


@pytest.mark.parametrize(("damaged", "codes"), [(False, ["event_file_missing"]), (True, [])])
def test_a_file_that_is_missing_or_damaged_holds_up_no_other_event(
    hub: Hub, linked: Linked, damaged: bool, codes: list[str]
) -> None:
    people = {"seller": OWNER, "seller_no": OWNER_NO, "buyer": BUYER[0], "buyer_no": BUYER[1]}
    press(hub, "city", unit_no=SECOND, **people)
    file = next((hub.folder / "files").iterdir())
    whole = file.read_bytes()
    if damaged:
        file.write_bytes(whole[:-1])
    else:
        file.unlink()
    court(hub, "seizure", term_months="36")
    linked.round()
    assert len(linked.seizures()) == 1
    assert linked.codes() == codes
    file.write_bytes(whole)
    linked.talk()
    with linked.database.reading() as session:
        handed = select(Case).where(Case.unit_no == SECOND)
        assert len(session.scalars(handed).all()) == int(damaged)


def test_an_answer_to_a_call_we_never_made_is_kept_and_told(hub: Hub, linked: Linked) -> None:
    said = {"key": "nobody", "words": "已收到", "answered_at": 1}
    hub.store.tell("stray", "call.answered", said)
    linked.talk()
    assert linked.codes() == ["call_unknown"]
    assert "call.answered（call_unknown）" in linked.alarms()["province_event_refused"]


@pytest.mark.parametrize("mode", ["down", "nonsense"])
def test_a_counterpart_that_fails_loses_nothing(hub: Hub, linked: Linked, mode: str) -> None:
    case_no = owing(hub, linked)
    court(hub, "seizure", unit_no=SECOND, term_months="36")
    press(hub, "mode", mode=mode)
    with pytest.raises(UnavailableError, match="province_unavailable") as said:
        linked.round()
    assert said.value.message.startswith("省级链路")
    press(hub, "mode", mode="normal")
    linked.clock.advance(timedelta(minutes=1))
    linked.talk()
    assert linked.case(case_no).state is State.EXAMINED
    assert len(linked.seizures(SECOND)) == 1


def test_a_call_that_does_not_go_through_for_an_hour_raises_an_alarm(
    hub: Hub, linked: Linked
) -> None:
    owing(hub, linked)
    press(hub, "mode", mode="down")
    with pytest.raises(UnavailableError):
        linked.round()
    assert linked.alarms() == {}
    linked.clock.advance(timedelta(hours=2))
    assert "次调用发不出去" in linked.alarms()["province_late"]


def test_a_refused_call_is_told_with_its_reason(hub: Hub, linked: Linked) -> None:
    case_no = owing(hub, linked)
    press(hub, "mode", mode="refuse")
    linked.round()
    assert "缴款通知：对方拒收（对方拒收（409）：沙箱按演练要求拒收）" in linked.province_of(
        case_no
    )
    assert "被拒收或逾期" in linked.alarms()["province_refused"]


def test_a_counterpart_that_is_too_slow_is_tried_again(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(link_module, "TIMEOUT", (5.0, 0.2))
        linked.link._url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UnavailableError, match="province_unavailable"):
            linked.link.events()


def test_a_short_message_that_is_old_is_not_sent_any_more(hub: Hub, linked: Linked) -> None:
    case_no = linked.receive()
    linked.do(case_no, Action.HAND_BACK, STAFF[Role.PRELIMINARY_REVIEWER], "缺少合同")
    linked.clock.advance(timedelta(days=2))
    linked.talk()
    [call] = calls(linked)
    assert (call.operation, call.state) == ("sendMessage", CallState.EXPIRED)
    assert hub.told("sendMessage") == []


def test_a_short_message_names_nobody_and_its_receipt_is_shown(hub: Hub, linked: Linked) -> None:
    case_no = linked.receive()
    linked.do(case_no, Action.HAND_BACK, STAFF[Role.PRELIMINARY_REVIEWER], "缺少合同")
    linked.talk()
    [message] = hub.told("sendMessage")
    assert message["words"] == f"您的不动产登记业务 {case_no} 预审未通过，请登录网上平台查看原因。"
    assert "短信：对方已接收，答复：已送达手机" in linked.province_of(case_no)


def test_the_page_shows_what_came_and_works_only_from_itself(hub: Hub, linked: Linked) -> None:
    court(hub, "seizure", term_months="36")
    linked.talk()
    page = requests.get(hub.url, timeout=30).text
    assert "法院：查控反馈" in page
    assert "平台已取走" in page
    answer = requests.post(
        f"{hub.url}/mode",
        data={"mode": "down"},
        headers={"Origin": "http://elsewhere.example"},
        timeout=30,
    )
    assert answer.status_code == 403


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    (folder / "token").write_text(TOKEN)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "appliance.sandbox", "--folder", str(folder)),
            *("--port", str(port), "--token-file", str(folder / "token")),
        ],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        start_new_session=True,  # So that its worker can be killed with it.
    )
    for _ in range(600):
        try:
            if requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).ok:
                return process
        except requests.RequestException:
            time.sleep(0.1)
    kill(process)
    raise AssertionError("the sandbox does not answer")


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_the_sandbox_is_a_process_that_keeps_what_waits_when_it_is_killed(
    linked: Linked, tmp_path: Path
) -> None:
    folder, port = tmp_path / "process", free_port()
    folder.mkdir()
    process = start(folder, port)
    try:
        form = {"request": "seizure", "unit_no": UNIT, "debtor": OWNER, "term_months": "36"}
        requests.post(f"http://127.0.0.1:{port}/court", data=form, timeout=30)
        kill(process)
        process = start(folder, port)
        linked.link._url = f"http://127.0.0.1:{port}"
        linked.talk()
        assert [one.kind for one in linked.seizures()] == [SeizureKind.SEIZURE]
    finally:
        kill(process)
