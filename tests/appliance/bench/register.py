"""The platform's pages on a large register, beside a bare page of the same size on the same server.

For each size and each database: requests a second of one browser that asks one page after the
other, over HTTP and gunicorn as in production, signed in, with everything the page does (audited
looks, too). The bare page is Flask with one Jinja loop that gives as many bytes. Recording is the
service's own act in a durable transaction, beside one insert and commit on the same database.
"""

import http.client
import multiprocessing
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

from argon2 import PasswordHasher
from flask import Flask, render_template_string
from integration import postgres
from sqlalchemy import text

from appliance.bench.register_rows import (
    CASE_EVERY,
    OPEN_EVERY,
    RARE_EVERY,
    case_no,
    certificate_no,
    fill,
    owner,
    unit_no,
)
from appliance.layout import free_ports
from appliance.sample.names import BANKS
from extranet_zone.app import create_app, wire
from extranet_zone.cases.ports import Actor, CaseView, PartyView
from extranet_zone.catalogue.reading import PACKAGED, read_edition
from extranet_zone.catalogue.services import load_edition
from extranet_zone.db import SCHEMA
from extranet_zone.register.services import RegisterService
from extranet_zone.roles import Role
from extranet_zone.settings import ExtranetSettings
from kernel import audit, logs
from kernel.clock import SystemClock, now_micros
from kernel.db import Database, new_id
from kernel.keys import entry_text, generate
from kernel.keys.documents import make_signer
from kernel.migrate import upgrade
from kernel.vocabulary.case_no import CaseNo, CaseOrigin
from kernel.vocabulary.effects import Effect
from kernel.vocabulary.zones import Zone
from kernel.web import server
from kernel.web.accounts import Accounts

SIZES: Final = (10_000, 1_000_000)
SECONDS: Final = 3.0
"""How long each page is asked for, and at least so many times."""
LEAST: Final = 5
RECORDINGS: Final = 100
HOST: Final = "127.0.0.1"
LOGIN: Final = "bench"
PASSWORD: Final = "Bench-2026-pass"
QUICK: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Passwords are not what is measured."""
_START_SECONDS: Final = 60.0
_BARE: Final = (
    '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>页</title></head><body>'
    "<table>{% for row in rows %}<tr><td>{{ row }}</td><td>济源市样例路</td></tr>{% endfor %}"
    "</table></body></html>"
)
_BARE_ROW: Final = 64
"""Bytes that one row of the bare page comes to."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one page, or recording, reached: ours and the bare one's a second."""

    name: str
    ours: float
    theirs: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One size on one kind of database; ``fill`` are the seconds its rows took."""

    server: str
    units: int
    fill: float
    rates: tuple[Rate, ...]


def measure(
    folder: Path, sizes: tuple[int, ...] = SIZES, seconds: float = SECONDS
) -> list[Measured]:
    """Each size on each database that is installed; ``folder`` is removed."""
    shutil.rmtree(folder, ignore_errors=True)
    logs.configure("bench", level="error")
    found = []
    try:
        for units in sizes:
            folder.mkdir(parents=True)
            found.append(_one("SQLite", f"sqlite:///{folder / 'bench.db'}", folder, units, seconds))
            shutil.rmtree(folder)
            if postgres.is_installed():
                folder.mkdir(parents=True)
                with postgres.server(folder, durable=True) as socket:
                    url = postgres.new_database(socket)
                    found.append(_one("PostgreSQL", url, folder, units, seconds))
                shutil.rmtree(folder)
        return found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _one(name: str, url: str, folder: Path, units: int, seconds: float) -> Measured:
    settings = _settings(folder, url)
    clock = SystemClock()
    database = Database(url)
    upgrade(database, SCHEMA)
    audit.attach(database, Zone.EXTRANET.value, clock)
    now = now_micros(clock)
    with database.begin() as session:
        load_edition(session, read_edition(PACKAGED), "system:bench", now)
        Accounts(QUICK, idle_minutes=60).create(
            session,
            login=LOGIN,
            display_name="测试员",
            password=PASSWORD,
            roles=[Role.RECORDER.value],
            now=now,
            must_change=False,
            actor="system:bench",
        )
    started = time.perf_counter()
    fill(database, units, now)
    filled = time.perf_counter() - started
    rates = _pages(settings, units, seconds)
    rates.append(Rate("recording", _recording(database, units), _inserting(database)))
    database.dispose()
    return Measured(name, units, filled, tuple(rates))


def _settings(folder: Path, url: str) -> ExtranetSettings:
    keys = generate(Zone.EXTRANET, folder / "keys")
    make_signer(folder / "keys", "样例登记机构", SystemClock().now())
    entries = [entry_text(keys.public(use)) for use in keys.purposes()]
    (folder / "trust.toml").write_text("\n".join(entries), "utf-8")
    (folder / "cookie.secret").write_text("0" * 64)
    return ExtranetSettings.model_validate(
        {
            "database": {"url": url},
            "materials": {"folder": folder / "materials"},
            "spool": {"folder": folder / "spool"},
            "keys": {"folder": folder / "keys", "trust": folder / "trust.toml"},
            "web": {
                "host": HOST,
                "port": free_ports().extranet,
                "secret_file": folder / "cookie.secret",
                "secure_cookies": False,
            },
        }
    )


def paths(units: int) -> dict[str, list[str]]:
    """What is asked for; several of each kind, so that no answer is the last one again."""
    some = [units * part // 23 for part in range(1, 22)]
    rare = [number - number % RARE_EVERY + RARE_EVERY // 2 for number in some]
    rare = [number for number in rare if number < units]
    ground = f"&purpose=case_work&ground={quote('样例查询单1号')}"
    closed = [number // CASE_EVERY // OPEN_EVERY * OPEN_EVERY + 1 for number in some]

    def search(by: str, words: str) -> str:
        return f"/register?by={by}&text={quote(words)}{ground}"

    return {
        "case page": [f"/cases/{case_no(number)}" for number in closed],
        "worklist": ["/cases", "/cases?all=1", "/cases?overdue=1"],
        "unit number": [search("unit_no", unit_no(number)) for number in some],
        "address, common": [search("location", word) for word in ("天坛大道", "2号院1幢", "坡头")],
        "address, rare": [search("location", f"样例{number}号巷") for number in rare],
        "owner": [search("owner", " ".join(owner(number))) for number in some],
        "unit record": [f"/register/units/{unit_no(number)}?{ground[1:]}" for number in some],
    }


def _pages(settings: ExtranetSettings, units: int, seconds: float) -> list[Rate]:
    rates = []
    with _serving(_platform, settings, settings.web.port):
        browser = _Browser(settings.web.port)
        browser.sign_in()
        sizes = {}
        for name, asked in paths(units).items():
            sizes[name] = max(len(browser.get(path)) for path in asked)
            rates.append((name, _rate(browser, asked, seconds)))
    port = free_ports().extranet
    with _serving(_bare, port, port):
        browser = _Browser(port)
        return [
            Rate(name, ours, _rate(browser, [f"/{sizes[name]}"], seconds)) for name, ours in rates
        ]


def _platform(settings: ExtranetSettings) -> None:
    web = settings.web
    server.serve(lambda: create_app(wire(settings), QUICK), web.host, web.port)


def _bare(port: int) -> None:
    app = Flask("bare")

    @app.get("/<int:size>")
    def page(size: int) -> str:
        return render_template_string(_BARE, rows=range(size // _BARE_ROW))

    server.serve(lambda: app, HOST, port)


@contextmanager
def _serving(target: Callable[..., None], argument: object, port: int) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=target, args=(argument,))
    process.start()
    try:
        _wait(port)
        yield
    finally:
        process.terminate()
        process.join()


def _wait(port: int) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        try:
            _Browser(port).ask("GET", "/health")
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the server did not start")


class _Browser:
    """One connection that stays open, and its cookies."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=300)
        self._cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, bytes]:
        """Status and content."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body or None, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, content

    def get(self, path: str) -> bytes:
        """The page; anything but a page is a bug of the benchmark."""
        status, content = self.ask("GET", path)
        if status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path}: {status}")
        return content

    def sign_in(self) -> None:
        """As the one account there is."""
        page = self.get("/account/sign-in").decode()
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        if token is None:
            raise RuntimeError("the page to sign in has no token")
        fields = {"csrf_token": token[1], "login": LOGIN, "password": PASSWORD}
        status, _content = self.ask("POST", "/account/sign-in", urlencode(fields))
        if status != http.HTTPStatus.SEE_OTHER:
            raise RuntimeError(f"signing in: {status}")


def _rate(browser: _Browser, asked: list[str], seconds: float) -> float:
    started, count = time.perf_counter(), 0
    while count < LEAST or time.perf_counter() - started < seconds:
        browser.get(asked[count % len(asked)])
        count += 1
    return count / (time.perf_counter() - started)


def _recording(database: Database, units: int) -> float:
    """Cancel mortgages of units that have no case open, one transaction each."""
    register, clock = RegisterService("济源市"), SystemClock()
    actor = Actor("recorder", "登簿员", frozenset({Role.RECORDER.value}))
    count = min(RECORDINGS, units // CASE_EVERY)
    started = time.perf_counter()
    for serial in range(count):
        number = serial * CASE_EVERY + 1
        bank = BANKS[number % len(BANKS)]
        case = CaseView(
            case_no=str(CaseNo.make(CaseOrigin.ONLINE, date(2026, 1, 5), serial + 1)),
            item_code="mortgage-cancel",
            item_title="抵押权注销登记",
            effect=Effect.MORTGAGE_CANCELLATION,
            registration_type="400",
            right_type="4",
            unit_no=unit_no(number),
            applicant=bank.name,
            parties=(PartyView("mortgagee", bank.name, "2", "7", bank.credit_code, "", ""),),
            facts={"reason": "债务已清偿", "certificate_no": certificate_no(number, "mortgage")},
        )
        with database.begin() as session:
            register.record_case(session, case, actor, now_micros(clock))
    return count / (time.perf_counter() - started)


def _inserting(database: Database) -> float:
    with database.begin() as session:
        session.execute(text("CREATE TABLE bench_peer (id VARCHAR(32) PRIMARY KEY, body TEXT)"))
    started = time.perf_counter()
    for number in range(RECORDINGS):
        with database.begin() as session:
            session.execute(
                text("INSERT INTO bench_peer VALUES (:id, :body)"),
                {"id": new_id(), "body": f"{number:0500d}"},
            )
    return RECORDINGS / (time.perf_counter() - started)
