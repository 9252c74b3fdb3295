"""Fills the platform's database with an invented register and cases, as fast as each server can.

A unit has three rights in force (ownership, a bank's mortgage, an easement), every second one a
case. Of the cases three of a hundred are still open, spread over the posts' worklists; the others
are closed. Rows of one run are the same whatever the server, and nothing here is true of anybody.
Rows go in by COPY on PostgreSQL and by prepared inserts in one transaction on SQLite. There are no
entries of the recording log: what was recorded before is stock.
"""

import json
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

import psycopg
from sqlalchemy import Table, text

from appliance.sample.names import BANKS, identity_of
from extranet_zone.cases.models import Case, CaseParty, CaseStep
from extranet_zone.cases.states import State
from extranet_zone.catalogue.reading import packaged_number
from extranet_zone.clocks.models import ClockRow
from extranet_zone.register.addresses import pairs_of
from extranet_zone.register.models import AddressPair, Right, RightHolder, Unit
from kernel.db import Database
from kernel.vocabulary.case_no import CaseNo, CaseOrigin

HOME: Final = "419001"
ITEM: Final = "mortgage-cancel"
RIGHTS: Final = 3
CASE_EVERY: Final = 2
OPEN_EVERY: Final = 33
UNITS_A_PARCEL: Final = 360
"""A housing estate of four courts."""
RARE_EVERY: Final = 500
"""Every so many units one lies in a street with a name of its own."""
OPEN_STATES: Final = (
    State.APPLIED,
    State.COLLECTED,
    State.ACCEPTED,
    State.FIRST_EXAMINED,
    State.EXAMINED,
    State.RECORDED,
    State.ENGROSSED,
)
_ACTS: Final = (
    ("pass_preliminary", State.APPLIED, State.COLLECTED, "preliminary-reviewer"),
    ("accept_direct", State.COLLECTED, State.ACCEPTED, "acceptance-clerk"),
    ("examine_first", State.ACCEPTED, State.FIRST_EXAMINED, "first-examiner"),
    ("examine_second", State.FIRST_EXAMINED, State.EXAMINED, "second-examiner"),
    ("record", State.EXAMINED, State.RECORDED, "recorder"),
    ("engross", State.RECORDED, State.ENGROSSED, "engrossing-clerk"),
    ("issue", State.ENGROSSED, State.ISSUED, "issuing-clerk"),
    ("archive", State.ISSUED, State.ARCHIVED, "archive-clerk"),
)
_STREETS: Final = "济水沁园天坛北海玉泉梨林轵城承留克井五龙口邵原坡头大峪下冶王屋思礼"
_FAMILIES: Final = "王李张刘陈杨黄赵周吴徐孙马朱胡林郭何高罗"
_GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文"
_HOUR: Final = 3_600_000_000
_DAY: Final = 24 * _HOUR

Values = dict[str, Any]  # columns are of many kinds


def unit_no(number: int) -> str:
    """The number of the ``number``-th unit, counted from 0."""
    parcel, house = divmod(number, UNITS_A_PARCEL)
    return f"{HOME}001001GB{parcel + 1:05d}F0001{house + 1:04d}"


def case_no(number: int) -> str:
    """The number of the ``number``-th case, counted from 0."""
    day, serial = divmod(number, 9000)
    made = CaseNo.make(CaseOrigin.ONLINE, date(2025, 1, 1) + timedelta(days=day), serial + 1)
    return str(made)


def owner(number: int) -> tuple[str, str]:
    """Name and identity number of who owns the ``number``-th unit; nearly everybody differs."""
    name = (
        _FAMILIES[number % len(_FAMILIES)]
        + _GIVEN[number // 20 % len(_GIVEN)]
        + _GIVEN[number // 700 % len(_GIVEN)]
    )
    return name, identity_of(date(1950, 1, 1) + timedelta(days=number // 999), number % 999 + 1)


def location(number: int) -> str:
    """Where it lies; every :data:`RARE_EVERY`-th unit in a lane that has only this one."""
    if number % RARE_EVERY == RARE_EVERY // 2:
        return f"济源市样例{number}号巷{number % 97}号院"
    street = _STREETS[number // 450 * 2 % len(_STREETS) :][:2]
    return f"济源市{street}大道{number // 90 + 1}号院{number // 30 % 3 + 1}幢{number % 30 + 101}室"


def certificate_no(number: int, kind: str) -> str:
    """The certificate of the ``number``-th unit's right of ``kind``."""
    word = "不动产权" if kind == "ownership" else "不动产证明"
    return f"豫（2024）济源市{word}第{number + 1:07d}号"


def fill(database: Database, units: int, now: int) -> None:
    """Write everything; the database is new and migrated. ``now`` is microseconds UTC."""
    cases = units // CASE_EVERY
    tables = (
        (Unit, _units(units, now)),
        (AddressPair, _pairs(units)),
        (Right, _rights(units)),
        (RightHolder, _holders(units)),
        (Case, _cases(cases, now)),
        (CaseParty, _parties(cases)),
        (CaseStep, _steps(cases, now)),
        (ClockRow, _clocks(cases, now)),
    )
    write = _copy if database.engine.dialect.name == "postgresql" else _insert
    for model, rows in tables:
        table = model.__table__
        assert isinstance(table, Table)
        write(database, table, rows)
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def _copy(database: Database, table: Table, rows: Iterator[Values]) -> None:
    names = [column.name for column in table.columns]
    listed = ", ".join(f'"{name}"' for name in names)
    with database.engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        assert isinstance(driver, psycopg.Connection)
        with driver.cursor() as cursor:
            # The rows refer to each other by how they are made; asking would double the time.
            cursor.execute("SET session_replication_role = replica")
            with cursor.copy(f"COPY {table.name} ({listed}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row([row[name] for name in names])
            cursor.execute("SET session_replication_role = DEFAULT")
        driver.commit()


def _insert(database: Database, table: Table, rows: Iterator[Values]) -> None:
    names = [column.name for column in table.columns]
    places = ", ".join("?" * len(names))
    listed = ", ".join(names)
    statement = f"INSERT INTO {table.name} ({listed}) VALUES ({places})"  # noqa: S608 - our names
    with database.engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.execute("BEGIN")
        driver.executemany(statement, (tuple(row[name] for name in names) for row in rows))
        driver.execute("COMMIT")


def _units(units: int, now: int) -> Iterator[Values]:
    for number in range(units):
        yield {
            "unit_no": unit_no(number),
            "parcel_no": unit_no(number)[:19],
            "location": location(number),
            "use": "城镇住宅用地/住宅",
            "area": "98.50",
            "nature": "出让/市场化商品房",
            "term": "",
            "loaded_at": now,
            "version": 1,
        }


def _pairs(units: int) -> Iterator[Values]:
    for first in range(0, units, UNITS_A_PARCEL):
        numbers = range(first, min(first + UNITS_A_PARCEL, units))
        for pair in sorted(pairs_of(map(location, numbers))):
            yield {"pair": pair, "parcel_no": unit_no(first)[:19]}


def _right_id(number: int, place: int) -> str:
    return f"{number:016x}{place:016x}"


def _rights(units: int) -> Iterator[Values]:
    kinds = (("ownership", "4", "{}"), ("mortgage", "23", _MORTGAGE), ("easement", "19", "{}"))
    for number in range(units):
        for place, (kind, right_type, facts) in enumerate(kinds):
            yield {
                "id": _right_id(number, place),
                "unit_no": unit_no(number),
                "kind": kind,
                "right_type": right_type,
                "certificate_no": certificate_no(number, kind) if kind != "easement" else "",
                "sharing": "0",
                "status": "current",
                "recorded_at": 1_700_000_000_000_000 + place,
                "ended_at": None,
                "begun_by": None,
                "ended_by": None,
                "facts": facts,
            }


_MORTGAGE: Final = json.dumps({"amount_fen": "50000000", "mortgage_kind": "1"})


def _holders(units: int) -> Iterator[Values]:
    for number in range(units):
        bank = BANKS[number % len(BANKS)]
        name, identity = owner(number)
        neighbour, its_identity = owner(number ^ 1)
        holders = (
            (name, "1", "1", identity),
            (bank.name, "2", "7", bank.credit_code),
            (neighbour, "1", "1", its_identity),
        )
        for place, (holder, kind, document, document_no) in enumerate(holders):
            yield {
                "right_id": _right_id(number, place),
                "position": 1,
                "name": holder,
                "kind": kind,
                "document_type": document,
                "document_no": document_no,
                "share": "",
            }


def state_of(number: int) -> State:
    """Where the ``number``-th case stands."""
    if number % OPEN_EVERY:
        return State.ARCHIVED
    return OPEN_STATES[number // OPEN_EVERY % len(OPEN_STATES)]


def _received(number: int, now: int) -> int:
    # Closed cases lie in the two years before, open ones in the last days.
    back = number * 7919 % 700 if number % OPEN_EVERY else number % 3
    return now - back * _DAY - 8 * _HOUR - number % 1000


def _cases(cases: int, now: int) -> Iterator[Values]:
    edition = packaged_number()
    for number in range(cases):
        received, state = _received(number, now), state_of(number)
        unit, bank = number * CASE_EVERY, BANKS[number * CASE_EVERY % len(BANKS)]
        closed = state is State.ARCHIVED
        yield {
            "case_no": case_no(number),
            "item_code": ITEM,
            "edition": edition,
            "mode": "online",
            "state": state.value,
            "unit_no": unit_no(unit),
            "location": location(unit),
            "applicant": bank.name,
            "facts": json.dumps(
                {"reason": "债务已清偿", "certificate_no": certificate_no(unit, "mortgage")}
            ),
            "declaration": "",
            "signed_by": bank.name,
            "signed_at": received,
            "submitted_at": received,
            "received_at": received,
            "accepted_at": received + _HOUR,
            "due_kind": "promise",
            "clock_from": received + _HOUR,
            "promised_days": 1,
            "due_at": received + 2 * _DAY,
            "due_note": "",
            "concluded_at": received + 8 * _HOUR if closed else None,
            "certificate_no": "",
            "entry_id": None,
            "home_authority": HOME,
            "collecting_authority": HOME,
            "external_no": None,
            "paper": "none",
            "announced_at": None,
            "announced_until": None,
            "claimed_by": "",
            "version": 1,
        }


def _parties(cases: int) -> Iterator[Values]:
    for number in range(cases):
        bank = BANKS[number * CASE_EVERY % len(BANKS)]
        yield {
            "case_no": case_no(number),
            "position": 1,
            "role": "mortgagee",
            "name": bank.name,
            "kind": "2",
            "document_type": "7",
            "document_no": bank.credit_code,
            "phone": "13800000000",
            "share": "",
        }


def _steps(cases: int, now: int) -> Iterator[Values]:
    for number in range(cases):
        state, received = state_of(number), _received(number, now)
        for place, (action, source, target, actor) in enumerate(_ACTS, 1):
            if source is state:
                break
            yield {
                "id": f"{number:016x}{place:016x}",
                "case_no": case_no(number),
                "position": place,
                "action": action,
                "label": action,
                "source": source.value,
                "target": target.value,
                "zone": "extranet",
                "actor": actor,
                "actor_name": actor,
                "at": received + place * _HOUR,
                "note": "",
            }


def _clocks(cases: int, now: int) -> Iterator[Values]:
    for number in range(cases):
        received, closed = _received(number, now), state_of(number) is State.ARCHIVED
        yield {
            "id": f"{number:032x}",
            "subject": case_no(number),
            "kind": "promise",
            "item": ITEM,
            "authority": HOME,
            "length": 1,
            "started_at": received + _HOUR,
            "ended_at": received + 5 * _HOUR if closed else None,
            "due_at": received + 2 * _DAY,
            "due_note": "",
            "late": 0,
            "ended_by": "recorder" if closed else "",
        }
