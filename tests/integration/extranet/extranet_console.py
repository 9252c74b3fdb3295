"""The console of a test office, driven as browsers do."""

import re
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher
from extranet_office import Office
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from extranet_zone.app import Platform, create_app
from extranet_zone.roles import ASSIGNABLE, Role
from extranet_zone.settings import ExtranetSettings
from kernel.keys import TrustStore, generate
from kernel.paper.fonts import Fonts
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone
from kernel.web.accounts import Accounts

PASSWORD = "Sample-2026-pass"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Browser:
    """One signed-in person's browser."""

    client: FlaskClient

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, page: str, **fields: object) -> TestResponse:
        """Post with the form token that ``page`` shows."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(page).text)
        assert found is not None
        return self.client.post(path, data={"csrf_token": found[1], **fields})

    def act(self, case_no: str, action: str, **fields: str) -> TestResponse:
        page = f"/cases/{case_no}"
        return self.post(f"{page}/acts", page, action=action, **fields)


class ConsoleOffice:
    """An office with its console and one account for each post."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office = office
        (folder / "cookie.secret").write_text("0" * 64)
        settings = ExtranetSettings.model_validate(
            {
                "database": {"url": str(office.database.url)},
                "materials": {"folder": folder / "materials"},
                "spool": {"folder": folder / "spool"},
                "keys": {"folder": folder / "keys", "trust": folder / "trust.toml"},
                "web": {
                    "host": "127.0.0.1",
                    "port": 0,
                    "secret_file": folder / "cookie.secret",
                    "secure_cookies": False,
                },
            }
        )
        self.platform = Platform(
            settings=settings,
            clock=office.clock,
            database=office.database,
            store=office.store,
            spool=Spool(folder / "spool"),
            keys=generate(Zone.EXTRANET, folder / "keys"),
            trust=TrustStore(()),
            work=office.work,
            fonts=Fonts.load(system=()),
        )
        self.app = create_app(self.platform, QUICK)
        for role in ASSIGNABLE:
            self._hire(role.value.replace("_", "-"), role)

    def _hire(self, login: str, role: Role) -> None:
        with self.office.database.begin() as session:
            Accounts(QUICK, idle_minutes=15).create(
                session,
                login=login,
                display_name=role.label,
                password=PASSWORD,
                roles=[role.value],
                now=self.office.now,
                must_change=False,
                actor="system:test",
            )

    def colleague(self, login: str, role: Role) -> Browser:
        """A browser of a second person at the post."""
        self._hire(login, role)
        return self._signed_in(login)

    def browser(self, role: Role | None = None) -> Browser:
        """A browser, signed in as the person with ``role`` or as nobody."""
        if role is not None:
            return self._signed_in(role.value.replace("_", "-"))
        return Browser(self.app.test_client())

    def _signed_in(self, login: str) -> Browser:
        browser = Browser(self.app.test_client())
        answer = browser.post(
            "/account/sign-in", "/account/sign-in", login=login, password=PASSWORD
        )
        assert answer.status_code == 303
        return browser
