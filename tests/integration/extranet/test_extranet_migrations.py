"""Claims about the zone's revisions."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from extranet_zone.cases.models import Case, PaperState
from extranet_zone.cases.states import Mode, State
from extranet_zone.clocks.models import ClockRow
from extranet_zone.clocks.states import ClockKind
from extranet_zone.db import SCHEMA
from extranet_zone.register.models import RegisterEntry
from extranet_zone.register.services import unit_state
from extranet_zone.register.unit_state import from_json
from kernel import migrate
from kernel.db import Database
from kernel.errors import UnavailableError
from kernel.migrate import _config, differences, require_current, upgrade

MODELS = (
    "extranet_zone.blanks.models",
    "extranet_zone.catalogue.models",
    "extranet_zone.certificates.models",
    "extranet_zone.clocks.models",
    "extranet_zone.province.models",
    "extranet_zone.register.models",
    "extranet_zone.window.models",
    "kernel.exchange.models",
    "kernel.web.models",
)
for module in MODELS:
    importlib.import_module(module)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'zone.db'}"
    else:
        url = request.getfixturevalue("new_postgres_url")()
    database = Database(url)
    yield database
    database.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'zone.db'}"
    else:
        url = request.getfixturevalue("new_postgres_url")()
    database = Database(url)
    yield database
    database.dispose()


OLD_CASE = """
INSERT INTO case_file (case_no, item_code, mode, state, unit_no, location, applicant, facts,
 declaration, signed_by, signed_at, submitted_at, received_at, accepted_at, due_kind, clock_from,
 promised_days, due_at, due_note, concluded_at, certificate_no, version)
VALUES (:case_no, 'change-details', 'online', :state, '419001001001GB00001F00010001', '', '李小四',
 '{}', '', '李小四', 1, 1, 1, :accepted, :due_kind, :begun, :days, :due, '', :ended, '', 1)
"""
OLD_MATERIAL = """
INSERT INTO case_material (case_no, position, code, title, file_name, digest, size, media_type,
 pages, state, defect)
VALUES ('W202601050000015', 1, 'identity', '身份', 'a.png', 'd', 1, 'image/png', 1, 'present', '')
"""
OLD_STEP = """
INSERT INTO case_step (id, case_no, position, action, label, source, target, zone, actor,
 actor_name, at, note)
VALUES ('1', 'W202601050000015', 1, 'accept_direct', '受理', 'collected', 'accepted', 'extranet',
 'x', 'X', 5, '')
"""


def migrate_to(database: Database, revision: str, *, down: bool = False) -> None:
    with database.engine.connect() as connection:
        config = _config(SCHEMA)
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, revision)
        connection.commit()


def test_the_one_clock_a_case_had_becomes_a_row_and_nothing_is_lost(
    any_database: Database,
) -> None:
    migrate_to(any_database, "e002")
    running = {
        "case_no": "W202601050000015",
        "state": "accepted",
        "accepted": 10,
        "due_kind": "promise",
        "begun": 10,
        "days": 3,
        "due": 100,
        "ended": None,
    }
    ended = running | {"case_no": "W202601050000023", "state": "refused", "ended": 200}
    quiet = dict.fromkeys(running) | {"case_no": "W202601050000031", "state": "applied"}
    with any_database.begin() as session:
        for case in (running, ended, quiet):
            session.execute(text(OLD_CASE), case)
        session.execute(text(OLD_MATERIAL))
        session.execute(text(OLD_STEP))
    upgrade(any_database, SCHEMA)
    require_current(any_database, SCHEMA)
    assert differences(any_database, SCHEMA) == []
    with any_database.reading() as session:
        clocks = {row.subject: row for row in session.scalars(select(ClockRow))}
        case = session.get_one(Case, "W202601050000015")
        assert (case.state, case.paper, case.home_authority) == (
            State.ACCEPTED,
            PaperState.NONE,
            "419001",
        )
        assert case.materials[0].notice_no == 0
        assert session.scalar(text("SELECT count(*) FROM case_step")) == 1
    assert set(clocks) == {running["case_no"], ended["case_no"]}
    open_clock, closed = clocks["W202601050000015"], clocks["W202601050000023"]
    assert (open_clock.kind, open_clock.length, open_clock.due_at, open_clock.ended_at) == (
        ClockKind.HANDLING,
        3,
        100,
        None,
    )
    assert (closed.ended_at, closed.late) == (200, 1)


def test_new_states_are_known_to_the_database_and_others_are_not(any_database: Database) -> None:
    upgrade(any_database, SCHEMA)
    case = {
        "case_no": "W202601050000015",
        "accepted": None,
        "due_kind": None,
        "begun": None,
        "days": None,
        "due": None,
        "ended": None,
    }
    wider = OLD_CASE.replace("version)", "version, home_authority, collecting_authority, paper,")
    wider = wider.replace("paper,", "paper, claimed_by)").replace(
        "'', 1)", "'', 1, '419001', '419001', 'none', '')"
    )
    with any_database.begin() as session:
        session.execute(text(wider), case | {"state": "announced"})
    with pytest.raises(IntegrityError), any_database.begin() as session:
        session.execute(text(wider), case | {"case_no": "X", "state": "nowhere"})


def test_the_revision_can_be_taken_back(database: Database) -> None:
    upgrade(database, SCHEMA)
    migrate_to(database, "e004b", down=True)
    upgrade(database, SCHEMA)
    assert differences(database, SCHEMA) == []


def test_an_empty_database_is_not_served(database: Database) -> None:
    with pytest.raises(UnavailableError, match="database_not_migrated"):
        require_current(database, SCHEMA)


def test_the_revisions_make_exactly_what_the_models_declare(database: Database) -> None:
    upgrade(database, SCHEMA)
    require_current(database, SCHEMA)
    assert differences(database, SCHEMA) == []


def test_revisions_keep_what_is_there(database: Database) -> None:
    upgrade(database, SCHEMA)
    with database.begin() as session:
        session.add(
            Case(
                case_no="W202601050000015",
                item_code="transfer-existing",
                mode=Mode.ONLINE,
                state=State.APPLIED,
                unit_no="419001001001GB00001F00010001",
                location="",
                applicant="李小四",
                facts="{}",
                declaration="",
                signed_by="李小四",
                signed_at=1,
                submitted_at=1,
                received_at=1,
                due_note="",
                certificate_no="",
                home_authority="419001",
                collecting_authority="419001",
                paper=PaperState.NONE,
                claimed_by="",
            )
        )
    upgrade(database, SCHEMA)
    with database.reading() as session:
        case = session.get(Case, "W202601050000015")
        assert case is not None
        assert case.state is State.APPLIED


def test_e003_puts_the_cases_that_are_there_under_the_first_edition(database: Database) -> None:
    with database.engine.connect() as connection:
        config = _config(SCHEMA)
        config.attributes["connection"] = connection
        command.upgrade(config, "e002")
        connection.commit()
    with database.begin() as session:
        session.execute(
            text(
                "INSERT INTO case_file (case_no, item_code, mode, state, unit_no, location,"
                " applicant, facts, declaration, signed_by, signed_at, submitted_at, received_at,"
                " due_note, certificate_no, version) VALUES ('W202601050000015',"
                " 'transfer-existing', 'online', 'applied', '419001001001GB00001F00010001', '',"
                " '李小四', '{}', '', '李小四', 1, 1, 1, '', '', 1)"
            )
        )
    upgrade(database, SCHEMA)
    assert differences(database, SCHEMA) == []
    with database.reading() as session:
        assert session.get_one(Case, "W202601050000015").edition == 1


def test_no_column_of_the_extranet_holds_geometry() -> None:
    names = {
        f"{table.name}.{column.name}"
        for table in SCHEMA.metadata.tables.values()
        for column in table.columns
    }
    forbidden = ("geom", "wkt", "wkb", "shape", "coordinate", "polygon", "point")
    assert not [name for name in names if any(word in name for word in forbidden)]


def test_restrictions_of_before_become_seizures_by_rank_and_notices(database_url: str) -> None:
    database = Database(database_url)
    with database.engine.connect() as connection:
        config = migrate._config(SCHEMA)
        config.attributes["connection"] = connection
        command.upgrade(config, "e002")
        for statement in OLD_STOCK.split(";"):
            connection.execute(text(statement))
        connection.commit()
    upgrade(database, SCHEMA)
    assert differences(database, SCHEMA) == []
    with database.reading() as session:
        state = unit_state(session, UNIT)
        entry = session.scalars(select(RegisterEntry)).one()
    assert state is not None
    assert [(one.court, one.kind.label) for one in state.seizures] == [
        ("甲法院", "查封"),
        ("乙法院", "轮候查封"),
    ]
    assert [(right.kind.value, right.holders[0].name) for right in state.rights] == [
        ("mortgage", "银行"),
        ("objection", "王五"),
        ("advance_notice", "赵六"),
    ]
    assert entry.about == "mortgage"
    before = from_json(entry.before)
    assert len(before.seizures) == 2
    with pytest.raises(IntegrityError), database.begin() as session:
        session.execute(text("UPDATE register_entry SET effect = 'nonsense'"))
    with pytest.raises(IntegrityError), database.begin() as session:
        session.execute(text("UPDATE unit_right SET ended_by = 'nobody', status = 'ended'"))
    database.dispose()


def test_revision_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    with database.engine.connect() as connection:
        config = migrate._config(SCHEMA)
        config.attributes["connection"] = connection
        command.upgrade(config, "e002")
        for statement in OLD_STOCK.split(";"):
            connection.execute(text(statement))
        connection.execute(text("UPDATE restriction SET ended_at = 90 WHERE id = 'r1'"))
        connection.commit()
    with pytest.raises(RuntimeError, match="ended by hand"):
        upgrade(database, SCHEMA)
    with database.reading() as session:
        tables = set(session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
        assert session.scalar(text("SELECT COUNT(*) FROM restriction")) == 4
        columns = session.execute(text("SELECT * FROM register_entry")).keys()
    assert "seizure" not in tables
    assert "about" not in columns
    database.dispose()


UNIT = "419001001001GB00001F00010001"
OLD_STOCK = """
INSERT INTO unit VALUES ('UNIT', 'PARCEL', '示范路', '住宅', '1.00', '', '', 1, 1);
INSERT INTO register_entry VALUES ('e1', 1, 'W202601050000015', 'UNIT', 'mortgage', '100', '4',
  'x', '{"unit_no": "u", "location": "", "use": "", "area": "", "nature": "", "term": "",
  "rights": [], "seizures": 2, "objections": 1, "beneficiaries": ["赵六"]}', '{}',
  'recorder1', '孔登簿', 1, '1970-01-01');
INSERT INTO unit_right VALUES ('m1', 'UNIT', 'mortgage', '4', 'x', '0', 'current', 1, NULL,
  'e1', NULL, '{}');
INSERT INTO right_holder VALUES ('m1', 1, '银行', '2', '99', '', '');
INSERT INTO restriction VALUES ('r1', 'UNIT', 'seizure', '乙法院', '文2', 20, NULL);
INSERT INTO restriction VALUES ('r2', 'UNIT', 'seizure', '甲法院', '文1', 10, NULL);
INSERT INTO restriction VALUES ('r3', 'UNIT', 'objection', '王五', '异1', 30, NULL);
INSERT INTO restriction VALUES ('r4', 'UNIT', 'advance_notice', '赵六', '预1', 40, NULL)
""".replace("UNIT", UNIT).replace("PARCEL", UNIT[:19])


def test_windows_and_their_readings_come_and_go(any_database: Database) -> None:
    upgrade(any_database, SCHEMA)
    migrate_to(any_database, "e041", down=True)
    with any_database.reading() as session, pytest.raises(DBAPIError):
        session.execute(text("SELECT count(*) FROM window_reading"))
    upgrade(any_database, SCHEMA)
    assert differences(any_database, SCHEMA) == []


def test_what_the_province_sent_and_was_refused_before_waits_for_a_person(
    any_database: Database,
) -> None:
    upgrade(any_database, SCHEMA)
    migrate_to(any_database, "e061", down=True)
    row = "INSERT INTO province_event (id, kind, body, received_at, code) VALUES "
    with any_database.begin() as session:
        session.execute(text(row + "('a', 'bill.paid', '{}', 1, '')"))
        session.execute(text(row + "('b', 'bill.paid', '{}', 2, 'case_unknown')"))
        session.execute(text(row + "('c', 'bill.paid', '{}', 3, 'bill_unknown')"))
    upgrade(any_database, SCHEMA)
    assert differences(any_database, SCHEMA) == []
    states = text("SELECT id, state, code FROM province_event ORDER BY id")
    with any_database.begin() as session:
        found = [tuple(one) for one in session.execute(states)]
        session.execute(text("UPDATE province_event SET state = 'replayed' WHERE id = 'c'"))
    assert found == [
        ("a", "taken", ""),
        ("b", "refused", "case_unknown"),
        ("c", "refused", "bill_unknown"),
    ]
    migrate_to(any_database, "e061", down=True)
    with any_database.reading() as session:
        codes = session.execute(text("SELECT code FROM province_event ORDER BY id"))
        assert codes.scalars().all() == ["", "case_unknown", ""]
