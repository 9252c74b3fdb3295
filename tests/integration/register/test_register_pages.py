import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Blueprint
from flask.testing import FlaskClient
from integration.register.stock_samples import BUYER, NOW, RECORDER, SELLER, case, line, unit_no
from sqlalchemy import func, select

from extranet_zone.catalogue.schema import Effect
from extranet_zone.certificates import views as certificate_views
from extranet_zone.certificates.pdf import Issuer
from extranet_zone.certificates.services import CertificateService
from extranet_zone.register import views as register_views
from extranet_zone.register.commands import load_file, report_text
from extranet_zone.register.services import RegisterService, load_register
from extranet_zone.roles import Role, permissions_of
from kernel.audit import AuditRecord
from kernel.clock import SetClock, now_micros
from kernel.db import Database
from kernel.errors import InvalidValueError
from kernel.keys import generate
from kernel.keys.documents import make_signer
from kernel.materials import MaterialsStore
from kernel.paper.fonts import Fonts
from kernel.program.settings import WebSettings
from kernel.vocabulary.zones import Zone
from kernel.web.access import Access
from kernel.web.accounts import Accounts
from kernel.web.frame import Console, Site, create_console

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "Sample-2026-pass"
SignIn = Callable[[Role], FlaskClient]


@pytest.fixture
def store(tmp_path: Path) -> MaterialsStore:
    return MaterialsStore(tmp_path / "materials")


@pytest.fixture
def sign_in(database: Database, store: MaterialsStore, clock: SetClock, tmp_path: Path) -> SignIn:
    (tmp_path / "cookie.secret").write_text("0" * 64)
    cases = Blueprint("cases", __name__)
    cases.add_url_rule("/cases/<case_no>", "show", lambda case_no: case_no)
    app = create_console(
        Console(
            site=Site(Zone.EXTRANET, "平台", "外网", "register.find", (), "页脚"),
            database=database,
            clock=clock,
            settings=WebSettings(
                host="127.0.0.1",
                port=0,
                secret_file=tmp_path / "cookie.secret",
                secure_cookies=False,
            ),
            permissions_of=permissions_of,
            role_labels=lambda role: role,
            blueprints=(
                cases,
                register_views.make_blueprint(
                    register_views.RegisterDesk(database, clock, lambda: RECORDER)
                ),
                certificate_views.make_blueprint(
                    certificate_views.CertificateDesk(database, store, lambda: RECORDER)
                ),
            ),
            rules={
                **register_views.RULES,
                **certificate_views.RULES,
                "cases.show": Access.SIGNED_IN,
            },
            hasher=QUICK,
        )
    )
    keeper = Accounts(QUICK, idle_minutes=15)

    def as_role(role: Role) -> FlaskClient:
        with database.begin() as session:
            keeper.create(
                session,
                login=role.value.replace("_", "-"),
                display_name=role.label,
                password=PASSWORD,
                roles=[role.value],
                now=now_micros(clock),
                must_change=False,
                actor="system:test",
            )
        client = app.test_client()
        page = client.get("/account/sign-in").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None
        form = {"csrf_token": token[1], "login": role.value.replace("_", "-")}
        assert (
            client.post("/account/sign-in", data={**form, "password": PASSWORD}).status_code == 303
        )
        return client

    return as_role


def record(database: Database, effect: Effect = Effect.TRANSFER) -> None:
    with database.begin() as session:
        RegisterService("济源市").record_case(session, case(effect), RECORDER, NOW)


def test_record_shows_rights_history_and_entries(database: Database, sign_in: SignIn) -> None:
    load_register(database, [line()], NOW)
    record(database)
    page = sign_in(Role.RECORDER).get(f"/register/units/{unit_no(1)}?purpose=case_work")
    assert page.status_code == 200
    assert BUYER[0] in page.text
    assert SELLER[0] in page.text
    assert BUYER[1] not in page.text
    assert 'data-log-no="1"' in page.text


@pytest.mark.parametrize("path", [f"/register/units/{unit_no(1)}", "/register?text=示范路"])
def test_no_look_without_a_purpose(database: Database, sign_in: SignIn, path: str) -> None:
    load_register(database, [line()], NOW)
    answer = sign_in(Role.RECORDER).get(path)
    assert answer.status_code == 422
    assert "查询目的" in answer.text
    with database.reading() as session:
        looks = select(func.count()).where(
            AuditRecord.act.in_(["register.look", "register.search"])
        )
        assert session.scalar(looks) == 0


def test_search_lists_units_without_names(database: Database, sign_in: SignIn) -> None:
    load_register(database, [line(1), line(2)], NOW)
    page = sign_in(Role.RECORDER).get("/register?by=location&text=示范路&purpose=holder_request")
    assert page.text.count("data-unit-no=") == 2
    assert SELLER[0] not in page.text


def test_administrators_do_not_see_the_register(database: Database, sign_in: SignIn) -> None:
    load_register(database, [line()], NOW)
    client = sign_in(Role.SYSTEM_ADMINISTRATOR)
    for path in ("/register", "/register/log", "/certificates"):
        assert client.get(path).status_code == 403


def test_recording_log_shows_days_without_entries_as_zero(
    database: Database, sign_in: SignIn
) -> None:
    load_register(database, [line()], NOW)
    record(database)
    client = sign_in(Role.RECORDER)
    page = client.get("/register/log").text
    assert 'data-day="2026-01-05" data-count="1"' in page
    assert 'data-day="2026-01-04" data-count="0"' in page
    assert 'data-log-no="1"' in client.get("/register/log/2026-01-05").text
    assert "当日没有登簿" in client.get("/register/log/2026-01-04").text


def test_certificate_file_is_opened_and_the_opening_recorded(
    database: Database, store: MaterialsStore, sign_in: SignIn, tmp_path: Path
) -> None:
    load_register(database, [line()], NOW)
    record(database)
    service = CertificateService(
        store,
        generate(Zone.EXTRANET, tmp_path / "keys"),
        make_signer(tmp_path / "keys", "济源市自然资源和规划局", datetime.now(UTC)),
        Issuer("济源市自然资源和规划局", "https://localhost", sample=True),
        Fonts.load(system=()),
    )
    with database.begin() as session:
        service.engross(session, case(Effect.TRANSFER), RECORDER, NOW)
    client = sign_in(Role.ENGROSSING_CLERK)
    found = re.search(r'href="(/certificates/[0-9a-f]{32}/pdf)"', client.get("/certificates").text)
    assert found is not None
    answer = client.get(found[1])
    assert answer.data.startswith(b"%PDF-")
    answer.close()
    with database.reading() as session:
        opened = select(func.count()).where(AuditRecord.act == "certificate.viewed")
        assert session.scalar(opened) == 1


def test_command_names_bad_lines_and_counts(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "stock.jsonl"
    file.write_bytes(b"\n".join([line(1), b"nonsense", line(1)]))
    report = load_file(database, file, NOW)
    assert report_text(report) == (
        "导入 1 个不动产单元，已有 1 个，拒绝 1 行；发布到门户 1 个\n"
        "第 2 行 [line_not_json] 该行不是有效的 JSON"
    )


def test_command_refuses_a_file_that_is_not_there(database: Database, tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError) as refused:
        load_file(database, tmp_path / "nothing.jsonl", NOW)
    assert refused.value.code == "stock_unreadable"
