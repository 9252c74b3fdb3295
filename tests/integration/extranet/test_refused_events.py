"""Claims about events that were refused: shown, tried again with one effect, or set aside."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from extranet_console import ConsoleOffice
from extranet_office import STAFF, Office
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_window_entry import court, handed_over, only_case

from extranet_zone.cases.events import BillPaid
from extranet_zone.cases.models import Case
from extranet_zone.cases.services import incoming
from extranet_zone.cases.services.incoming import handle_event
from extranet_zone.province.alarms import province_alarms
from extranet_zone.province.link import Event
from extranet_zone.province.models import EventState, ProvinceEvent
from extranet_zone.province.pages import PAGE_ROWS, Query, events
from extranet_zone.province.replay import ask_again, replay, set_aside
from extranet_zone.province.services import Handle, collect
from extranet_zone.roles import ASSIGNABLE, PERMISSIONS, Permission, Role
from kernel.audit import AuditRecord
from kernel.clock import BEIJING, from_micros
from kernel.errors import ConflictError, NotFoundError, RefusedError, UnavailableError

HEAD = STAFF[Role.HEAD_OF_OFFICE]
DAY = 24 * 3600 * 1_000_000


@dataclass
class FakeHub:
    """A hub with what waits there and the files that it lacks."""

    waiting: list[Event] = field(default_factory=list)
    fails: Exception | None = None

    def send(self, _operation: str, _key: str, _body: object, _files: object) -> None:
        raise AssertionError("nothing is sent")

    def events(self) -> list[Event]:
        return list(self.waiting)

    def fetch(self, _digest: str) -> None:
        if self.fails:
            raise self.fails

    def acknowledge(self, event: str) -> None:
        self.waiting = [waiting for waiting in self.waiting if waiting.id != event]


def posted(office: Office, event_id: str = "p1") -> Event:
    """Paper of a case that has not come yet."""
    over = json.loads(json.dumps(handed_over(office)))
    body = {
        "case_no": over["case_no"],
        "collecting_authority": over["collecting_authority"],
        "tracking_no": "EMS7",
        "posted_at": office.now,
    }
    return Event(event_id, "case.paperPosted", body)


def over(office: Office, event_id: str = "h1") -> Event:
    return Event(event_id, "case.handedOver", json.loads(json.dumps(handed_over(office))))


def effects(office: Office) -> Handle:
    def handle(
        session: Session, kind: str, body: Mapping[str, object], now: int, arrived: int
    ) -> None:
        handle_event(session, office.work, kind, body, now, arrived)

    return handle


def take(office: Office, hub: FakeHub, *waiting: Event) -> None:
    hub.waiting += waiting
    collect(office.database, hub, office.clock, effects(office))


def again(office: Office, hub: FakeHub) -> int:
    return replay(office.database, hub, office.clock, effects(office))


def ask(office: Office, event_id: str = "p1") -> None:
    with office.database.begin() as session:
        ask_again(session, event_id, HEAD, office.now)


def aside(office: Office, reason: str, event_id: str = "p1") -> None:
    with office.database.begin() as session:
        set_aside(session, event_id, reason, HEAD, office.now)


def kept(office: Office, event_id: str = "p1") -> ProvinceEvent:
    with office.database.reading() as session:
        event = session.get_one(ProvinceEvent, event_id)
        session.expunge(event)
        return event


def alarms(office: Office, later: int = 0) -> list[str]:
    with office.database.reading() as session:
        return [alarm.code for alarm in province_alarms(session, office.now + later)]


def acts(office: Office) -> list[tuple[str, str]]:
    with office.database.reading() as session:
        found = session.execute(
            select(AuditRecord.act, AuditRecord.actor)
            .where(AuditRecord.object_kind == "province_event")
            .order_by(AuditRecord.n)
        )
        return [(act, actor) for act, actor in found]


def test_once_the_cause_is_gone_it_takes_effect_once(office: Office) -> None:
    hub = FakeHub()
    take(office, hub, posted(office))
    assert (kept(office).state, kept(office).code) == (EventState.REFUSED, "case_unknown")
    assert kept(office).message == "没有该异地机构移送的这个办件"
    ask(office)
    assert again(office, hub) == 0
    assert kept(office).state is EventState.REFUSED  # The cause is still there.
    take(office, hub, over(office))
    ask(office)
    ask(office)
    assert alarms(office) == ["province_event_refused"]
    assert [again(office, hub), again(office, hub)] == [1, 0]
    assert kept(office).state is EventState.REPLAYED
    assert alarms(office) == []
    ask(office)  # Of what has its effect nothing more is made.
    assert again(office, hub) == 0
    names = [act.removeprefix("province.event_") for act, _actor in acts(office)]
    assert names == ["asked_again", "refused_again", "asked_again", "replayed"]
    assert {actor for _act, actor in acts(office)} == {HEAD.login, "system:province"}


def test_a_file_that_was_missing_is_fetched_again(office: Office) -> None:
    hub = FakeHub(fails=RefusedError("counterpart_refused", "没有"))
    take(office, hub, over(office))
    assert kept(office, "h1").code == "event_file_missing"
    hub.fails = UnavailableError("province_unavailable", "连不上")
    ask(office, "h1")
    assert again(office, hub) == 0
    assert kept(office, "h1").state is EventState.REQUESTED  # The way is closed: it waits.
    hub.fails = None
    assert again(office, hub) == 1
    with office.database.reading() as session:
        assert len(session.scalars(select(Case)).all()) == 1


def test_a_court_s_request_was_served_when_it_arrived(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = FakeHub()
    with monkeypatch.context() as patched:  # A release that does not know the kind yet.
        patched.setattr(incoming, "RestraintRequested", BillPaid)
        take(office, hub, Event("c1", "restraint.requested", court("seizure")))
    assert kept(office, "c1").code == "event_invalid"
    arrived = kept(office, "c1").received_at
    office.clock.advance(timedelta(hours=5))
    ask(office, "c1")
    assert again(office, hub) == 1
    served = from_micros(arrived).astimezone(BEIJING).replace(tzinfo=None)
    case = only_case(office)
    assert json.loads(case.facts)["served_at"] == served.isoformat(timespec="microseconds")
    assert case.received_at > arrived


def test_setting_aside_needs_a_reason_and_ends_the_alarm(office: Office) -> None:
    take(office, FakeHub(), posted(office))
    assert alarms(office, later=30 * DAY) == ["province_event_refused"]
    with pytest.raises(RefusedError, match="reason_missing"):
        aside(office, " 无  ")
    aside(office, "对方已更正重发")
    aside(office, "第二次说的原因")
    assert (kept(office).state, kept(office).reason) == (EventState.SET_ASIDE, "对方已更正重发")
    assert alarms(office) == []
    assert acts(office) == [("province.event_set_aside", HEAD.login)]
    with pytest.raises(ConflictError, match="event_set_aside"):
        ask(office)
    with pytest.raises(NotFoundError, match="event_not_found"):
        ask(office, "nobody")


def test_what_waits_for_its_try_or_took_effect_is_not_set_aside(office: Office) -> None:
    hub = FakeHub()
    take(office, hub, posted(office), over(office))
    for event_id in ("p1", "h1"):
        if event_id == "p1":
            ask(office)
        with pytest.raises(ConflictError, match="event_not_open"):
            aside(office, "对方已更正重发", event_id)


def test_the_list_is_filtered_and_bounded(office: Office) -> None:
    hub = FakeHub()
    take(office, hub, *(posted(office, f"p{n:03}") for n in range(PAGE_ROWS + 1)))
    take(office, hub, Event("x1", "nonsense", {"case_no": "某人 410000197001010000"}))
    take(office, hub, over(office))
    with office.database.reading() as session:
        first, second = (events(session, Query(page=page)) for page in (1, 2))
        posts = events(session, Query(kind="case.paperPosted", page=2))
        [unknown] = events(session, Query(kind="other")).rows
        nothing = events(session, Query(show="set_aside")).rows
    assert (len(first.rows), first.has_next) == (PAGE_ROWS, True)
    assert (len(second.rows), second.has_next) == (2, False)
    assert (len(posts.rows), posts.has_next) == (1, False)
    assert (unknown.code, unknown.about) == ("event_unknown", ())
    assert nothing == ()


def test_only_the_head_of_the_office_sees_and_decides(console: ConsoleOffice) -> None:
    office, hub = console.office, FakeHub()
    wrong = replace(over(office), id="w1")
    parties = wrong.body["parties"]
    assert isinstance(parties, list)
    take(office, hub, posted(office), replace(wrong, body={**wrong.body, "item_code": "nothing"}))
    head = console.browser(Role.HEAD_OF_OFFICE)
    page = head.get("/province").text
    assert "没有该异地机构移送的这个办件" in page
    assert "<code>item_unknown</code>" in page
    for party in parties:
        assert party["name"] not in page
        assert party["document_no"] not in page
    short = head.post("/province/aside", "/province", event="p1", reason="无")
    assert (short.status_code, 'data-code="reason_missing"' in short.text) == (422, True)
    assert head.post("/province/again", "/province", event="p1").status_code == 303
    assert 'data-event="p1" data-state="requested"' in head.get("/province").text
    done = head.post("/province/aside", "/province", event="w1", reason="对方已更正重发")
    assert done.status_code == 303
    assert "对方已更正重发" in head.get("/province?show=set_aside").text
    assert "对方已更正重发" not in head.get("/province?show=open&page=x").text
    clerk = console.browser(Role.FIRST_EXAMINER)
    assert clerk.get("/province").status_code == 403
    for way in ("again", "aside"):
        answer = clerk.post(f"/province/{way}", "/cases", event="p1", reason="不归我决定")
        assert answer.status_code == 403
    holders = {role for role in ASSIGNABLE if Permission.PROVINCE_DECIDE in PERMISSIONS[role]}
    assert holders == {Role.HEAD_OF_OFFICE}
