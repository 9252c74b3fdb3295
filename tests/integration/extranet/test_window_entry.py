"""Claims about cases that begin at a window, ours or another authority's, and about courts."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest
from extranet_office import FACTS, STAFF, UNIT, Office, person, picture
from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, CaseMaterial, PaperState
from extranet_zone.cases.ports import Obstacle, Outgoing
from extranet_zone.cases.rules import CHECKS
from extranet_zone.cases.services import entry
from extranet_zone.cases.services.documents import document
from extranet_zone.cases.services.entry import Entered, EnteredParty, NewFile
from extranet_zone.cases.services.incoming import handle_event
from extranet_zone.cases.services.pages import case_page
from extranet_zone.cases.states import Action, Mode, State
from extranet_zone.catalogue.marks import MarkList, load_marks
from extranet_zone.catalogue.reading import PACKAGED, read_edition
from extranet_zone.clocks.models import ClockRow
from extranet_zone.clocks.states import ClockKind
from extranet_zone.province.link import Event
from extranet_zone.province.models import CallState, ProvinceCall, ProvinceEvent
from extranet_zone.province.services import collect, deliver
from extranet_zone.roles import Role
from kernel.catalogue.conditions import Truth
from kernel.catalogue.exclusions import exclusions_of
from kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidValueError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)

CLERK = STAFF[Role.INTAKE_CLERK]
ELSEWHERE = "410105001001GB00001F00010001"
ITEM = "change-details"


def party(**change: str) -> EnteredParty:
    known = {
        "role": "holder",
        "name": "张三丰",
        "kind": "1",
        "document_type": "1",
        "document_no": "419001198001011232",
        "phone": "",
        "share": "",
    }
    return EnteredParty(**(known | change))


def open_entry(office: Office, unit_no: str = UNIT) -> str:
    with office.database.begin() as session:
        return entry.open_entry(session, office.work, ITEM, unit_no, CLERK, office.tick())


def fill(office: Office, case_no: str, checks: frozenset[str] = frozenset(CHECKS)) -> None:
    entered = Entered((party(),), {**FACTS[ITEM], "unknown": "x"}, checks)
    with office.database.begin() as session:
        entry.save_entry(session, office.work, case_no, entered, CLERK, office.tick())


def scan(office: Office, case_no: str, colour: str = "#0a0b0c") -> None:
    files = []
    for n, rule in enumerate(m for m in office.item(ITEM).materials if m.required):
        content = picture(f"{colour[:-1]}{n}")
        digest = office.store.put(io.BytesIO(content), 10**6).digest
        files.append(NewFile(rule.code, f"{rule.code}.png", digest, len(content), "image/png", 1))
    with office.database.begin() as session:
        entry.add_files(session, office.work, case_no, files, CLERK)


def entered(office: Office, unit_no: str = UNIT, colour: str = "#0a0b0c") -> str:
    case_no = open_entry(office, unit_no)
    fill(office, case_no)
    scan(office, case_no, colour)
    return case_no


def to_archive(office: Office, case_no: str) -> None:
    """A collected case, handled to its end."""
    for action in (
        Action.ACCEPT_DIRECT,
        Action.EXAMINE_FIRST,
        Action.EXAMINE_SECOND,
        Action.RECORD,
        Action.ENGROSS,
    ):
        office.do(case_no, action)
    office.do(case_no, Action.ISSUE_AT_WINDOW, STAFF[Role.ISSUING_CLERK], reference="张三丰")
    office.do(case_no, Action.ARCHIVE)


def calls(office: Office) -> list[ProvinceCall]:
    with office.database.reading() as session:
        found = list(session.scalars(select(ProvinceCall).order_by(ProvinceCall.created_at)))
        session.expunge_all()
        return found


def test_a_walk_in_case_goes_from_the_window_to_the_archive(office: Office) -> None:
    case_no = entered(office)
    assert case_no.startswith("C")
    office.do(case_no, Action.COLLECT)
    case = office.case(case_no)
    assert (case.mode, case.due_kind) == (Mode.OFFLINE, ClockKind.DECISION)
    to_archive(office, case_no)


def test_nothing_is_collected_before_every_check_is_made(office: Office) -> None:
    case_no = open_entry(office)
    fill(office, case_no, frozenset(CHECKS) - {"identity"})
    scan(office, case_no)
    with pytest.raises(RefusedError, match="check_unmade") as refused:
        office.do(case_no, Action.COLLECT)
    assert "身份证明" in refused.value.message
    fill(office, case_no)
    office.do(case_no, Action.COLLECT)


def test_the_same_paper_is_collected_once(office: Office) -> None:
    first = entered(office)
    second = open_entry(office)
    with pytest.raises(ConflictError, match="paper_collected_twice"):
        scan(office, second)
    office.do(first, Action.DISCARD_ENTRY, CLERK, "录错了")
    scan(office, second)


def test_what_is_collected_is_no_longer_edited(office: Office) -> None:
    case_no = entered(office)
    office.do(case_no, Action.COLLECT)
    with pytest.raises(ConflictError, match="entry_closed"):
        fill(office, case_no)


def test_only_who_enters_a_case_may_change_it(office: Office) -> None:
    case_no = open_entry(office)
    other = person("another", Role.INTAKE_CLERK)
    with pytest.raises(ForbiddenError, match="entry_of_other"), office.database.begin() as s:
        entry.save_entry(s, office.work, case_no, Entered((), {}, frozenset()), other, 1)
    examiner = STAFF[Role.FIRST_EXAMINER]
    with pytest.raises(ForbiddenError, match="role_not_allowed"), office.database.begin() as s:
        entry.open_entry(s, office.work, ITEM, UNIT, examiner, 1)


@pytest.mark.parametrize("unit_no", ["123", "110101001001GB00001F00010001"])
def test_a_unit_that_is_none_or_of_another_province_is_refused(
    office: Office, unit_no: str
) -> None:
    with pytest.raises(InvalidValueError):
        open_entry(office, unit_no)


def test_what_we_collect_for_another_city_is_handed_over_and_its_paper_posted(
    office: Office,
) -> None:
    case_no = entered(office, ELSEWHERE)
    assert office.case(case_no).home_authority == "410100"
    with pytest.raises(ConflictError, match="wrong_way_for_item"):
        office.do(case_no, Action.COLLECT)
    office.do(case_no, Action.COLLECT_FOR_OTHER, CLERK)
    assert office.case(case_no).due_kind is ClockKind.POST_PAPER
    [call] = calls(office)
    assert (call.operation, call.state, call.peer) == ("handOverCase", CallState.WAITING, "410100")
    assert len(json.loads(call.digests)) == len(json.loads(call.body)["materials"]) > 0
    with office.database.reading() as session:
        page = case_page(session, office.work, case_no, CLERK, office.now)
    assert "等待省级链路接通，尚未发送" in page.province
    with pytest.raises(RefusedError, match="reference_missing"):
        office.do(case_no, Action.POST_PAPER, CLERK)
    office.do(case_no, Action.POST_PAPER, CLERK, reference="EMS 1234567890")
    assert [call.operation for call in calls(office)] == ["handOverCase", "reportPaperPosted"]
    assert office.case(case_no).due_kind is None
    event(office, "case.concluded", case_no=case_no, result="已登簿发证")
    assert office.case(case_no).state is State.REMOTE_CONCLUDED


EXCLUDED_ELSEWHERE = [
    ("change-details", ELSEWHERE.replace("GB", "JB"), {}, "a", "集体土地相关登记"),
    ("change-details", ELSEWHERE.replace("GB", "GD"), {}, "b", "承包经营权"),
    ("change-details", ELSEWHERE.replace("F0001", "L0001"), {}, "c", "林权"),
    ("change-details", ELSEWHERE.replace("GB", "GN"), {}, "d", "国有农用地使用权相关登记"),
    ("change-details", ELSEWHERE[:19] + "W00000000", {}, "e", "国有土地使用权相关登记业务"),
    (
        "transfer-existing",
        ELSEWHERE,
        {"situation": "sale", "house_kind": "public_unpaid"},
        "n",
        "未补缴土地价款",
    ),
    ("transfer-existing", ELSEWHERE, {"situation": "restructuring"}, "o", "企业改制"),
    ("transfer-inheritance", ELSEWHERE, {"situation": "inheritance"}, "p", "非公证的继承"),
]


@pytest.mark.parametrize(
    ("item", "unit_no", "facts", "rule", "words"),
    EXCLUDED_ELSEWHERE,
    ids=[case[3] for case in EXCLUDED_ELSEWHERE],
)
def test_what_the_plan_excludes_is_not_collected_for_another_city(
    office: Office, item: str, unit_no: str, facts: dict[str, str], rule: str, words: str
) -> None:
    with office.database.begin() as session:
        case_no = entry.open_entry(session, office.work, item, unit_no, CLERK, office.tick())
        role = office.item(item).applicant_role
        stated = Entered((party(role=role),), facts, frozenset(CHECKS))
        entry.save_entry(session, office.work, case_no, stated, CLERK, office.tick())
    with pytest.raises(RefusedError, match="not_open_remotely") as refused:
        office.do(case_no, Action.COLLECT_FOR_OTHER, CLERK)
    assert refused.value.detail["rule"] == f"excluded_{rule}"
    assert words in refused.value.message
    with office.database.reading() as session:
        page = case_page(session, office.work, case_no, CLERK, office.now)
    [offer] = [found for found in page.offers if found.action is Action.COLLECT_FOR_OTHER]
    assert words in offer.blocked
    assert calls(office) == []
    assert office.case(case_no).state is State.ENTERED


def test_a_marked_unit_and_a_closed_item_are_not_collected_for_another_city(
    office: Office,
) -> None:
    case_no = entered(office, ELSEWHERE)
    mark = {"prefix": ELSEWHERE[:24], "kind": "legacy", "document": "郑自然资〔2021〕1号"}
    listed = MarkList.model_validate({"marks": [{"valid_from": "2021-06-11", **mark}]})
    with office.database.begin() as session:
        load_marks(session, listed, "sysadmin", office.tick())
    with pytest.raises(RefusedError, match="not_open_remotely") as refused:
        office.do(case_no, Action.COLLECT_FOR_OTHER, CLERK)
    assert refused.value.detail["rule"] == "excluded_k"
    with office.database.begin() as session:
        closed = entry.open_entry(
            session, office.work, "cancel-ownership", ELSEWHERE, CLERK, office.tick()
        )
    with pytest.raises(RefusedError, match="item_closed"):
        office.do(closed, Action.COLLECT_FOR_OTHER, CLERK)


@pytest.mark.parametrize(
    ("item", "people", "facts", "mark", "rule"),
    [
        (
            "transfer-existing",
            {"role": "transferor", "kind": "2", "document_type": "7"},
            {"situation": "sale", "land_vat": "yes"},
            "",
            "h",
        ),
        ("change-details", {}, {}, "legacy", "k"),
        ("change-details", {}, {}, "problem_estate", "l"),
        ("change-details", {}, {}, "unsurveyed", "m"),
    ],
    ids=["h", "k", "l", "m"],
)
def test_people_and_marks_that_the_plan_excludes_are_not_collected_for_another_city(
    office: Office, item: str, people: dict[str, str], facts: dict[str, str], mark: str, rule: str
) -> None:
    if mark:
        row = {"prefix": ELSEWHERE[:24], "kind": mark, "document": "郑自然资〔2021〕1号"}
        listed = MarkList.model_validate({"marks": [{"valid_from": "2021-06-11", **row}]})
        with office.database.begin() as session:
            load_marks(session, listed, "sysadmin", office.tick())
    with office.database.begin() as session:
        case_no = entry.open_entry(session, office.work, item, ELSEWHERE, CLERK, office.tick())
        stated = Entered((party(**people),), facts, frozenset(CHECKS))
        entry.save_entry(session, office.work, case_no, stated, CLERK, office.tick())
    with pytest.raises(RefusedError, match="not_open_remotely") as refused:
        office.do(case_no, Action.COLLECT_FOR_OTHER, CLERK)
    assert refused.value.detail["rule"] == f"excluded_{rule}"


@pytest.mark.parametrize("rule", ["f", "g", "j"])
def test_what_no_open_item_can_be_is_excluded_by_its_item(office: Office, rule: str) -> None:
    """On-site inspection and acts of office: every item that has them is closed as a whole."""
    edition = read_edition(PACKAGED)
    subjects = {
        "f": {"item.effect": "mortgage", "fact.mortgaged_kind": "4", "item.site_visit": "yes"},
        "g": {
            "item.right_type": "4",
            "item.effect": "right_cancellation",
            "item.site_visit": "yes",
        },
        "j": {"item.initiator": "authority"},
    }[rule]
    held = {subject: frozenset({value}) for subject, value in subjects.items()}
    found = exclusions_of(edition, held, date(2026, 1, 5))
    assert rule in {one.rule.code for one in found if one.truth is Truth.YES}
    open_items = [item for item in edition.items if item.remote.open]
    assert not any(item.flow.site_visit or item.initiator == "authority" for item in open_items)


def test_the_plan_s_exclusions_close_nothing_at_the_home_window(office: Office) -> None:
    mark = {"prefix": UNIT[:24], "kind": "legacy", "document": "济自然资〔2021〕1号"}
    listed = MarkList.model_validate({"marks": [{"valid_from": "2021-06-11", **mark}]})
    with office.database.begin() as session:
        load_marks(session, listed, "sysadmin", office.tick())
    office.do(entered(office), Action.COLLECT)


def event(office: Office, kind: str, **body: object) -> None:
    with office.database.begin() as session:
        now = office.tick()
        handle_event(session, office.work, kind, body, now, now)


def handed_over(office: Office, **change: object) -> dict[str, object]:
    application = office.application(item=ITEM)
    return {
        "case_no": "C202601050000018",
        "collecting_authority": "410100",
        "item_code": ITEM,
        "unit_no": UNIT,
        "applicant": "张三丰",
        "parties": [p.model_dump() for p in application.parties],
        "materials": [m.model_dump() for m in application.materials],
        "facts": {"reason": "更名"},
        "collected_at": office.now,
    } | change


def only_case(office: Office) -> Case:
    with office.database.reading() as session:
        [case] = session.scalars(select(Case)).all()
        session.expunge(case)
        return case


def test_what_another_city_collected_becomes_a_case_of_ours_once(office: Office) -> None:
    body = handed_over(office)
    event(office, "case.handedOver", **body)
    event(office, "case.handedOver", **body)
    case = only_case(office)
    assert (case.state, case.paper) == (State.PAPER_IN_TRANSIT, PaperState.AWAITED)
    assert case.due_kind is ClockKind.DECISION
    office.do(case.case_no, Action.ACCEPT_DIRECT)
    office.do(case.case_no, Action.EXAMINE_FIRST)
    office.do(case.case_no, Action.EXAMINE_SECOND)
    with pytest.raises(ConflictError, match="wrong_way_for_item") as refused:
        office.do(case.case_no, Action.RECORD)
    assert "纸质材料" in refused.value.message
    acceptor = STAFF[Role.ACCEPTANCE_CLERK]
    office.do(case.case_no, Action.RECEIVE_PAPER, acceptor, reference="EMS1")
    office.do(case.case_no, Action.RECORD)


@pytest.mark.parametrize(
    ("item", "unit_no", "facts", "rule", "words"),
    EXCLUDED_ELSEWHERE,
    ids=[case[3] for case in EXCLUDED_ELSEWHERE],
)
def test_what_the_plan_excludes_is_declined_and_answered_when_it_is_handed_over(
    office: Office, item: str, unit_no: str, facts: dict[str, str], rule: str, words: str
) -> None:
    ours = UNIT[:6] + unit_no[6:]
    body = handed_over(office, item_code=item, unit_no=ours, facts=facts)
    event(office, "case.handedOver", **body)
    event(office, "case.handedOver", **body)
    case = only_case(office)
    assert case.state is State.DECLINED
    with office.database.reading() as session:
        steps = office.steps(session, case.case_no)
        assert session.scalars(select(CaseMaterial)).all()
        assert all(clock.ended_at for clock in session.scalars(select(ClockRow)))
    [step] = [step for step in steps if step.action == Action.DECLINE.value]
    assert words in step.note
    [call] = [call for call in calls(office) if call.operation == "reportConclusion"]
    assert call.peer == "410100"
    told = json.loads(call.body)
    assert told["case_no"] == body["case_no"]
    assert words in told["result"]


def test_a_closed_item_and_a_marked_unit_are_declined_when_handed_over(office: Office) -> None:
    mark = {"prefix": UNIT[:24], "kind": "problem_estate", "document": "济自然资〔2021〕1号"}
    listed = MarkList.model_validate({"marks": [{"valid_from": "2021-06-11", **mark}]})
    with office.database.begin() as session:
        load_marks(session, listed, "sysadmin", office.tick())
    event(office, "case.handedOver", **handed_over(office))
    assert only_case(office).state is State.DECLINED
    [call] = [call for call in calls(office) if call.operation == "reportConclusion"]
    assert "经认定的问题楼盘" in json.loads(call.body)["result"]


def test_paper_that_differs_reopens_the_decision(office: Office) -> None:
    event(office, "case.handedOver", **handed_over(office))
    case_no = only_case(office).case_no
    office.do(case_no, Action.ACCEPT_DIRECT)
    acceptor = STAFF[Role.ACCEPTANCE_CLERK]
    office.do(case_no, Action.PAPER_DIFFERS, acceptor, "纸质合同缺页")
    case = office.case(case_no)
    assert (case.state, case.due_kind) == (State.COLLECTED, ClockKind.DECISION)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"unit_no": ELSEWHERE}, "handover_not_home"),
        ({"item_code": "nothing"}, "item_unknown"),
        ({"colour": "red"}, "event_invalid"),
    ],
)
def test_a_wrong_hand_over_is_refused(office: Office, change: dict[str, object], code: str) -> None:
    with pytest.raises(RefusedError, match=code):
        event(office, "case.handedOver", **handed_over(office, **change))


def test_a_number_stands_for_one_hand_over(office: Office) -> None:
    event(office, "case.handedOver", **handed_over(office))
    with pytest.raises(ConflictError, match="handover_differs"):
        event(office, "case.handedOver", **handed_over(office, applicant="李小四"))


def court(request: str = "seizure", **change: object) -> dict[str, object]:
    return {
        "request_no": "CK-2026-1",
        "court": "济源市人民法院",
        "court_code": "419001",
        "court_case_no": "（2026）豫9001执1号",
        "judge": "样法官",
        "document_no": "（2026）豫9001执1号之一",
        "request": request,
        "unit_no": UNIT,
        "facts": {},
        "requested_at": 1,
    } | change


@pytest.mark.parametrize(("request_kind", "recorded"), [("seizure", 1), ("inquiry", 0)])
def test_a_court_s_request_runs_by_itself_to_its_answer(
    office: Office, request_kind: str, recorded: int
) -> None:
    event(office, "restraint.requested", **court(request_kind))
    event(office, "restraint.requested", **court(request_kind))
    case = only_case(office)
    assert (case.mode, case.state) == (Mode.COURT, State.RESTRAINT_ANSWERED)
    assert len(office.register.recorded) == recorded
    [answer] = calls(office)
    body = json.loads(answer.body)
    assert (answer.operation, body["request_no"]) == ("answerRestraint", "CK-2026-1")
    assert body["controlled"] is bool(recorded)
    with office.database.reading() as session:
        [clock] = office.work.clocks.clocks_of(session, case.case_no)
        assert (clock.kind, clock.late) == (ClockKind.RESTRAINT, 0)


@pytest.mark.parametrize("unit_no", ["419001", "419001001001GB00009F00010001"])
def test_what_a_court_names_wrongly_goes_to_a_person(office: Office, unit_no: str) -> None:
    event(office, "restraint.requested", **court(unit_no=unit_no))
    case = only_case(office)
    assert case.state is State.RESTRAINT_WITH_PERSON
    assert calls(office) == []
    examiner = STAFF[Role.FIRST_EXAMINER]
    office.do(case.case_no, Action.REJECT_RESTRAINT, examiner, "登记簿上没有该单元")
    assert office.case(case.case_no).state is State.RESTRAINT_ANSWERED
    [answer] = calls(office)
    assert json.loads(answer.body)["reason"] == "登记簿上没有该单元"


def test_what_the_register_refuses_at_recording_goes_to_a_person(office: Office) -> None:
    office.register.fails = ConflictError("register_obstacle", "登记簿限制：份额不符")
    event(office, "restraint.requested", **court())
    case = only_case(office)
    assert case.state is State.RESTRAINT_WITH_PERSON
    assert office.register.recorded == []
    office.register.fails = None
    office.do(case.case_no, Action.SETTLE_RESTRAINT, STAFF[Role.FIRST_EXAMINER], "已核实")
    assert office.case(case.case_no).state is State.RESTRAINT_ANSWERED


def test_an_obstacle_stops_the_court_s_automatic_way(office: Office) -> None:
    office.register.standing = [Obstacle("queued", "须轮候", blocking=True)]
    event(office, "restraint.requested", **court())
    assert only_case(office).state is State.RESTRAINT_WITH_PERSON


@dataclass
class FakeLink:
    """A hub with memory."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    waiting: list[Event] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    fails: Exception | None = None

    def send(self, operation: str, key: str, _body: object, _files: object) -> None:
        if self.fails:
            raise self.fails
        self.sent.append((operation, key))

    def events(self) -> list[Event]:
        return [event for event in self.waiting if event.id not in self.acknowledged]

    def fetch(self, _digest: str) -> None:
        return

    def acknowledge(self, event: str) -> None:
        self.acknowledged.append(event)


def queue(office: Office, key: str = "k1") -> None:
    call = Outgoing("handOverCase", key, "C202601050000018", "410100", {"a": 1})
    with office.database.begin() as session:
        office.work.province.enqueue(session, call, office.now)


def test_a_call_waits_while_the_way_is_closed_and_is_made_once(office: Office) -> None:
    queue(office)
    queue(office)
    link = FakeLink(fails=UnavailableError("province_unavailable", "连不上"))
    assert deliver(office.database, link, office.clock) == 0
    [call] = calls(office)
    assert (call.state, call.attempts, call.error) == (CallState.WAITING, 1, "连不上")
    link.fails = None
    assert deliver(office.database, link, office.clock) == 0  # Its pause is not over.
    office.clock.advance(timedelta(minutes=1))
    assert deliver(office.database, link, office.clock) == 1
    assert deliver(office.database, link, office.clock) == 0
    assert link.sent == [("handOverCase", "k1")]


def test_what_the_counterpart_refuses_is_kept_with_its_reason(office: Office) -> None:
    queue(office)
    link = FakeLink(fails=RefusedError("counterpart_refused", "对方拒收（409）"))
    deliver(office.database, link, office.clock)
    [call] = calls(office)
    assert (call.state, call.error) == (CallState.REFUSED, "对方拒收（409）")


def test_an_event_that_is_refused_is_kept_and_stops_no_other(office: Office) -> None:
    link = FakeLink(
        waiting=[
            Event("e1", "nonsense", {}),
            Event("e2", "restraint.requested", court("inquiry")),
        ]
    )

    def handle(
        session: Session, kind: str, body: Mapping[str, object], now: int, arrived: int
    ) -> None:
        handle_event(session, office.work, kind, body, now, arrived)

    assert collect(office.database, link, office.clock, handle) == 2
    assert link.acknowledged == ["e1", "e2"]
    with office.database.reading() as session:
        codes = dict(session.execute(select(ProvinceEvent.id, ProvinceEvent.code)).all())
    assert codes == {"e1": "event_unknown", "e2": ""}


def test_another_authority_s_case_does_not_exist_for_its_clerk(office: Office) -> None:
    mine = office.receive()
    foreign = replace(person("zhengzhou", Role.FIRST_EXAMINER), authority="410100")
    for ask in (
        lambda s: case_page(s, office.work, mine, foreign, office.now),
        lambda s: document(s, office.work, mine, "intake_receipt", 0, foreign),
    ):
        with pytest.raises(NotFoundError, match="case_unknown"), office.database.begin() as session:
            ask(session)
    with pytest.raises(NotFoundError, match="case_unknown"):
        office.do(mine, Action.PASS_PRELIMINARY, foreign)
