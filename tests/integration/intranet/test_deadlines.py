"""A case's promised time travels to the ferry: with its request, and from there to the board."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from intranet_zone.db import SCHEMA
from intranet_zone.exchange.handlers import HANDLERS
from intranet_zone.reviews.deadlines import deadlines
from intranet_zone.reviews.services import conclude, receive
from intranet_zone.reviews.states import Action
from intranet_zone.roles import Role
from kernel import audit
from kernel.clock import SetClock, now_micros, to_micros
from kernel.db import Database
from kernel.deadlines import MAX_CASES, Deadline, Deadlines, Stage
from kernel.exchange import Exchange
from kernel.keys import TrustStore, generate
from kernel.materials import MaterialsStore
from kernel.messages import ReviewRequested
from kernel.migrate import upgrade
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone
from kernel.web.accounts import Person

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
DUE = to_micros(NOON + timedelta(days=3))


@dataclass
class Office:
    clock: SetClock
    database: Database
    spool: Spool
    store: MaterialsStore
    exchange: Exchange

    def request(self, number: int, due_at: int | None) -> str:
        body = ReviewRequested(
            case_no=f"W{number:015d}",
            item_code="transfer-existing",
            item_title="存量房转移登记",
            unit_no="4190010010" + "01GB00001F00010001",
            location="样例路1号",
            applicant="样例",
            registered_area=None,
            accepted_at=0,
            due_at=due_at,
            materials=[],
        )
        with self.database.begin() as session:
            receive(session, body, now_micros(self.clock))
        return body.case_no

    def conclude(self, case_no: str) -> None:
        person = Person("1" * 32, "li", "李样例", frozenset({Role.SPATIAL_REVIEWER}))
        with self.database.begin() as session:
            conclude(
                session,
                self.store,
                person,
                case_no,
                Action.CONCLUDE_PASS,
                "样例",
                now_micros(self.clock),
            )

    def told(self) -> list[Deadline]:
        with self.database.reading() as session:
            return list(deadlines(session).cases)


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    clock = SetClock(NOON)
    database = Database(database_url)
    upgrade(database, SCHEMA)
    audit.attach(database, Zone.INTRANET.value, clock)
    spool = Spool(tmp_path / "spool")
    store = MaterialsStore(tmp_path / "materials")
    keys = {zone: generate(zone, tmp_path / zone / "keys") for zone in Zone}
    trust = TrustStore(own.public(purpose) for own in keys.values() for purpose in own.purposes())
    exchange = Exchange(
        Zone.INTRANET, database, spool, store, keys[Zone.INTRANET], trust, clock, HANDLERS
    )
    yield Office(clock, database, spool, store, exchange)
    database.dispose()


def test_a_case_is_told_from_its_arrival_until_its_conclusion_has_crossed(office: Office) -> None:
    case_no = office.request(1, DUE)
    assert office.told() == [Deadline(case_no=case_no, due_at=DUE, stage=Stage.REVIEWING)]
    office.conclude(case_no)
    assert office.told() == [Deadline(case_no=case_no, due_at=DUE, stage=Stage.WAITING)]
    office.exchange.tick()
    waiting = office.told()[0]
    assert waiting.stage is Stage.WAITING
    ready = {entry.name for entry in office.spool.ready(Zone.EXTRANET)}
    assert waiting.file in ready
    office.spool.carried(Zone.EXTRANET, waiting.file)
    office.exchange.tick()
    assert office.told() == [waiting.model_copy(update={"stage": Stage.CARRIED})]


def test_cases_due_first_are_told_first_and_those_without_a_promise_not_at_all(
    office: Office,
) -> None:
    office.request(1, None)
    late = office.request(2, DUE + 1)
    first = office.request(3, DUE)
    office.conclude(late)
    assert [case.case_no for case in office.told()] == [first, late]


def test_the_board_is_written_beside_the_spool_and_read_back(office: Office) -> None:
    office.request(1, DUE)
    with office.database.reading() as session:
        told = deadlines(session)
    told.write(office.spool.folder, "deadlines")
    path = office.spool.folder / "boards" / "deadlines.json"
    before = path.stat().st_ino
    told.write(office.spool.folder, "deadlines")
    assert path.stat().st_ino == before, "the same again costs no write"
    assert Deadlines.read(office.spool.folder, "deadlines") == told


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"cases": 1}',
        '{"cases": [{"case_no": "W1", "due_at": -1, "stage": "waiting"}]}',
        '{"cases": [], "more": 1}',
        "\udcff",
    ],
)
def test_what_is_no_board_reads_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "boards").mkdir()
    (tmp_path / "boards" / "deadlines.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert Deadlines.read(tmp_path, "deadlines") is None
    assert Deadlines.read(tmp_path / "nowhere", "deadlines") is None


def test_more_cases_than_a_board_holds_are_refused_where_it_is_made() -> None:
    case = Deadline(case_no="W1", due_at=0, stage=Stage.WAITING)
    with pytest.raises(ValueError, match="10000"):
        Deadlines(cases=(case,) * (MAX_CASES + 1))
