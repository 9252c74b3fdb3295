"""Checking the answers, signing the declaration, submitting."""

import json
from collections.abc import Mapping

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from internet_zone.applications.models import Application
from internet_zone.applications.services import submission
from internet_zone.applications.services.measuring import Measured
from internet_zone.applications.views.desk import Desk
from internet_zone.catalogue.services import MODES
from kernel.errors import InvalidValueError, RefusedError
from kernel.vocabulary.districts import CITIES
from kernel.web.access import require_person
from kernel.web.accounts import Accounts

FIELD_OF = {"password_wrong": "password", "signature_name": "signed_by"}


def add_pages(pages: Blueprint, desk: Desk) -> None:
    """``/sign`` of an application."""

    @pages.get("/<number>/sign")
    def sign(number: str) -> str | Response:
        application, found = desk.own(number)
        if not desk.is_editable(application):
            return redirect(url_for("applications.show", number=number), 303)
        return _page(application, found, {}, "")

    @pages.post("/<number>/sign")
    def submit(number: str) -> tuple[str, int] | Response:
        person = require_person()
        accounts: Accounts = current_app.extensions["tongban_accounts"]
        application, found = desk.own(number)
        signed_by = request.form.get("signed_by", "")[:100]
        try:
            # Only a draft asks for the tick: whoever sends again is shown the case there is.
            if desk.is_editable(application):
                _require_agreed()
            with desk.database.begin() as session:
                submission.submit(
                    session,
                    accounts,
                    person,
                    number,
                    desk.catalogue,
                    signed_by,
                    request.form.get("password", "")[:200],
                    desk.now(),
                    collecting_authority=request.form.get("collecting_authority", "")[:6],
                )
        except RefusedError as error:
            field = str(error.detail.get("field") or FIELD_OF.get(error.code, "signed_by"))
            page = _page(application, found, {field: error.message}, signed_by)
            return page, error.http_status
        return redirect(url_for("applications.show", number=number), 303)


def _require_agreed() -> None:
    if request.form.get("agreed") != "yes":
        raise InvalidValueError("declaration_missing", "请阅读并勾选承诺", field="agreed")


def _page(
    application: Application, found: Measured, errors: Mapping[str, str], signed_by: str
) -> str:
    return render_template(
        "applications/sign.html",
        application=application,
        item=found.item,
        demands=found.demands(),
        mode=MODES[application.mode],
        facts=json.loads(application.facts),
        roles=found.item.role_titles,
        missing=found.missing(),
        errors=errors,
        signed_by=signed_by,
        chooses=application.mode == submission.WINDOW_MODE,
        authorities=CITIES,
        chosen=request.form.get("collecting_authority", ""),
    )
