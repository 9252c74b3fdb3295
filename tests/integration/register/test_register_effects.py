"""Claims about every effect, from the act to the rows, the entry, the message and the mirror."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from checker import register_check
from checker.register_check import findings_of
from integration.register.every_effect import life_of_a_flat
from integration.register.stock_samples import NOW, RECORDER, unit_no
from sqlalchemy import select

from extranet_zone.catalogue.schema import Effect
from extranet_zone.register.history import state_at
from extranet_zone.register.models import RegisterEntry
from extranet_zone.register.services import RegisterService, unit_state
from extranet_zone.register.unit_state import from_json, to_json
from kernel.db import Database
from kernel.exchange.models import OutboxMessage
from kernel.messages import RegisterRecorded

REGISTER = RegisterService("济源市")
SECOND = 1_000_000


def live(database: Database, number: int = 1, serial: int = 1) -> list[Effect]:
    done = []
    for place, case in enumerate(life_of_a_flat(number, serial)):
        with database.begin() as session:
            REGISTER.record_case(session, case, RECORDER, NOW + place * SECOND)
        done.append(case.effect)
    return done


def url_of(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def test_every_effect_is_recorded_and_the_auditor_finds_nothing(database: Database) -> None:
    assert set(live(database)) == set(Effect) - {Effect.UNIT_DIVISION}
    assert findings_of(url_of(database)) == []


def test_every_entry_ends_where_the_next_one_begins(database: Database) -> None:
    live(database)
    with database.reading() as session:
        entries = session.scalars(select(RegisterEntry).order_by(RegisterEntry.log_no)).all()
        stored = unit_state(session, unit_no(1))
    for earlier, later in pairwise(entries):
        assert earlier.after == later.before
    assert stored is not None
    assert to_json(stored) == entries[-1].after
    assert from_json(entries[-1].after) == stored


def test_state_of_any_past_instant_is_what_the_entry_then_said(database: Database) -> None:
    live(database)
    with database.reading() as session:
        entries = session.scalars(select(RegisterEntry).order_by(RegisterEntry.log_no)).all()
        now = unit_state(session, unit_no(1))
    assert now is not None
    for earlier, later in pairwise(entries):
        at = earlier.recorded_at + SECOND // 2
        assert to_json(state_at(earlier.after, later.before, now, at)) == earlier.after
    before = state_at(None, entries[0].before, now, NOW - 1)
    assert before.rights == before.seizures == ()


def test_messages_tell_the_whole_effect(database: Database) -> None:
    live(database)
    with database.reading() as session:
        bodies = [
            RegisterRecorded.model_validate_json(body)
            for body in session.scalars(
                select(OutboxMessage.body)
                .where(OutboxMessage.kind == "register.recorded")
                .order_by(OutboxMessage.created)
            )
        ]
    standing: dict[str, str] = {}
    for body in bodies:
        for ended in body.ended:
            assert standing.pop(ended.certificate_no) == ended.kind
        if body.certificate_no:
            standing[body.certificate_no] = body.right_kind
    assert standing == {}
    assert [len(body.seizures) for body in bodies if body.right_kind == "seizure"] == [
        1,
        2,
        2,
        1,
        0,
    ]
    assert bodies[-1].location == "示范路99号"
    assert bodies[-1].area == "89.90"


def test_checker_runs_as_a_program(database: Database, tmp_path: Path) -> None:
    live(database)
    command = [sys.executable, register_check.__file__, url_of(database)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    lost = [sys.executable, register_check.__file__, f"sqlite:///{tmp_path}/nothing.db"]
    assert subprocess.run(lost, capture_output=True, check=False).returncode == 2
