"""The auditor's program must catch what it is for: corruptions planted with plain SQL."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import copyfile

import pytest
from checker import register_check
from checker.register_check import findings_of
from integration.register.conftest import MODELS
from integration.register.divisions import split
from integration.register.every_effect import COURT, OTHER_COURT, life_of_a_flat, view
from integration.register.stock_samples import BANK, NOW, RECORDER, SELLER, line, party

from extranet_zone.db import SCHEMA
from extranet_zone.register.services import RegisterService, load_register
from kernel import audit
from kernel.clock import SystemClock
from kernel.db import Database
from kernel.migrate import upgrade
from kernel.vocabulary.effects import Effect

assert MODELS
CORRUPTIONS = Path(register_check.__file__).with_name("corruptions.sql")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flat's whole life, a mortgaged flat, a flat seized twice and a mortgaged one split."""
    path = tmp_path_factory.mktemp("sound") / "extranet.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database, SCHEMA)
    audit.attach(database, "extranet", SystemClock())
    load_register(database, [line(2), line(3), line(4)], NOW)
    register = RegisterService("济源市")
    loan = (party("mortgagor", SELLER), party("mortgagee", BANK))
    cases = [
        *life_of_a_flat(1, 1),
        view(Effect.MORTGAGE, loan, 2, 101, amount_fen="100"),
        view(Effect.SEIZURE, (COURT,), 3, 102, document_no="查1", term_months="36"),
        view(Effect.SEIZURE, (OTHER_COURT,), 3, 103, document_no="查2", term_months="12"),
        view(Effect.MORTGAGE, loan, 4, 104, amount_fen="100"),
        split(4, 105, mortgagee_consent="1"),
    ]
    for place, case in enumerate(cases):
        with database.begin() as session:
            register.record_case(session, case, RECORDER, NOW + place * 1_000_000)
    database.dispose()
    return path


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    path = tmp_path / "copy.db"
    with closing(sqlite3.connect(sound)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copyfile(sound, path)
    return path


def corrupt(path: Path, statements: str) -> set[str]:
    """The codes of what is found after ``statements``, which changed something."""
    with closing(sqlite3.connect(path)) as connection:
        # The database's own constraints are out of the way: somebody has written past them.
        connection.execute("PRAGMA ignore_check_constraints=ON")
        connection.executescript(statements)
        assert connection.total_changes > 0
        connection.commit()
    return {finding.code for finding in findings_of(f"sqlite:///{path}")}


def test_sound_register_has_no_findings(copy: Path) -> None:
    assert findings_of(f"sqlite:///{copy}") == []


def planted() -> list[tuple[str, str]]:
    """Code and statements of each block of the file of corruptions."""
    blocks = CORRUPTIONS.read_text("utf-8").split("\n\n")[1:]
    return [
        (heading.removeprefix("-- ").split(":")[0], statements)
        for heading, statements in (block.split("\n", 1) for block in blocks)
    ]


@pytest.mark.parametrize(("code", "statements"), planted())
def test_planted_corruption_is_found(copy: Path, code: str, statements: str) -> None:
    assert code in corrupt(copy, statements)


def test_every_code_of_the_program_has_a_planted_corruption() -> None:
    codes = set(re.findall(r'Finding\("([a-z_]+)"', Path(register_check.__file__).read_text()))
    assert codes == {code for code, _ in planted()}
