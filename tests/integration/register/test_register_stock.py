import io
import json
from datetime import date

import pytest
from integration.register.stock_samples import BANK, NOW, RECORDER, SELLER, case, line, unit_no
from sqlalchemy import func, select

from extranet_zone.catalogue.schema import Effect
from extranet_zone.register.lapse import settle
from extranet_zone.register.models import Unit
from extranet_zone.register.services import (
    Purpose,
    RegisterService,
    SearchBy,
    load_register,
    log_days,
    log_entries,
    open_unit,
    search,
    unit_state,
)
from extranet_zone.register.services.search import Look
from kernel.audit import AuditRecord
from kernel.db import Database
from kernel.errors import InvalidValueError, NotFoundError
from kernel.exchange.models import OutboxMessage

REGISTER = RegisterService("济源市")
MORTGAGE = {
    "mortgagee": BANK[0],
    "amount_yuan": 300000,
    "certificate_no": "豫（2019）济源市不动产证明第0000009号",
    "recorded_on": "2019-06-01",
}
SEIZURE = {
    "kind": "seizure",
    "by": "济源市人民法院",
    "document": "（2020）豫9001执100号",
    "recorded_on": "2020-07-01",
}


def pages(database: Database) -> list[list[dict[str, str]]]:
    with database.reading() as session:
        bodies = session.scalars(
            select(OutboxMessage.body).where(OutboxMessage.kind == "units.published")
        )
        return [json.loads(body)["units"] for body in bodies]


def look(purpose: Purpose = Purpose.CASE_WORK, ground: str = "") -> Look:
    return Look(purpose, ground, RECORDER)


def test_stock_is_loaded_with_mortgages_and_restrictions(database: Database) -> None:
    report = load_register(database, [line(1, mortgages=[MORTGAGE], restrictions=[SEIZURE])], NOW)
    assert (report.loaded, report.known, report.refused) == (1, 0, 0)
    with database.reading() as session:
        state = unit_state(session, unit_no(1))
    assert state is not None
    assert state.mortgages[0].facts == {"amount_fen": "30000000"}
    assert state.mortgages[0].holders[0].name == BANK[0]
    assert [(row.court, row.kind) for row in state.seizures] == [("济源市人民法院", "1")]


def test_loading_again_changes_nothing_and_publishes_nothing(database: Database) -> None:
    load_register(database, [line(1), line(2)], NOW)
    again = load_register(database, [line(1), line(2), line(3)], NOW)
    assert (again.loaded, again.known) == (1, 2)
    assert [len(page) for page in pages(database)] == [2, 1]


def test_unit_that_stands_twice_in_the_file_is_loaded_once(database: Database) -> None:
    report = load_register(database, [line(1), line(1)], NOW)
    assert (report.loaded, report.known) == (1, 1)


def test_bad_line_is_named_and_the_rest_is_loaded(database: Database) -> None:
    report = load_register(database, io.BytesIO(b"\n".join([line(1), b"{}", line(2)])), NOW)
    assert report.loaded == 2
    assert [(bad.line, bad.code) for bad in report.bad] == [(2, "line_schema")]


def test_more_than_a_batch_is_loaded_and_published_without_names(database: Database) -> None:
    report = load_register(database, (line(number) for number in range(1, 1203)), NOW)
    assert report.loaded == report.published == 1202
    published = pages(database)
    assert all(len(page) <= 500 for page in published)
    assert sum(len(page) for page in published) == 1202
    assert set(published[0][0]) == {"unit_no", "location", "use", "closed"}
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Unit)) == 1202


def test_long_locations_are_published_in_smaller_pages(database: Database) -> None:
    load_register(database, (line(number, location="路" * 200) for number in range(1, 401)), NOW)
    assert len(pages(database)) > 1


def test_stock_mortgage_is_cancelled_with_its_mortgagee(database: Database) -> None:
    load_register(database, [line(1, mortgages=[MORTGAGE])], NOW)
    with database.begin() as session:
        REGISTER.record_case(session, case(Effect.MORTGAGE_CANCELLATION), RECORDER, NOW)
    with database.reading() as session:
        state = unit_state(session, unit_no(1))
    assert state is not None
    assert state.mortgages == ()


def test_recording_log_counts_each_day_also_the_empty_ones(database: Database) -> None:
    load_register(database, [line(1), line(2)], NOW)
    with database.begin() as session:
        REGISTER.record_case(session, case(Effect.MORTGAGE), RECORDER, NOW)
        REGISTER.record_case(session, case(Effect.TRANSFER, 2, 2), RECORDER, NOW)
    with database.reading() as session:
        days = log_days(session, date(2026, 1, 6), 3)
        entries = log_entries(session, date(2026, 1, 5))
    assert [(day.day.day, day.count) for day in days] == [(6, 0), (5, 2), (4, 0)]
    assert {(row.right, row.registration, row.count) for row in days[1].counts} == {
        ("抵押权", "首次登记", 1),
        ("国有建设用地使用权/房屋所有权", "转移登记", 1),
    }
    assert [entry.log_no for entry in entries] == [1, 2]


@pytest.mark.parametrize(
    ("by", "text", "found"),
    [
        (SearchBy.UNIT_NO, "419001001001GB00002F00010001", [2]),
        (SearchBy.UNIT_NO, "419001001001gb", [1, 2, 3]),
        (SearchBy.CERTIFICATE_NO, "豫(2018)济源市不动产权第0000003号", [3]),
        (SearchBy.LOCATION, "沁园街道 示范路2号", [2]),
        (SearchBy.LOCATION, "100%", []),
    ],
)
def test_register_is_searched_by_number_and_by_words(
    database: Database, by: SearchBy, text: str, found: list[int]
) -> None:
    load_register(database, [line(1), line(2), line(3)], NOW)
    with database.begin() as session:
        units = search(session, by, text, look())
    assert [unit.unit_no for unit in units] == [unit_no(number) for number in found]


def test_search_for_one_character_is_refused(database: Database) -> None:
    with pytest.raises(InvalidValueError), database.begin() as session:
        search(session, SearchBy.LOCATION, "路", look())


def test_looking_at_a_record_is_audited_with_its_purpose(database: Database) -> None:
    load_register(database, [line(1)], NOW)
    with database.begin() as session:
        open_unit(session, unit_no(1), look(Purpose.AUTHORITY_REQUEST), NOW)
    with database.reading() as session:
        looked = session.scalars(
            select(AuditRecord).where(AuditRecord.act == "register.look")
        ).one()
    assert (looked.actor, looked.object_id) == ("recorder1", unit_no(1))
    assert json.loads(looked.body)["detail"] == {"purpose": "authority_request"}


def test_record_of_an_unknown_unit_is_not_found(database: Database) -> None:
    with pytest.raises(NotFoundError), database.begin() as session:
        open_unit(session, unit_no(9), look(), NOW)


@pytest.mark.parametrize(
    "text", [SELLER[0], SELLER[1], SELLER[1].lower(), f"{SELLER[0]} {SELLER[1]}"]
)
def test_owner_is_searched_on_a_ground_that_stands_in_the_audit(
    database: Database, text: str
) -> None:
    other = {"name": "王五", "document_type": "1", "document_no": "41900119850505005X", "share": ""}
    load_register(database, [line(1), line(2, holders=[other])], NOW)
    with database.begin() as session:
        units = search(session, SearchBy.OWNER, text, look(ground="办件 W202601050000015"))
    assert [unit.unit_no for unit in units] == [unit_no(1)]
    with database.reading() as session:
        searched = session.scalars(
            select(AuditRecord).where(AuditRecord.act == "register.search")
        ).one()
    assert json.loads(searched.body)["detail"] == {
        "purpose": "case_work",
        "ground": "办件 W202601050000015",
        "found": 1,
    }
    assert SELLER[0] not in searched.body


def test_owner_is_not_searched_without_a_ground(database: Database) -> None:
    load_register(database, [line(1)], NOW)
    with pytest.raises(InvalidValueError) as refused, database.begin() as session:
        search(session, SearchBy.OWNER, SELLER[0], look(ground="  "))
    assert refused.value.code == "ground_missing"


def test_stock_seizures_queue_by_day_and_its_objection_does_not_lapse(database: Database) -> None:
    later = {**SEIZURE, "document": "（2021）豫9001执7号", "recorded_on": "2021-01-01"}
    objection = {
        "kind": "objection",
        "by": "王五",
        "document": "异1号",
        "recorded_on": "2020-01-01",
    }
    load_register(database, [line(1, restrictions=[later, SEIZURE, objection])], NOW)
    with database.reading() as session:
        stored = unit_state(session, unit_no(1))
    assert stored is not None
    state = settle(stored, date(2026, 1, 5))
    assert [row.kind for row in state.seizures] == ["1", "2"]
    assert [row.document_no for row in state.seizures][1] == "（2021）豫9001执7号"
    assert [right.kind for right in state.rights] == ["ownership", "objection"]
