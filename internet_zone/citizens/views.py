"""The registration page."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from internet_zone.citizens.services import Registration, register
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.errors import RefusedError
from kernel.web.accounts import Accounts

FIELD_OF = {
    "identity": "identity_no",
    "phone": "phone",
    "password": "password",
    "name": "name",
    "already": "phone",
    "login": "phone",
}
"""Which field an error code's first word belongs to."""


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """``/register``."""
    pages = Blueprint("citizens", __name__, template_folder="templates")

    @pages.get("/register")
    def form() -> str:
        return render_template("citizens/register.html", values={}, errors={})

    @pages.post("/register")
    def submit() -> tuple[str, int] | Response:
        values = {
            name: request.form.get(name, "")[:200]
            for name in ("name", "identity_no", "phone", "password", "repeated")
        }
        errors: dict[str, str] = {}
        if values["password"] != values["repeated"]:
            errors["repeated"] = "两次输入的密码不一致"
        else:
            wanted = Registration(
                values["name"], values["identity_no"], values["phone"], values["password"]
            )
            accounts: Accounts = current_app.extensions["tongban_accounts"]
            try:
                with database.begin() as session:
                    register(session, accounts, wanted, now_micros(clock))
            except RefusedError as error:
                field = FIELD_OF.get(error.code.split("_")[0], "name")
                errors[field] = error.message
        if errors:
            page = render_template("citizens/register.html", values=values, errors=errors)
            return page, 422
        flash("注册成功，请用手机号登录", "done")
        return redirect(url_for("account.sign_in"), 303)

    return pages
