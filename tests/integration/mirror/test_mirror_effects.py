"""Claims about the intranet's mirror: what the register recorded stands there too."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from integration.register.every_effect import COURT, OTHER_COURT, life_of_a_flat, view
from integration.register.stock_samples import BANK, NOW, RECORDER, SELLER, line, party, unit_no
from sqlalchemy import select, text

from extranet_zone.db import SCHEMA as PLATFORM
from extranet_zone.register.services import RegisterService, load_register, unit_state
from intranet_zone.db import SCHEMA
from intranet_zone.mirror.services import load_stock, take_entry
from intranet_zone.mirror.standing import seizures_of, standing_of
from kernel.audit import attach
from kernel.clock import SystemClock
from kernel.db import Database
from kernel.exchange.models import OutboxMessage
from kernel.messages import RegisterRecorded
from kernel.migrate import _config, differences, upgrade
from kernel.vocabulary.effects import Effect

for module in ("extranet_zone.cases", "extranet_zone.certificates", "intranet_zone.reviews"):
    importlib.import_module(f"{module}.models")
importlib.import_module("intranet_zone.parcels.models")
STOCK = line(
    2,
    mortgages=[
        {
            "mortgagee": BANK[0],
            "amount_yuan": 300000,
            "certificate_no": "豫（2019）济源市不动产证明第0000009号",
            "recorded_on": "2019-06-01",
        }
    ],
    restrictions=[
        {"kind": "objection", "by": "王五", "document": "异1", "recorded_on": "2020-07-01"}
    ],
)


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'intranet.db'}")
    upgrade(database, SCHEMA)
    attach(database, "intranet", SystemClock())
    yield database
    database.dispose()


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'extranet.db'}")
    upgrade(database, PLATFORM)
    attach(database, "extranet", SystemClock())
    load_register(database, [STOCK], NOW - 1)
    yield database
    database.dispose()


def bodies(platform: Database) -> list[RegisterRecorded]:
    with platform.reading() as session:
        found = session.scalars(
            select(OutboxMessage.body)
            .where(OutboxMessage.kind == "register.recorded")
            .order_by(OutboxMessage.created)
        )
        return [RegisterRecorded.model_validate_json(body) for body in found]


def record(platform: Database, *cases: object) -> None:
    for place, case in enumerate(cases):
        with platform.begin() as session:
            RegisterService("济源市").record_case(session, case, RECORDER, NOW + place * 1_000_000)  # type: ignore[arg-type]


def require_same(platform: Database, mirror: Database, unit: str) -> None:
    with platform.reading() as session:
        state = unit_state(session, unit)
    assert state is not None
    with mirror.reading() as session:
        rights, seizures = standing_of(session, unit), seizures_of(session, unit)
    assert sorted((row.certificate_no, row.holders) for row in rights) == sorted(
        (right.certificate_no, tuple(holder.name for holder in right.holders))
        for right in state.rights
    )
    assert [(row.court, row.kind, row.term_to) for row in seizures] == [
        (one.court, one.kind.label, one.term_to) for one in state.seizures
    ]


def test_mirror_follows_a_flat_through_its_whole_life(platform: Database, mirror: Database) -> None:
    load_stock(mirror, [STOCK.decode()])
    for place, case in enumerate(life_of_a_flat(1, 1)):
        with platform.begin() as session:
            RegisterService("济源市").record_case(session, case, RECORDER, NOW + place * 1_000_000)
        with mirror.begin() as session:
            take_entry(session, bodies(platform)[-1], NOW)
        require_same(platform, mirror, unit_no(1))
    with mirror.reading() as session:
        found = session.execute(text("SELECT location FROM mirror_unit ORDER BY unit_no")).scalars()
        assert found.first() == "示范路99号"


def test_mirror_ends_what_came_with_the_stock(platform: Database, mirror: Database) -> None:
    load_stock(mirror, [STOCK.decode()])
    require_same(platform, mirror, unit_no(2))
    record(
        platform,
        view(Effect.SEIZURE, (COURT,), 2, 1, document_no="查1", term_months="36"),
        view(Effect.SEIZURE, (OTHER_COURT,), 2, 2, document_no="查2", term_months="12"),
        view(Effect.OBJECTION_CANCELLATION, (party("objector", ("王五", "1")),), 2, 3),
        view(Effect.MORTGAGE_CANCELLATION, (party("mortgagee", BANK),), 2, 4),
    )
    with mirror.begin() as session:
        for body in bodies(platform):
            take_entry(session, body, NOW)
    require_same(platform, mirror, unit_no(2))


def test_the_same_entry_twice_has_one_effect(platform: Database, mirror: Database) -> None:
    load_stock(mirror, [STOCK.decode()])
    loan = (party("mortgagor", SELLER), party("mortgagee", BANK))
    record(platform, view(Effect.MORTGAGE, loan, 2, 1, objection_risk_known="1"))
    for _ in range(2):
        with mirror.begin() as session:
            take_entry(session, bodies(platform)[0], NOW)
    require_same(platform, mirror, unit_no(2))


def test_stock_loaded_again_does_not_undo_an_entry(platform: Database, mirror: Database) -> None:
    load_stock(mirror, [STOCK.decode()])
    holder = (party("holder", SELLER),)
    record(platform, view(Effect.UNIT_CHANGE, holder, 2, 1, location="新路1号"))
    with mirror.begin() as session:
        take_entry(session, bodies(platform)[0], NOW)
    load_stock(mirror, [STOCK.decode()])
    with mirror.reading() as session:
        assert session.execute(text("SELECT location FROM mirror_unit")).scalar() == "新路1号"
    require_same(platform, mirror, unit_no(2))


def test_message_of_an_older_platform_is_still_taken(mirror: Database) -> None:
    old = {
        "entry_id": "a" * 32,
        "log_no": 1,
        "case_no": "W202601050000015",
        "unit_no": unit_no(2),
        "effect": "transfer",
        "registration_type": "200",
        "right_type": "4",
        "certificate_no": "豫（2026）济源市不动产权第0000001号",
        "holders": [],
        "facts": {},
        "recorded_at": NOW,
        "recorder": "孔登簿",
    }
    with mirror.begin() as session:
        take_entry(session, RegisterRecorded.model_validate_json(json.dumps(old)), NOW)
    with mirror.reading() as session:
        assert session.execute(text("SELECT log_no FROM mirror_entry")).scalar() == 1


def test_revision_makes_what_the_models_declare_and_keeps_what_was_mirrored(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    with database.engine.connect() as connection:
        config = _config(SCHEMA)
        config.attributes["connection"] = connection
        command.upgrade(config, "n001")
        insert = "INSERT INTO mirror_unit VALUES (:unit, :parcel, '示范路', :body)"
        unit = unit_no(2)
        connection.execute(
            text(insert), {"unit": unit, "parcel": unit[:19], "body": STOCK.decode()}
        )
        body = {
            "facts": {"former_certificate_no": "豫（2018）济源市不动产权第0000002号"},
            "certificate_no": "豫（2026）济源市不动产权第0000001号",
            "holders": [{"name": "李四"}],
        }
        connection.execute(
            text(
                "INSERT INTO mirror_entry VALUES ('e1', 1, 'W202601050000015', :unit, 'transfer', "
                "'豫（2026）济源市不动产权第0000001号', :body, 1, 1)"
            ),
            {"unit": unit, "body": json.dumps(body, ensure_ascii=False)},
        )
        connection.commit()
    upgrade(database, SCHEMA)
    assert differences(database, SCHEMA) == []
    with database.reading() as session:
        standing = {(row.kind, row.holders) for row in standing_of(session, unit)}
    assert standing == {
        ("所有权、使用权", ("李四",)),
        ("抵押权", (BANK[0],)),
        ("异议登记", ("王五",)),
    }
    database.dispose()
