"""Claims about every console: who gets in, for how long, and what a page never says."""

import json
from pathlib import Path

import pytest
from console import PASSWORD, RULES, Office, sign_in, token_of
from sqlalchemy import select

from kernel.audit import AuditRecord
from kernel.clock import SetClock
from kernel.db import Database
from kernel.errors import InvalidValueError, SettingsError
from kernel.web import frame
from kernel.web.access import Access
from kernel.web.accounts import require_strong
from kernel.web.models import Account, WebSession


@pytest.fixture
def office(tmp_path: Path, small_database: Database, clock: SetClock) -> Office:
    opened = Office(tmp_path, small_database, clock)
    opened.hire("zhang", "clerk")
    return opened


def _acts(office: Office) -> list[tuple[str, str, str]]:
    with office.database.reading() as session:
        rows = session.scalars(select(AuditRecord).order_by(AuditRecord.n))
        return [(row.actor, row.act, row.result) for row in rows]


def test_right_password_opens_the_pages_of_ones_post(office: Office) -> None:
    browser = office.browser()
    answer = sign_in(browser)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert browser.get("/cases").text == "案件"
    assert ("zhang", "session.sign_in", "done") in _acts(office)


def test_cookie_is_kept_from_scripts_and_other_sites(office: Office) -> None:
    cookies = sign_in(office.browser()).headers.getlist("Set-Cookie")
    cookie = next(found for found in cookies if found.startswith("tongban_extranet="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Domain" not in cookie


def test_cookie_over_tls_is_bound_to_this_host(
    tmp_path: Path, small_database: Database, clock: SetClock
) -> None:
    office = Office(tmp_path, small_database, clock, secure=True)
    office.hire("zhang", "clerk")
    browser = office.browser()
    base = {"base_url": "https://localhost", "headers": {"Referer": "https://localhost/"}}
    page = browser.get("/account/sign-in", base_url="https://localhost")
    assert page.headers["Strict-Transport-Security"]
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    fields = {"csrf_token": token, "login": "zhang", "password": PASSWORD}
    answer = browser.post("/account/sign-in", data=fields, **base)  # type: ignore[arg-type]  # as Flask takes them
    cookies = answer.headers.getlist("Set-Cookie")
    cookie = next(found for found in cookies if found.startswith("__Host-tongban_extranet="))
    assert "Secure" in cookie
    assert "Path=/" in cookie


def test_secret_of_a_session_is_not_in_the_database(office: Office) -> None:
    browser = office.browser()
    sign_in(browser)
    cookie = browser.get_cookie("tongban_extranet")
    assert cookie is not None
    with office.database.reading() as session:
        digests = session.scalars(select(WebSession.digest)).all()
    assert cookie.value not in digests
    assert len(digests) == 1


def test_wrong_password_and_unknown_login_look_the_same(office: Office) -> None:
    answers = [
        sign_in(office.browser(), login, "Wrong-2026-pass").text.replace(login, "")
        for login in ("zhang", "nobody")
    ]
    pages = [text.partition("登录名或密码不正确")[1] for text in answers]
    assert pages == ["登录名或密码不正确"] * 2


def test_five_failures_lock_the_account_even_over_a_restart(office: Office) -> None:
    for n in range(5):
        assert sign_in(office.browser(), password="Wrong-2026-pass").status_code == 422
        if n == 2:
            office.restart()
    office.restart()
    answer = sign_in(office.browser())
    assert answer.status_code == 422
    assert "账号已锁定" in answer.text
    office.wait(31)
    assert sign_in(office.browser()).status_code == 303


def test_locked_account_stays_locked_however_often_one_tries(office: Office) -> None:
    for _ in range(5):
        sign_in(office.browser(), password="Wrong-2026-pass")
    office.wait(29)
    sign_in(office.browser(), password="Wrong-2026-pass")
    assert sign_in(office.browser()).status_code == 422
    office.wait(2)
    assert sign_in(office.browser()).status_code == 303


def test_right_password_forgets_failures(office: Office) -> None:
    for _ in range(3):
        for _ in range(4):
            sign_in(office.browser(), password="Wrong-2026-pass")
        assert sign_in(office.browser()).status_code == 303


def test_every_attempt_is_recorded_without_the_password(office: Office) -> None:
    sign_in(office.browser(), password="Wrong-2026-pass")
    sign_in(office.browser(), "nobody", "Wrong-2026-pass")
    assert ("zhang", "session.sign_in", "denied") in _acts(office)
    assert ("unknown", "session.sign_in", "denied") in _acts(office)
    with office.database.reading() as session:
        bodies = "".join(session.scalars(select(AuditRecord.body)))
    assert "Wrong-2026-pass" not in bodies
    assert "nobody" not in bodies


@pytest.mark.parametrize(
    ("proxies", "named", "recorded"),
    [
        (0, "10.20.0.2", "127.0.0.1"),
        (1, "10.20.0.2", "10.20.0.2"),
        # What a visitor says of itself comes before what the proxy saw.
        (1, "192.0.2.66, 10.20.0.2", "10.20.0.2"),
    ],
)
def test_record_names_where_the_visitor_was_as_the_proxy_saw(
    tmp_path: Path,
    small_database: Database,
    clock: SetClock,
    proxies: int,
    named: str,
    recorded: str,
) -> None:
    office = Office(tmp_path, small_database, clock, proxies=proxies)
    office.hire("zhang", "clerk")
    browser = office.browser()
    browser.environ_base["HTTP_X_FORWARDED_FOR"] = named
    sign_in(browser)
    with office.database.reading() as session:
        body = session.scalars(
            select(AuditRecord.body).where(AuditRecord.act == "session.sign_in")
        ).one()
    assert json.loads(body)["source"] == recorded


def test_session_ends_after_idling(office: Office) -> None:
    browser = office.browser()
    sign_in(browser)
    for _ in range(3):
        office.wait(14)
        assert browser.get("/cases").status_code == 200
    office.wait(16)
    assert browser.get("/cases").status_code == 302


def test_session_ends_after_twelve_hours_in_any_case(office: Office) -> None:
    browser = office.browser()
    sign_in(browser)
    for _ in range(72):
        assert browser.get("/cases").status_code == 200
        office.wait(10)
    office.wait(1)
    assert browser.get("/cases").status_code == 302


def test_session_outlives_a_restart(office: Office) -> None:
    browser = office.browser()
    sign_in(browser)
    office.restart()
    again = office.browser()
    cookie = browser.get_cookie("tongban_extranet")
    assert cookie is not None
    again.set_cookie("tongban_extranet", cookie.value)
    assert again.get("/cases").status_code == 200


def test_signing_out_ends_the_session_and_not_only_the_cookie(office: Office) -> None:
    browser = office.browser()
    sign_in(browser)
    cookie = browser.get_cookie("tongban_extranet")
    assert cookie is not None
    token = token_of(browser, "/account/password")
    assert browser.post("/account/sign-out", data={"csrf_token": token}).status_code == 303
    browser.set_cookie("tongban_extranet", cookie.value)
    assert browser.get("/cases").status_code == 302


def test_disabled_account_is_out_at_once(office: Office) -> None:
    browser = office.browser()
    sign_in(browser)
    with office.database.begin() as session:
        session.scalars(select(Account)).one().disabled = 1
    assert browser.get("/cases").status_code == 302
    assert sign_in(office.browser()).status_code == 422


def test_another_post_is_refused_and_recorded(office: Office) -> None:
    office.hire("li", "archivist")
    browser = office.browser()
    sign_in(browser, "li")
    assert browser.get("/cases").status_code == 403
    assert ("li", "page.denied", "denied") in _acts(office)


def test_nobody_is_sent_to_sign_in_and_back(office: Office) -> None:
    browser = office.browser()
    answer = browser.get("/cases?page=2")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/account/sign-in?next=")
    assert sign_in(browser, next="/cases?page=2").headers["Location"] == "/cases?page=2"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil.example",
        " //evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/%09/evil.example",
    ],
)
def test_signing_in_never_leads_to_another_site(office: Office, elsewhere: str) -> None:
    location = sign_in(office.browser(), next=elsewhere).headers["Location"]
    # Browsers drop tabs and line ends from an address, so what is left must be local still.
    bare = location.replace("\t", "").replace("\n", "")
    assert bare.startswith("/")
    assert not bare.startswith(("//", "/\\"))


@pytest.mark.parametrize("fields", [{}, {"csrf_token": "made-up"}])
def test_form_without_its_token_changes_nothing(office: Office, fields: dict[str, str]) -> None:
    browser = office.browser()
    sign_in(browser)
    answer = browser.post("/cases", data=fields)
    assert answer.status_code == 400
    assert "表单已过期" in answer.text


def test_form_with_its_token_is_taken(office: Office) -> None:
    browser = office.browser()
    sign_in(browser)
    token = token_of(browser, "/account/password")
    assert browser.post("/cases", data={"csrf_token": token}).text == "已办理"


def test_token_from_before_signing_in_is_of_no_use_after(office: Office) -> None:
    browser = office.browser()
    before = token_of(browser)
    sign_in(browser)
    assert browser.post("/cases", data={"csrf_token": before}).status_code == 400


@pytest.mark.parametrize("change", ["missing", "stale"])
def test_page_nobody_thought_about_stops_the_start(office: Office, change: str) -> None:
    rules = dict(RULES)
    if change == "missing":
        del rules["sample.cases"]
    else:
        rules["sample.gone"] = Access.PUBLIC
    with pytest.raises(RuntimeError, match=r"sample\.(cases|gone)"):
        office.build(rules)


@pytest.mark.parametrize(
    "path", ["/open", "/cases", "/refused", "/bug", "/nowhere", "/healthz", "/account/sign-in"]
)
def test_every_answer_carries_the_protecting_headers(office: Office, path: str) -> None:
    headers = office.browser().get(path).headers
    for name, value in frame._HEADERS.items():
        assert headers[name] == value, (path, name)
    assert headers["Cache-Control"] == "no-store"
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_page_uses_nothing_inline_that_the_policy_forbids(office: Office) -> None:
    page = office.browser().get("/account/sign-in").text
    assert "<script>" not in page
    assert " style=" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/refused", 409, "done_already"),
        ("/unavailable", 503, "disk_full"),
        ("/nowhere", 404, "http_404"),
        ("/bug", 500, "internal_error"),
    ],
)
def test_error_is_a_page_for_people_and_json_for_programs(
    office: Office, path: str, status: int, code: str
) -> None:
    browser = office.browser()
    page = browser.get(path)
    assert (page.status_code, page.mimetype) == (status, "text/html")
    found = browser.get(path, headers={"Accept": "application/json"})
    assert found.status_code == status
    assert found.get_json()["error"] == code


def test_bug_shows_a_number_to_report_and_no_traceback(office: Office) -> None:
    text = office.browser().get("/bug").text
    assert "系统内部出错" in text
    for word in ("Traceback", "ZeroDivisionError", "secret detail", "console.py"):
        assert word not in text


def test_form_larger_than_any_form_is_not_read(office: Office) -> None:
    browser = office.browser()
    sign_in(browser)
    fields = {"csrf_token": "x", "words": "长" * frame.MAX_FORM_BYTES}
    assert browser.post("/cases", data=fields).status_code == 413


def test_given_password_must_be_changed_before_anything_else(office: Office) -> None:
    office.hire("wang", "clerk", must_change=True)
    browser = office.browser()
    sign_in(browser, "wang")
    assert browser.get("/cases").headers["Location"] == "/account/password"
    fields = {
        "csrf_token": token_of(browser, "/account/password"),
        "old": PASSWORD,
        "password": "Another-2026-pass",
        "repeated": "Another-2026-pass",
    }
    assert browser.post("/account/password", data=fields).status_code == 303
    assert sign_in(office.browser(), "wang").status_code == 422
    again = office.browser()
    sign_in(again, "wang", "Another-2026-pass")
    assert again.get("/cases").status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "repeated", "words"),
    [
        ("Wrong-2026-pass", "Another-2026-pass", "Another-2026-pass", "密码不正确"),
        (PASSWORD, "Another-2026-pass", "Another-2026-past", "不一致"),
        (PASSWORD, PASSWORD, PASSWORD, "不能与原密码相同"),
        (PASSWORD, "short", "short", "密码至少"),
    ],
)
def test_wrong_change_of_password_is_refused_with_its_reason(
    office: Office, old: str, new: str, repeated: str, words: str
) -> None:
    browser = office.browser()
    sign_in(browser)
    fields = {
        "csrf_token": token_of(browser, "/account/password"),
        "old": old,
        "password": new,
        "repeated": repeated,
    }
    answer = browser.post("/account/password", data=fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert sign_in(office.browser()).status_code == 303


@pytest.mark.parametrize("password", ["Aa1-56789", "lowercase-only", "1234567890", "A" * 129])
def test_weak_password_is_refused(password: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        require_strong(password)
    assert caught.value.code == "password_weak"


@pytest.mark.parametrize("content", [None, "short"])
def test_console_without_its_cookie_secret_does_not_start(
    office: Office, content: str | None
) -> None:
    if content is None:
        office.settings.secret_file.unlink()
    else:
        office.settings.secret_file.write_text(content)
    with pytest.raises(SettingsError):
        office.build()


def test_only_a_door_for_programs_asks_for_no_form_token(office: Office) -> None:
    browser = office.browser()
    assert browser.post("/machine", data={"reading": "1"}).text == "已收到"
    assert browser.post("/account/sign-in", data={"login": "zhang"}).status_code == 400
