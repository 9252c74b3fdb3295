"""Claims about the portal's command line and its periodic work."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from portal_office import QUICK, PortalOffice
from sqlalchemy import select

from internet_zone.__main__ import main
from internet_zone.app import make_exchange, make_jobs
from kernel.errors import TongbanError
from kernel.web.accounts import Accounts
from kernel.web.models import WebSession

ACCOUNT = """
[[account]]
login = "sysadmin"
display_name = "系统管理员"
password = "Sample-2026-pass"
roles = ["{role}"]
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    (tmp_path / "cookie.secret").write_text("0" * 64)
    path = tmp_path / "internet.toml"
    path.write_text(
        """
        database.url = "sqlite:///portal.db"
        materials.folder = "materials"
        spool.folder = "spool"
        keys.folder = "keys"
        keys.trust = "trust.toml"
        [web]
        host = "127.0.0.1"
        port = 0
        secret_file = "cookie.secret"
        secure_cookies = false
        [uplink]
        host = "127.0.0.1"
        port = 0
        certificate = "server.crt"
        key = "server.key"
        client_authority = "ca.crt"
        client_sha256 = "%s"
        """
        % ("0" * 64)
    )
    return path


def test_migrating_twice_is_migrating_once(settings: Path) -> None:
    for changed in (True, False):
        done = CliRunner().invoke(main, ["migrate", "--settings", str(settings), "--json"])
        assert done.exit_code == 0, done.output
        assert json.loads(done.output) == {"migrated": True, "changed": changed}


@pytest.mark.parametrize("command", [["serve"], ["work"]])
def test_what_is_not_migrated_is_neither_served_nor_worked_on(
    settings: Path, command: list[str]
) -> None:
    done = CliRunner().invoke(main, [*command, "--settings", str(settings)])
    assert isinstance(done.exception, TongbanError)
    assert done.exception.code == "database_not_migrated"


def test_only_administrators_are_brought_in_by_file(settings: Path, tmp_path: Path) -> None:
    CliRunner().invoke(main, ["migrate", "--settings", str(settings)])
    file = tmp_path / "accounts.toml"
    arguments = ["accounts", "load", str(file), "--settings", str(settings), "--json"]
    file.write_text(ACCOUNT.format(role="citizen"))
    refused = CliRunner().invoke(main, arguments)
    assert isinstance(refused.exception, TongbanError)
    assert refused.exception.code == "role_unknown"
    file.write_text(ACCOUNT.format(role="system_administrator"))
    outputs = [json.loads(CliRunner().invoke(main, arguments).output) for _ in range(2)]
    assert outputs == [{"created": 1, "listed": 1}, {"created": 0, "listed": 1}]


def test_the_worker_sweeps_old_parts_and_ended_sessions(
    office: PortalOffice, tmp_path: Path
) -> None:
    office.operator()
    parts = tmp_path / "materials" / "parts"
    old, new = parts / "old.part", parts / "new.part"
    now = office.clock.now().timestamp()
    for part, age in ((old, 2 * 86_400), (new, 60)):
        part.write_bytes(b"x")
        os.utime(part, (now - age, now - age))
    with office.database.begin() as session:
        for row in session.scalars(select(WebSession)):
            row.seen_at = 0
    jobs = make_jobs(office.portal, make_exchange(office.portal), Accounts(QUICK, 15))
    for job in jobs:
        job.function()
    assert not old.exists()
    assert new.exists()
    with office.database.reading() as session:
        assert session.scalars(select(WebSession)).all() == []
