import contextlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from integration.register.stock_samples import (
    BUYER,
    NOW,
    RECORDER,
    SELLER,
    case,
    line,
    unit_no,
)
from sqlalchemy import func, select

from extranet_zone.cases.ports import Recorded
from extranet_zone.catalogue.schema import Effect
from extranet_zone.db import SCHEMA
from extranet_zone.register.models import RegisterEntry, Right
from extranet_zone.register.services import RegisterService, load_register, unit_state
from extranet_zone.register.states import RightStatus
from kernel.audit import verify_chain
from kernel.db import Database
from kernel.errors import ConflictError, RefusedError
from kernel.exchange.models import OutboxMessage
from kernel.migrate import differences
from kernel.vocabulary.certificate import CertificateNo

REGISTER = RegisterService("济源市")


class PowerCutError(Exception):
    """What ends a transaction after everything in it was done."""


def record(
    database: Database, effect: Effect, serial: int = 1, number: int = 1, **facts: str
) -> Recorded:
    with database.begin() as session:
        return REGISTER.record_case(
            session, case(effect, number, serial, **facts), RECORDER, NOW + serial
        )


def load(database: Database, *lines: bytes) -> None:
    assert load_register(database, lines, NOW - 1).refused == 0


def posted(database: Database, kind: str) -> list[dict[str, object]]:
    with database.reading() as session:
        rows = session.scalars(
            select(OutboxMessage.body)
            .where(OutboxMessage.kind == kind)
            .order_by(OutboxMessage.created)
        )
        return [json.loads(body) for body in rows]


def test_migrated_tables_are_what_the_models_declare(database: Database) -> None:
    mine = {"unit", "unit_right", "right_holder", "seizure", "register_entry", "certificate"}
    found = [str(difference) for difference in differences(database, SCHEMA)]
    assert [text for text in found if any(f"'{name}'" in text for name in mine)] == []


def test_transfer_ends_the_sellers_right_and_begins_the_buyers(database: Database) -> None:
    load(database, line())
    recorded = record(database, Effect.TRANSFER)
    assert recorded.certificate_no == "豫（2026）济源市不动产权第0000001号"
    assert recorded.log_no == 1
    with database.reading() as session:
        state = unit_state(session, unit_no(1))
        assert state is not None
        assert state.ownership is not None
        assert [holder.name for holder in state.ownership.holders] == [BUYER[0]]
        ended = session.scalars(select(Right).where(Right.status == RightStatus.ENDED)).one()
        assert ended.ended_by == recorded.entry_id
        assert [holder.name for holder in ended.holders] == [SELLER[0]]


def test_entry_keeps_the_state_before_and_after(database: Database) -> None:
    load(database, line())
    recorded = record(database, Effect.TRANSFER)
    with database.reading() as session:
        entry = session.get_one(RegisterEntry, recorded.entry_id)
        before, after = json.loads(entry.before), json.loads(entry.after)
        state = unit_state(session, unit_no(1))
    assert before["rights"][0]["holders"][0]["name"] == SELLER[0]
    assert after["rights"][0]["holders"][0]["name"] == BUYER[0]
    assert state is not None
    assert state.ownership is not None
    assert after["rights"][0]["id"] == state.ownership.id
    assert (entry.recorder, entry.recorder_name, entry.day) == ("recorder1", "孔登簿", "2026-01-05")


def test_mortgage_gives_a_registration_certificate_and_its_cancellation_none(
    database: Database,
) -> None:
    load(database, line())
    mortgage = record(database, Effect.MORTGAGE, amount_fen="30000000")
    assert mortgage.certificate_no == "豫（2026）济源市不动产证明第0000001号"
    cancelled = record(
        database, Effect.MORTGAGE_CANCELLATION, 2, certificate_no=mortgage.certificate_no
    )
    assert cancelled.certificate_no == ""
    with database.reading() as session:
        state = unit_state(session, unit_no(1))
    assert state is not None
    assert state.mortgages == ()
    assert state.ownership is not None


def test_mortgage_survives_the_transfer(database: Database) -> None:
    load(database, line())
    record(database, Effect.MORTGAGE)
    record(database, Effect.TRANSFER, 2)
    with database.reading() as session:
        state = unit_state(session, unit_no(1))
    assert state is not None
    assert len(state.mortgages) == 1


def test_holder_change_gives_a_new_certificate_in_the_new_name(database: Database) -> None:
    load(database, line())
    recorded = record(database, Effect.HOLDER_CHANGE, former_name="张三")
    assert "不动产权第0000001号" in recorded.certificate_no
    with database.reading() as session:
        facts = REGISTER.facts(session, unit_no(1))
    assert facts is not None
    assert facts.holders[0].name == "张叁"


def test_entry_is_posted_to_the_intranet_with_its_log_number(database: Database) -> None:
    load(database, line())
    recorded = record(database, Effect.TRANSFER, amount_fen="50000000")
    body = posted(database, "register.recorded")[0]
    assert body["entry_id"] == recorded.entry_id
    assert body["log_no"] == 1
    assert body["facts"] == {
        "amount_fen": "50000000",
        "sharing": "0",
        "former_certificate_no": "豫（2018）济源市不动产权第0000001号",
    }


def test_second_recording_of_a_case_is_refused(database: Database) -> None:
    load(database, line())
    record(database, Effect.MORTGAGE)
    with pytest.raises(ConflictError) as refused:
        record(database, Effect.MORTGAGE)
    assert refused.value.code == "already_recorded"
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RegisterEntry)) == 1


def test_obstacle_that_appeared_after_the_examination_stops_the_recording(
    database: Database,
) -> None:
    load(database, line())
    record(database, Effect.TRANSFER)
    with pytest.raises(RefusedError) as refused:
        record(database, Effect.TRANSFER, 2)
    assert refused.value.detail["obstacle"] == "transferor_not_holder"


def test_failed_recording_leaves_no_gap_in_the_numbers(database: Database) -> None:
    load(database, line(1), line(2))
    with contextlib.suppress(PowerCutError), database.begin() as session:
        REGISTER.record_case(session, case(Effect.TRANSFER), RECORDER, NOW)
        raise PowerCutError
    recorded = record(database, Effect.TRANSFER, 2, number=2)
    assert recorded.log_no == 1
    assert CertificateNo.parse(recorded.certificate_no).serial == 1
    assert len(posted(database, "register.recorded")) == 1


def test_entry_can_neither_be_changed_nor_deleted(database: Database) -> None:
    load(database, line())
    recorded = record(database, Effect.TRANSFER)
    with pytest.raises(TypeError), database.begin() as session:
        session.get_one(RegisterEntry, recorded.entry_id).recorder = "somebody"
    with pytest.raises(TypeError), database.begin() as session:
        session.delete(session.get_one(RegisterEntry, recorded.entry_id))


def test_year_of_the_number_is_the_year_in_beijing(database: Database) -> None:
    load(database, line())
    new_year = 1_798_733_400_000_000  # 2027-01-01 00:10 in Beijing, still 2026 in UTC
    with database.begin() as session:
        recorded = REGISTER.record_case(session, case(Effect.TRANSFER), RECORDER, new_year)
    assert CertificateNo.parse(recorded.certificate_no).year == 2027


def test_eighty_recordings_by_eight_people_get_eighty_numbers(database: Database) -> None:
    load(database, *(line(number) for number in range(1, 81)))
    start = threading.Barrier(8)

    def work(person: int) -> list[Recorded]:
        start.wait()
        return [
            record(database, Effect.TRANSFER, number, number=number)
            for number in range(person + 1, 81, 8)
        ]

    with ThreadPoolExecutor(8) as people:
        recorded = [entry for entries in people.map(work, range(8)) for entry in entries]
    numbers = sorted(CertificateNo.parse(entry.certificate_no).serial for entry in recorded)
    assert numbers == list(range(1, 81))
    assert sorted(entry.log_no for entry in recorded) == list(range(1, 81))
    with database.reading() as session:
        chain = verify_chain(session)
    assert chain.intact


def test_two_recordings_of_one_unit_at_once_have_one_effect(database: Database) -> None:
    load(database, line())
    start = threading.Barrier(8)

    def work(serial: int) -> str:
        start.wait()
        try:
            record(database, Effect.TRANSFER, serial)
        except RefusedError as refused:
            return str(refused.detail.get("obstacle"))
        return "recorded"

    with ThreadPoolExecutor(8) as people:
        outcomes = list(people.map(work, range(1, 9)))
    assert sorted(outcomes) == ["recorded"] + ["transferor_not_holder"] * 7
