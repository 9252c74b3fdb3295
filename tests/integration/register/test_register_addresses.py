"""Claims about finding a unit by a fragment of its address."""

import importlib
import threading
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from alembic import command
from checker.register_check import findings_of
from integration.register.stock_samples import (
    NOW,
    RECORDER,
    SELLER,
    case,
    line,
    party,
    unit_no,
)
from integration.register.test_register_effects import url_of
from sqlalchemy import delete, insert, select

from extranet_zone.catalogue.schema import Effect
from extranet_zone.db import SCHEMA
from extranet_zone.register.addresses import pairs_of
from extranet_zone.register.models import AddressPair, Unit
from extranet_zone.register.services import (
    Purpose,
    RegisterService,
    SearchBy,
    addresses,
    load_register,
    search,
)
from extranet_zone.register.services.search import Look
from kernel.db import Database
from kernel.migrate import _config, upgrade

WORDS = (
    *("济源市", "沁园街道", "天坛路", "天坛大道", "12号院"),
    *("2幢", "A座", "a座", "1单元", "101室"),
)
LOOK = Look(Purpose.CASE_WORK, "", RECORDER)


def looked_for(database: Database, text: str) -> list[str]:
    with database.begin() as session:
        return [unit.unit_no for unit in search(session, SearchBy.LOCATION, text, LOOK)]


@pytest.mark.parametrize("common", [1, 3, 1000])
def test_whatever_fragment_is_looked_for_the_units_that_have_it_are_found(
    database: Database, monkeypatch: pytest.MonkeyPatch, common: int
) -> None:
    monkeypatch.setattr(addresses, "COMMON", common)
    random = Random(20260105)
    made = {
        f"{unit_no(parcel)[:-1]}{house}": "".join(random.sample(WORDS, random.randint(2, 6)))
        for parcel in range(1, 11)
        for house in range(1, 5)
    }
    lines = [
        line(int(unit[14:19]), unit_no=unit, location=text, certificate_no=f"样例第{unit}号")
        for unit, text in made.items()
    ]
    assert load_register(database, lines, NOW).loaded == 40
    fragments = {text[at : at + size] for text in made.values() for at in (0, 3) for size in (2, 5)}
    fragments |= {"天坛 2幢", "路12", "无此地名", "101室 沁园 座"}
    for fragment in sorted(fragment for fragment in fragments if len(fragment.strip()) > 1):
        # The letters A and a are one to SQLite and two to PostgreSQL, here as before.
        folded = database.engine.dialect.name == "sqlite"
        fits = [
            unit
            for unit, text in made.items()
            if all(
                word in text or (folded and word.casefold() in text.casefold())
                for word in fragment.split()
            )
        ]
        assert looked_for(database, fragment) == sorted(fits)[:50], fragment


def test_a_rare_fragment_is_looked_for_in_its_parcels_alone(database: Database) -> None:
    load_register(database, [line(1), line(2, location="济源市北海街道济水巷7号")], NOW)
    assert looked_for(database, "济水巷") == [unit_no(2)]
    with database.begin() as session:
        session.execute(delete(AddressPair).where(AddressPair.pair == "水巷"))
    assert looked_for(database, "济水巷") == []
    assert {found.code for found in findings_of(url_of(database))} == {"address_not_found"}


def test_a_recording_that_changes_the_address_makes_both_findable(database: Database) -> None:
    load_register(database, [line(1)], NOW)
    change = replace(
        case(Effect.HOLDER_CHANGE, 1),
        effect=Effect.UNIT_CHANGE,
        parties=(party("holder", SELLER),),
        facts={"location": "济源市轵城镇新址街9号"},
    )
    with database.begin() as session:
        RegisterService("济源市").record_case(session, change, RECORDER, NOW)
    assert looked_for(database, "新址街9号") == [unit_no(1)]
    assert looked_for(database, "示范路1号") == []
    assert findings_of(url_of(database)) == []


@pytest.mark.postgres
def test_two_who_note_the_same_addresses_at_once_both_go_on(
    new_postgres_url: Callable[[], str],
) -> None:
    database = Database(new_postgres_url())
    upgrade(database, SCHEMA)
    both, failures = threading.Barrier(2), list[Exception]()

    def note() -> None:
        try:
            with database.begin() as session:
                both.wait(10)
                addresses.note_addresses(session, {"419001001001GB00001": [text]})
        except Exception as error:  # noqa: BLE001 - whatever stopped one of them
            failures.append(error)

    text = "济源市天坛路甲乙丙丁戊己庚辛"
    threads = [threading.Thread(target=note) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    with database.reading() as session:
        assert set(session.scalars(select(AddressPair.pair))) == pairs_of([text])
    database.dispose()


def test_a_register_from_before_is_noted_by_the_migration(database: Database) -> None:
    revision = importlib.import_module("extranet_zone.migrations.versions.e051_address_pairs")
    with database.engine.connect() as connection:
        config = _config(SCHEMA)
        config.attributes["connection"] = connection
        command.downgrade(config, revision.down_revision)
        connection.commit()
    places = {1: "济源市一号院", 2: "济源市二号院", 3: "济水 三号院", 4: "", 5: "北海巷"}
    with database.begin() as session:
        session.execute(
            insert(Unit),
            [
                {
                    "unit_no": unit_no(number),
                    "parcel_no": unit_no(number)[:19],
                    "location": place,
                    "use": "",
                    "area": "",
                    "nature": "",
                    "term": "",
                    "loaded_at": NOW,
                    "version": 1,
                }
                for number, place in places.items()
            ],
        )
    upgrade(database, SCHEMA)
    with database.reading() as session:
        noted = session.execute(select(AddressPair.parcel_no, AddressPair.pair)).all()
    assert {tuple(row) for row in noted} == {
        (unit_no(number)[:19], pair)
        for number, place in places.items()
        for pair in pairs_of([place])
    }
    assert looked_for(database, "三号") == [unit_no(3)]
