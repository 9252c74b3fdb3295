"""Builds a console: sessions, permissions, CSRF, security headers, error pages, the page frame."""

import hashlib
import json
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from flask import Blueprint, Flask, Response, g, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from kernel.audit import AuditEntry, AuditResult, record
from kernel.clock import Clock, beijing_text, from_micros, now_micros
from kernel.db import Database
from kernel.errors import ForbiddenError, SettingsError, TongbanError
from kernel.logs import get_logger
from kernel.program.settings import WebSettings
from kernel.vocabulary.masks import mask_identity, mask_name, mask_phone
from kernel.vocabulary.zones import Zone
from kernel.web import account_pages, health
from kernel.web.access import (
    SIGN_IN_ENDPOINT,
    Access,
    Rules,
    current,
    require_complete,
    source,
)
from kernel.web.accounts import Accounts, default_hasher
from kernel.words import duration_text, size_text

MAX_FORM_BYTES: Final = 2 * 1024 * 1024
COOKIE: Final = "tongban"
_HERE: Final = Path(__file__).parent

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_STATUS_WORDS: Final = {
    400: "请求不正确，请返回重试",
    404: "没有找到这个页面",
    405: "不支持这样访问",
    413: "提交的内容太大",
    415: "不支持这种内容格式",
    429: "操作过于频繁，请稍后重试",
}

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the navigation; shown to those who may open it."""

    label: str
    endpoint: str
    whole: bool = False
    """Whether every page of the endpoint's blueprint counts as this entry."""


@dataclass(frozen=True, slots=True)
class Site:
    """What a console is called, and what it offers."""

    zone: Zone
    title: str
    subtitle: str
    home: str
    """Endpoint of the first page after signing in."""
    nav: Sequence[NavItem]
    footer: str
    sign_in_hint: str = ""
    register_endpoint: str | None = None
    """Where people make their own account; None where accounts are given."""
    sample: bool = False
    """Whether pages say that everything is sample data."""


@dataclass(frozen=True, slots=True)
class Console:
    """What a zone hands over to have its console built."""

    site: Site
    database: Database
    clock: Clock
    settings: WebSettings
    permissions_of: Callable[[Collection[str]], Collection[str]]
    """The permissions of a person with these roles."""
    role_labels: Callable[[str], str]
    blueprints: Sequence[Blueprint]
    rules: Rules
    hasher: PasswordHasher | None = None
    upload_limits: Mapping[str, int] = field(default_factory=dict)
    """Endpoints that take more than a form, with their bytes."""
    machines: Sequence[Blueprint] = ()
    """Pages for programs, which show a token of their own and never a cookie; so a form token,
    which defends against a browser's cookies, is not asked for."""


def create_console(console: Console) -> Flask:
    """The application of one zone's console.

    Raises :class:`RuntimeError` when an endpoint has no rule, :class:`SettingsError` when the
    cookie secret cannot be read.
    """
    app = Flask("tongban_console", static_folder=None, template_folder=None)
    settings = console.settings
    app.secret_key = _secret(settings.secret_file)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
        MAX_FORM_PARTS=2000,
        SESSION_COOKIE_NAME=f"{COOKIE}_{console.site.zone.value}_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=settings.secure_cookies,
    )
    accounts = Accounts(console.hasher or default_hasher(), settings.idle_minutes)
    cookie = account_pages.SignInCookie(
        f"{'__Host-' if settings.secure_cookies else ''}{COOKIE}_{console.site.zone.value}",
        settings.secure_cookies,
    )
    frame = Blueprint(
        "frame",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/frame/static",
    )
    own = account_pages.blueprint(
        console.database, console.clock, accounts, cookie, console.site.home
    )
    for blueprint in (frame, own, health.blueprint(), *console.blueprints, *console.machines):
        app.register_blueprint(blueprint)
    rules: Rules = {
        "frame.static": Access.PUBLIC,
        "health.live": Access.PUBLIC,
        **account_pages.RULES,
        **console.rules,
    }
    require_complete(app, rules)
    _guard(app, console, accounts, cookie, rules)
    # After the guard: a form token is inside the body, and the body of somebody who may not be
    # here is never read.
    csrf = CSRFProtect(app)
    for blueprint in console.machines:
        csrf.exempt(blueprint)
    _dress(app, console, rules)
    _answer_errors(app)
    app.extensions["tongban_accounts"] = accounts
    if settings.proxies:
        # Flask's documented way to stand behind proxies is to replace this very attribute.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies
        )
    return app


def _guard(
    app: Flask,
    console: Console,
    accounts: Accounts,
    cookie: account_pages.SignInCookie,
    rules: Rules,
) -> None:
    @app.before_request
    def admit() -> BaseResponse | None:
        g.person, g.permissions = None, frozenset()
        if request.endpoint is None or request.endpoint.endswith("static"):
            return None
        if request.endpoint in console.upload_limits:
            request.max_content_length = console.upload_limits[request.endpoint]
        token = request.cookies.get(cookie.name)
        if token:
            _recognise(console, accounts, token)
        return _require_allowed(console, rules[request.endpoint])


def _recognise(console: Console, accounts: Accounts, token: str) -> None:
    now = now_micros(console.clock)
    with console.database.reading() as session:
        found = accounts.person(session, token, now)
    if found is None:
        return
    g.person, due = found
    g.permissions = frozenset(console.permissions_of(g.person.roles))
    if due:
        with console.database.begin() as session:
            accounts.touch(session, token, now)


def _require_allowed(console: Console, rule: Access | str) -> BaseResponse | None:
    if rule is Access.PUBLIC:
        return None
    person = current()
    if person is None:
        if request.method == "GET" and "text/html" in request.headers.get("Accept", "text/html"):
            return redirect(url_for(SIGN_IN_ENDPOINT, next=request.full_path.rstrip("?")))
        raise ForbiddenError("sign_in_required", "请先登录")
    if person.must_change and not str(request.endpoint).startswith("account."):
        return redirect(url_for("account.password"))
    if rule is Access.SIGNED_IN or str(rule) in g.permissions:
        return None
    with console.database.begin() as session:
        record(
            session,
            AuditEntry(
                actor=person.login,
                act="page.denied",
                object_kind="endpoint",
                object_id=str(request.endpoint)[:64],
                roles=tuple(person.roles),
                source=source(),
                result=AuditResult.DENIED,
            ),
        )
    raise ForbiddenError("permission_denied", "您的岗位无权打开此页面")


def _dress(app: Flask, console: Console, rules: Rules) -> None:
    """What every template may use, and the headers every answer has."""

    def may_open(endpoint: str) -> bool:
        rule = rules[endpoint]
        if rule is Access.PUBLIC:
            return True
        person = current()
        return person is not None and (rule is Access.SIGNED_IN or str(rule) in g.permissions)

    versions: dict[str, str] = {}

    def asset(endpoint: str, filename: str) -> str:
        """A static file's address with its digest, so that it may be cached for ever."""
        key = f"{endpoint}/{filename}"
        if key not in versions:
            name = endpoint.rpartition(".")[0]
            folder = app.blueprints[name].static_folder if name else app.static_folder
            content = (Path(folder or ".") / filename).read_bytes()
            versions[key] = hashlib.sha256(content).hexdigest()[:12]
        return url_for(endpoint, filename=filename, v=versions[key])

    @app.context_processor
    def words() -> dict[str, object]:
        return {
            "site": console.site,
            "person": current(),
            "role_labels": console.role_labels,
            "nav": [item for item in console.site.nav if may_open(item.endpoint)],
            "may_open": may_open,
            "asset": asset,
        }

    app.jinja_env.filters.update(
        when=lambda micros: beijing_text(from_micros(micros)) if micros is not None else "—",
        mask_name=mask_name,
        mask_identity=mask_identity,
        mask_phone=mask_phone,
        size=size_text,
        lasting=duration_text,
    )

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if request.args.get("v") and str(request.endpoint).endswith("static"):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            response.headers.setdefault("Cache-Control", "no-store")
        if console.settings.secure_cookies:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response


def _answer_errors(app: Flask) -> None:
    def answer(code: str, message: str, status: int, detail: object = None) -> BaseResponse:
        if request.accept_mimetypes.best == "application/json":
            body = json.dumps(
                {"error": code, "message": message, "detail": detail or {}}, ensure_ascii=False
            )
            return Response(body, status, mimetype="application/json")
        page = render_template("frame/error.html", code=code, message=message, status=status)
        return Response(page, status)

    @app.errorhandler(TongbanError)
    def refused(error: TongbanError) -> BaseResponse:
        return answer(error.code, error.message, error.http_status, error.detail)

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> BaseResponse:
        return answer("form_expired", "表单已过期，请返回刷新页面后重新提交", 400)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> BaseResponse:
        status = error.code or 500
        words = _STATUS_WORDS.get(status, "请求未能完成")
        return answer(f"http_{status}", words, status)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> BaseResponse:
        incident = secrets.token_hex(4)
        log.error("web.bug", incident=incident, endpoint=request.endpoint, exc_info=error)
        words = f"系统内部出错，本次操作没有生效。请将编号 {incident} 告知系统管理员"
        return answer("internal_error", words, 500)


def _secret(path: Path) -> str:
    try:
        secret = path.read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError("secret_unreadable", f"无法读取会话密钥文件 {path}") from error
    if len(secret) < 32:  # noqa: PLR2004 - 128 bits as hex
        raise SettingsError("secret_short", f"会话密钥文件 {path} 内容过短")
    return secret
