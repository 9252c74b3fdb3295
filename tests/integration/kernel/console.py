"""A console with a few pages of its own, and browsers in front of it."""

import re
from datetime import timedelta
from pathlib import Path

from argon2 import PasswordHasher
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kernel.clock import SetClock, now_micros
from kernel.db import Database
from kernel.errors import ConflictError, UnavailableError
from kernel.program.settings import WebSettings
from kernel.vocabulary.zones import Zone
from kernel.web.access import Access, Rules
from kernel.web.accounts import Accounts
from kernel.web.frame import Console, NavItem, Site, create_console

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "Sample-2026-pass"
IDLE_MINUTES = 15
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
RULES: Rules = {
    "sample.home": Access.SIGNED_IN,
    "sample.open": Access.PUBLIC,
    "sample.cases": "case.read",
    "sample.change": "case.read",
    "sample.refused": Access.PUBLIC,
    "sample.unavailable": Access.PUBLIC,
    "sample.bug": Access.PUBLIC,
    "machine.push": Access.PUBLIC,
}


def _pages() -> Blueprint:
    pages = Blueprint("sample", __name__)

    @pages.get("/")
    def home() -> str:
        return "首页"

    @pages.get("/open")
    def open() -> str:  # noqa: A001 - the endpoint's name
        return "公开"

    @pages.get("/cases")
    def cases() -> str:
        return "案件"

    @pages.post("/cases")
    def change() -> str:
        return "已办理"

    @pages.get("/refused")
    def refused() -> str:
        raise ConflictError("done_already", "该件已办结", case_no="W1")

    @pages.get("/unavailable")
    def unavailable() -> str:
        raise UnavailableError("disk_full", "磁盘空间不足")

    @pages.get("/bug")
    def bug() -> str:
        raise ZeroDivisionError("secret detail")

    return pages


def _machine() -> Blueprint:
    pages = Blueprint("machine", __name__)

    @pages.post("/machine")
    def push() -> str:
        return "已收到"

    return pages


class Office:
    """The console over one database; :meth:`restart` builds it anew as a new process would."""

    def __init__(
        self,
        folder: Path,
        database: Database,
        clock: SetClock,
        *,
        secure: bool = False,
        proxies: int = 0,
    ) -> None:
        self.database = database
        self.clock = clock
        secret = folder / "cookie.secret"
        secret.write_text("5" * 64)
        self.settings = WebSettings(
            host="127.0.0.1",
            port=0,
            secret_file=secret,
            secure_cookies=secure,
            idle_minutes=IDLE_MINUTES,
            proxies=proxies,
        )
        self.app = self.build()

    def build(self, rules: Rules = RULES) -> Flask:
        return create_console(
            Console(
                site=Site(
                    zone=Zone.EXTRANET,
                    title="样例",
                    subtitle="样例",
                    home="sample.home",
                    nav=[NavItem("案件", "sample.cases")],
                    footer="样例",
                ),
                database=self.database,
                clock=self.clock,
                settings=self.settings,
                permissions_of=lambda roles: {"case.read"} if "clerk" in roles else set(),
                role_labels=str,
                blueprints=[_pages()],
                rules=rules,
                hasher=QUICK,
                machines=[_machine()],
            )
        )

    def restart(self) -> None:
        self.app = self.build()

    def hire(self, login: str, *roles: str, must_change: bool = False) -> None:
        with self.database.begin() as session:
            Accounts(QUICK, IDLE_MINUTES).create(
                session,
                login=login,
                display_name="张三",
                password=PASSWORD,
                roles=roles,
                now=now_micros(self.clock),
                must_change=must_change,
                actor="system:test",
            )

    def browser(self) -> FlaskClient:
        return self.app.test_client()

    def wait(self, minutes: float) -> None:
        self.clock.advance(timedelta(minutes=minutes))


def token_of(browser: FlaskClient, page: str = "/account/sign-in") -> str:
    found = _TOKEN.search(browser.get(page).text)
    assert found is not None
    return found[1]


def sign_in(
    browser: FlaskClient, login: str = "zhang", password: str = PASSWORD, **fields: str
) -> TestResponse:
    given = {"csrf_token": token_of(browser), "login": login, "password": password, **fields}
    return browser.post("/account/sign-in", data=given)
