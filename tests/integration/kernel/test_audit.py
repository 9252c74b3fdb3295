"""Claims about the audit chain: unbroken under many hands, and any tampering is found."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from kernel.audit import AuditEntry, AuditRecord, AuditResult, record, trail, verify_chain
from kernel.audit.trail import digest_of
from kernel.clock import SetClock
from kernel.db import Database


def _act(database: Database, *objects: str) -> None:
    with database.begin() as session:
        for object_id in objects:
            record(session, AuditEntry("zhang", "case.accept", "case", object_id, roles=("b", "a")))


def _change(database: Database, statement: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(text(statement))


def test_empty_chain_is_intact(database: Database) -> None:
    with database.reading() as session:
        report = verify_chain(session)
    assert (report.intact, report.records, report.head) == (True, 0, "0" * 64)


def test_records_of_one_act_stand_together_and_say_everything(
    database: Database, clock: SetClock
) -> None:
    _act(database, "W1", "W2")
    clock.advance(timedelta(seconds=1))
    with database.begin() as session:
        entry = AuditEntry(
            "li",
            "page.denied",
            "endpoint",
            "cases.show",
            case_no="W3",
            source="10.0.0.9",
            result=AuditResult.DENIED,
            detail={"before": 1, "after": None},
        )
        record(session, entry)
    with database.reading() as session:
        rows = session.scalars(select(AuditRecord).order_by(AuditRecord.n)).all()
        assert verify_chain(session).intact
    assert [row.object_id for row in rows] == ["W1", "W2", "cases.show"]
    assert [row.n for row in rows] == [1, 2, 3]
    assert rows[2].previous == rows[1].digest
    body = json.loads(rows[2].body)
    assert body["detail"] == {"before": 1, "after": None}
    assert (body["zone"], body["source"], body["case"]) == ("extranet", "10.0.0.9", "W3")
    assert json.loads(rows[0].body)["roles"] == ["a", "b"]


def test_chain_stays_whole_under_eight_threads(database: Database) -> None:
    failed: list[BaseException] = []

    def work(worker: int) -> None:
        try:
            for n in range(15):
                _act(database, f"{worker}-{n}")
        except BaseException as error:  # noqa: BLE001 - a thread's error is the test's
            failed.append(error)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with database.reading() as session:
        report = verify_chain(session)
        seen = set(session.scalars(select(AuditRecord.object_id)))
    assert (report.intact, report.records) == (True, 120)
    assert seen == {f"{worker}-{n}" for worker in range(8) for n in range(15)}


FIVE = ("W1", "W2", "W3", "W4", "W5")
TAMPERING = {
    "body changed": ("UPDATE audit_record SET body = replace(body, 'W3', 'W8') WHERE n = 3", 3),
    "searched column changed": ("UPDATE audit_record SET actor = 'li' WHERE n = 3", 3),
    "object changed": ("UPDATE audit_record SET object_id = 'W8' WHERE n = 4", 4),
    "time changed": ("UPDATE audit_record SET at = at + 1 WHERE n = 2", 2),
    "one deleted": ("DELETE FROM audit_record WHERE n = 3", 3),
    "first deleted": ("DELETE FROM audit_record WHERE n = 1", 1),
    "last deleted": ("DELETE FROM audit_record WHERE n = 5", 5),
    "all deleted": ("DELETE FROM audit_record", 1),
    "link changed": ("UPDATE audit_record SET previous = digest WHERE n = 3", 3),
    "head put back": ("UPDATE audit_head SET n = 4", 6),
    "head changed": ("UPDATE audit_head SET digest = replace(digest, 'a', 'b')", 6),
}


@pytest.mark.parametrize("case", TAMPERING)
def test_tampering_is_found_at_its_place(small_database: Database, case: str) -> None:
    statement, place = TAMPERING[case]
    database = small_database
    _act(database, *FIVE)
    _change(database, statement)
    with database.reading() as session:
        report = verify_chain(session)
    assert (report.intact, report.broken_at) == (False, place)
    assert report.reason


def test_tampering_is_found_on_every_kind_of_server(database: Database) -> None:
    _act(database, *FIVE)
    for case, place in (("head put back", 6), ("one deleted", 3)):
        _change(database, TAMPERING[case][0])
        with database.reading() as session:
            assert verify_chain(session).broken_at == place


def _redigest(session: Session, change: Callable[[str], str]) -> None:
    row = session.get_one(AuditRecord, 3)
    body = change(row.body)
    session.execute(
        text("UPDATE audit_record SET body = :body, digest = :digest WHERE n = 3"),
        {"body": body, "digest": digest_of(body)},
    )


def test_record_digested_anew_no_longer_fits_its_successor(small_database: Database) -> None:
    database = small_database
    _act(database, "W1", "W2", "W3", "W4")
    with database.begin() as session:
        _redigest(session, lambda body: body.replace('"roles":["a","b"]', '"roles":["c"]'))
    with database.reading() as session:
        assert verify_chain(session).broken_at == 4


def test_runaway_act_is_stopped(small_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    database = small_database
    monkeypatch.setattr(trail, "MAX_PENDING", 3)
    with pytest.raises(RuntimeError, match="too many"):
        _act(database, *"abcd")
    with database.reading() as session:
        assert verify_chain(session).records == 0
