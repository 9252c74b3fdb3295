"""The exchange pages of one side of a pair of zones, with people in front of them."""

import re
from pathlib import Path

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from integration.exchange.pair import Pair, Side
from werkzeug.test import TestResponse

from kernel.clock import now_micros
from kernel.program.settings import ExchangeSettings, WebSettings
from kernel.web import exchange_console
from kernel.web.accounts import Accounts
from kernel.web.frame import Console, NavItem, Site, create_console

PASSWORD = "Sample-2026-pass"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ROLES = {
    "operator": {"exchange.read", "exchange.decide"},
    "reader": {"exchange.read"},
    "clerk": {"case.read"},
}
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class ExchangeOffice:
    """One zone's console; three people who may decide, one who may look, one who may do neither."""

    def __init__(self, folder: Path, pair: Pair, side: Side) -> None:
        self.pair = pair
        self.side = side
        secret = folder / f"{side.zone.value}.secret"
        secret.write_text("5" * 64)
        self.settings = WebSettings(
            host="127.0.0.1", port=0, secret_file=secret, secure_cookies=False, idle_minutes=600
        )
        self.accounts = Accounts(QUICK, 600)
        with side.database.begin() as session:
            for login, role in (
                ("wang", "operator"),
                ("zhao", "operator"),
                ("sun", "reader"),
                ("li", "clerk"),
            ):
                self.accounts.create(
                    session,
                    login=login,
                    display_name=login,
                    password=PASSWORD,
                    roles=[role],
                    now=now_micros(pair.clock),
                    must_change=False,
                    actor="system:test",
                )
        self.app = self._build()

    def _build(self) -> Flask:
        self.desk = exchange_console.Desk(
            self.side.zone,
            self.side.database,
            self.side.spool,
            self.pair.clock,
            ExchangeSettings(beacon_seconds=60),
        )
        return create_console(
            Console(
                site=Site(
                    zone=self.side.zone,
                    title="样例平台",
                    subtitle="样例",
                    home="exchange.show",
                    nav=[NavItem("数据交换", "exchange.show", whole=True)],
                    footer="样例",
                ),
                database=self.side.database,
                clock=self.pair.clock,
                settings=self.settings,
                permissions_of=lambda roles: {p for role in roles for p in ROLES.get(role, ())},
                role_labels=str,
                blueprints=[exchange_console.blueprint(self.desk)],
                rules=exchange_console.rules("exchange.read", "exchange.decide"),
                hasher=QUICK,
            )
        )

    def browser(self, login: str = "wang") -> "Window":
        window = Window(self.app.test_client())
        answer = window.post("/account/sign-in", "/account/sign-in", login=login, password=PASSWORD)
        assert answer.status_code == 303
        return window


class Window:
    """Somebody's browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, address: str) -> TestResponse:
        return self.client.get(address)

    def text(self, address: str) -> str:
        answer = self.get(address)
        assert answer.status_code == 200, (address, answer.status_code, answer.text)
        return answer.text

    def post(self, address: str, page: str, **fields: str) -> TestResponse:
        """Send a form; ``page`` is the page with the token."""
        found = _TOKEN.search(self.get(page).text)
        assert found is not None
        return self.client.post(address, data={"csrf_token": found[1], **fields})
