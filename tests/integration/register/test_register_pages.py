import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Blueprint
from flask.testing import FlaskClient
from integration.register.stock_samples import BUYER, NOW, RECORDER, SELLER, case, line, unit_no
from pypdf import PdfReader
from sqlalchemy import func, select
from werkzeug.test import TestResponse

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

ISSUER = "济源市自然资源和规划局"
DAY = 86_400_000_000
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
                    register_views.RegisterDesk(
                        database, clock, lambda: RECORDER, ISSUER, Fonts.load(system=())
                    )
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
    assert "李*" in page.text
    assert "张*" in page.text
    for personal in (*BUYER, *SELLER):
        assert personal not in page.text
    assert 'data-log-no="1"' in page.text


def post(client: FlaskClient, path: str, page: str, **form: str) -> TestResponse:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert token is not None
    return client.post(path, data={"csrf_token": token[1], **form})


def test_a_claim_is_verified_by_yes_and_no_on_a_ground_only(
    database: Database, sign_in: SignIn
) -> None:
    load_register(database, [line()], NOW)
    client, page = sign_in(Role.RECORDER), "/register/verify"
    claim = {
        "unit_no": unit_no(1),
        "owner_name": SELLER[0],
        "owner_document": SELLER[1],
        "purpose": "case_work",
    }
    assert post(client, page, page, **claim, ground="").status_code == 422
    shown = post(client, page, page, **claim, ground="W202601050000015").text
    assert '<dd data-name="owner_matches">是</dd>' in shown
    assert '<dd data-name="certificate_matches">未核验</dd>' in shown
    assert "示范路" not in shown
    other = post(client, page, page, **{**claim, "owner_name": BUYER[0]}, ground="窗口核对").text
    assert '<dd data-name="owner_matches">否</dd>' in other


def test_names_are_shown_whole_on_a_ground_only(database: Database, sign_in: SignIn) -> None:
    load_register(database, [line()], NOW)
    client, shown = sign_in(Role.RECORDER), f"/register/units/{unit_no(1)}?purpose=case_work"
    path = f"/register/units/{unit_no(1)}/reveal"
    refused = post(client, path, shown, purpose="case_work", ground="")
    assert refused.status_code == 422
    assert "查询依据" in refused.text
    assert SELLER[0] not in refused.text
    page = post(client, path, shown, purpose="case_work", ground="办件 W202601050000015")
    assert page.status_code == 200
    assert SELLER[0] in page.text
    assert SELLER[1] in page.text
    with database.reading() as session:
        looked = session.scalars(select(AuditRecord).where(AuditRecord.act == "register.reveal"))
        assert json.loads(looked.one().body)["detail"]["ground"] == "办件 W202601050000015"


def test_record_shows_what_stood_on_a_past_day(database: Database, sign_in: SignIn) -> None:
    load_register(database, [line()], NOW - DAY)
    record(database)
    path = f"/register/units/{unit_no(1)}?purpose=case_work"
    client = sign_in(Role.RECORDER)
    now, before = client.get(path).text, client.get(f"{path}&at=2026-01-04").text
    assert 'id="as-of"' not in now
    assert 'id="as-of"' in before
    assert current(now) == ["豫（2026）济源市不动产权第0000001号"]
    assert current(before) == ["豫（2018）济源市不动产权第0000001号"]
    assert client.get(f"{path}&at=someday").status_code == 422


def current(page: str) -> list[str]:
    section = page.split('id="current"')[1].split("</section>", maxsplit=1)[0]
    return re.findall(r'data-certificate-no="([^"]*)"', section)


def test_extract_is_a_pdf_on_a_ground_and_audited(database: Database, sign_in: SignIn) -> None:
    load_register(database, [line()], NOW)
    client, shown = sign_in(Role.RECORDER), f"/register/units/{unit_no(1)}?purpose=holder_request"
    path = f"/register/units/{unit_no(1)}/extract"
    assert post(client, path, shown, purpose="holder_request").status_code == 422
    answer = post(client, path, shown, purpose="holder_request", ground="权利人持身份证申请")
    assert answer.mimetype == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.data)).pages
    text = "".join(page.extract_text() for page in pages).replace("\x00", "")
    assert "不动产登记簿查询结果证明" in text
    assert SELLER[0] in text
    assert "权利人持身份证申请" in text
    with database.reading() as session:
        made = select(func.count()).where(AuditRecord.act == "register.extract")
        assert session.scalar(made) == 1


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
