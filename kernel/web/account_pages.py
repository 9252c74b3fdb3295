"""Signing in and out, and one's own password."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.errors import InvalidValueError, TongbanError
from kernel.web.access import Access, Rules, current, require_person, source
from kernel.web.accounts import Accounts

RULES: Final[Rules] = {
    "account.sign_in": Access.PUBLIC,
    "account.do_sign_in": Access.PUBLIC,
    "account.sign_out": Access.SIGNED_IN,
    "account.password": Access.SIGNED_IN,
    "account.change_password": Access.SIGNED_IN,
}
_WORDS: Final = {
    "sign_in_failed": "登录名或密码不正确",
    "account_locked": "连续多次密码错误，账号已锁定 30 分钟，请稍后再试",
}


@dataclass(frozen=True, slots=True)
class SignInCookie:
    """The cookie that holds the session's secret."""

    name: str
    secure: bool

    def give(self, response: Response, token: str) -> Response:
        """Set it: not readable by scripts, not sent along from other sites' forms."""
        response.set_cookie(
            self.name, token, httponly=True, samesite="Lax", secure=self.secure, path="/"
        )
        return response

    def take(self, response: Response) -> Response:
        """Remove it."""
        response.delete_cookie(self.name, path="/", secure=self.secure, httponly=True)
        return response


def blueprint(
    database: Database, clock: Clock, accounts: Accounts, cookie: SignInCookie, home: str
) -> Blueprint:
    """The pages below ``/account``."""
    pages = Blueprint("account", __name__, url_prefix="/account")

    @pages.get("/sign-in")
    def sign_in() -> str | Response:
        if current() is not None:
            return redirect(url_for(home))
        return render_template("frame/sign_in.html", login="", error="", next=_next())

    @pages.post("/sign-in")
    def do_sign_in() -> tuple[str, int] | Response:
        login = request.form.get("login", "").strip()[:64]
        password = request.form.get("password", "")[:200]
        with database.begin() as db:
            attempt = accounts.sign_in(db, login, password, source(), now_micros(clock))
        if attempt.token is None:
            words = _WORDS[attempt.code]
            page = render_template("frame/sign_in.html", login=login, error=words, next=_next())
            return page, 422
        session.clear()  # A new form token: nothing from before signing in is of use after.
        return cookie.give(redirect(_next() or url_for(home), 303), attempt.token)

    @pages.post("/sign-out")
    def sign_out() -> Response:
        token = request.cookies.get(cookie.name, "")
        with database.begin() as db:
            accounts.sign_out(db, token, require_person().login)
        session.clear()
        return cookie.take(redirect(url_for("account.sign_in"), 303))

    @pages.get("/password")
    def password() -> str:
        return render_template("frame/password.html", error="", must=require_person().must_change)

    @pages.post("/password")
    def change_password() -> tuple[str, int] | Response:
        person = require_person()
        try:
            _require_repeated()
            with database.begin() as db:
                accounts.change_password(
                    db,
                    person.account_id,
                    request.form.get("old", ""),
                    request.form.get("password", ""),
                )
        except TongbanError as error:
            page = render_template(
                "frame/password.html", error=error.message, must=person.must_change
            )
            return page, 422
        session.clear()
        return cookie.take(redirect(url_for("account.sign_in"), 303))

    return pages


def _require_repeated() -> None:
    if request.form.get("password", "") != request.form.get("repeated", ""):
        raise InvalidValueError("password_repeated", "两次输入的新密码不一致", field="repeated")


def _next() -> str:
    """Where to go after signing in: only a path of this console, never another address."""
    wanted = request.values.get("next", "")
    parts = urlsplit(wanted)
    local = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted
    return wanted if local and not parts.scheme and not parts.netloc else ""
