"""Claims about courts: what arrives between approval and recording, at once, or too late."""

import csv
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from checker.register_check import findings_of
from integration.register.every_effect import COURT, OTHER_COURT, view
from integration.register.stock_samples import BUYER, NOW, RECORDER, SELLER, case, line, party
from integration.register.stock_samples import unit_no as unit_of
from integration.register.test_register_effects import url_of
from sqlalchemy import func, select

from extranet_zone.cases.ports import CaseView
from extranet_zone.catalogue.schema import Effect
from extranet_zone.register.lapse import settle
from extranet_zone.register.log_report import as_csv, as_json, read_days
from extranet_zone.register.models import RegisterEntry, Right, Seizure
from extranet_zone.register.services import RegisterService, load_register, unit_state
from extranet_zone.register.states import RightKind, RightStatus
from kernel.clock import SetClock, from_micros
from kernel.db import Database
from kernel.errors import RefusedError

DAY = 86_400_000_000
SALE = case(Effect.TRANSFER, 1, 50)


def register(now: int = NOW) -> RegisterService:
    return RegisterService("济源市", clock=SetClock(from_micros(now)))


def record(database: Database, made: CaseView, now: int = NOW) -> str:
    with database.begin() as session:
        return register(now).record_case(session, made, RECORDER, now).entry_id


def seizure(serial: int, court: object = COURT, **facts: str) -> CaseView:
    order = {"document_no": f"查{serial}", "term_months": "1", "debtor": SELLER[0], **facts}
    return view(Effect.SEIZURE, (court,), 1, serial, **order)  # type: ignore[arg-type]


def kinds(database: Database, day: date) -> list[tuple[str, str]]:
    with database.reading() as session:
        state = unit_state(session, unit_of(1))
    assert state is not None
    return [(one.document_no, one.kind.label) for one in settle(state, day).seizures]


def test_seizure_between_approval_and_recording_stops_the_recording(database: Database) -> None:
    load_register(database, [line()], NOW)
    with database.reading() as session:
        assert register().obstacles(session, SALE) == ()
    record(database, seizure(2))
    with pytest.raises(RefusedError) as refused:
        record(database, SALE, NOW + 1)
    assert (refused.value.code, refused.value.detail["obstacle"]) == (
        "register_obstacle",
        "unit_seized",
    )
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RegisterEntry)) == 1
        assert register().obstacles(session, SALE)[0].code == "unit_seized"
    assert findings_of(url_of(database)) == []
    record(database, view(Effect.SEIZURE_RELEASE, (COURT,), 1, 3, document_no="解1"), NOW + 2)
    record(database, SALE, NOW + 3)


def test_seizure_and_sale_at_once_have_an_order(database: Database) -> None:
    load_register(database, [line(number) for number in range(1, 9)], NOW)
    start = threading.Barrier(2)

    def press(made: CaseView) -> str:
        start.wait()
        try:
            record(database, made)
        except RefusedError as refused:
            return str(refused.detail["obstacle"])
        return "recorded"

    with ThreadPoolExecutor(2) as both:
        for number in range(1, 9):
            sale = case(Effect.TRANSFER, number, number)
            order = replace(seizure(100 + number), unit_no=unit_of(number))
            outcome = list(both.map(press, (sale, order)))
            # Whoever was first: the sold unit is no longer the debtor's, the seized one not sold.
            assert outcome in (["recorded", "debtor_not_holder"], ["unit_seized", "recorded"])
    assert findings_of(url_of(database)) == []


def test_the_next_in_the_queue_takes_effect_on_release_and_after_the_term(
    database: Database,
) -> None:
    load_register(database, [line()], NOW)
    record(database, seizure(1))
    record(database, seizure(2, OTHER_COURT), NOW + 1)
    record(database, seizure(3, COURT), NOW + 2)
    today = date(2026, 1, 5)
    assert kinds(database, today) == [("查1", "查封"), ("查2", "轮候查封"), ("查3", "轮候查封")]
    release = view(
        Effect.SEIZURE_RELEASE, (COURT,), 1, 4, document_no="解1", seizure_document_no="查1"
    )
    record(database, release, NOW + 3)
    assert kinds(database, today) == [("查2", "查封"), ("查3", "轮候查封")]
    assert kinds(database, today + timedelta(days=31)) == [("查3", "查封")]
    later = NOW + 70 * DAY
    record(database, SALE, later)
    with database.reading() as session:
        ended = session.scalars(select(Seizure).where(Seizure.status == RightStatus.ENDED)).all()
        bought = session.scalars(
            select(Right).where(Right.kind == RightKind.OWNERSHIP, Right.begun_by.is_not(None))
        ).one()
    assert len(ended) == 3
    assert bought.holders[0].name == BUYER[0]
    assert findings_of(url_of(database)) == []


def test_document_served_earlier_goes_before_those_recorded(database: Database) -> None:
    load_register(database, [line()], NOW)
    record(database, seizure(1, served_at="2026-01-05T09:20:00.500+08:00"))
    record(database, seizure(2, OTHER_COURT, served_at="2026-01-05T09:20:00.499+08:00"), NOW + 1)
    assert kinds(database, date(2026, 1, 5)) == [("查2", "查封"), ("查1", "轮候查封")]
    assert findings_of(url_of(database)) == []


def test_renewed_seizure_goes_on_where_its_term_ended(database: Database) -> None:
    load_register(database, [line()], NOW)
    record(database, seizure(1))
    renewal = view(Effect.SEIZURE_RENEWAL, (COURT,), 1, 2, document_no="续1", term_months="2")
    record(database, renewal, NOW + 20 * DAY)
    assert kinds(database, date(2026, 4, 4)) == [("查1", "查封")]
    assert kinds(database, date(2026, 4, 5)) == []
    with pytest.raises(RefusedError) as refused:
        record(database, replace(renewal, case_no=seizure(9).case_no), NOW + 200 * DAY)
    assert refused.value.detail["obstacle"] == "seizure_missing"


def test_unit_seized_before_registration_is_registered_for_its_debtor_alone(
    database: Database,
) -> None:
    load_register(database, [line()], NOW)
    record(database, seizure(1, preliminary="1", debtor=BUYER[0]))
    to_other = replace(
        SALE, parties=(party("transferor", SELLER), party("transferee", ("王五", "1")))
    )
    with pytest.raises(RefusedError):
        record(database, to_other)
    record(database, SALE, NOW + 1)
    assert kinds(database, date(2026, 1, 5)) == [("查1", "查封")]
    assert findings_of(url_of(database)) == []


def test_daily_report_has_every_registration_type_also_on_empty_days(database: Database) -> None:
    load_register(database, [line()], NOW)
    record(database, seizure(1))
    days = read_days(database, date(2026, 1, 6), 2)
    told = as_json(days)["days"]
    assert isinstance(told, list)
    assert [day["count"] for day in told] == [1, 0]
    assert told[0]["by_registration"] == {
        **dict.fromkeys(["100", "200", "300", "400", "500", "600", "700", "900"], 0),
        "800": 1,
    }
    assert set(told[1]["by_registration"].values()) == {0}
    rows = list(csv.reader(io.StringIO(as_csv(days).removeprefix("\ufeff"))))
    assert rows[0][:3] == ["日期", "权利", "首次登记"]
    assert rows[1][1] == "查封"
    assert [row[-1] for row in rows[1:]] == ["1", "1", "0"]
