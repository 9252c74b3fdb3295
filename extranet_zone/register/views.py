"""The pages of the register: search for a purpose, the unit's record, the recording log."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from flask import Blueprint, Response, render_template, request

from extranet_zone.cases.ports import Actor
from extranet_zone.grounds import require_ground
from extranet_zone.register import forms
from extranet_zone.register.services import inquiry
from extranet_zone.register.services.extract import ExtractPaper, render_extract
from extranet_zone.register.services.log import PAGE as LOG_PAGE
from extranet_zone.register.services.log import log_days, log_entries
from extranet_zone.register.services.pages import entry_shown, unit_page
from extranet_zone.register.services.search import (
    PAGE,
    Purpose,
    SearchBy,
    open_unit,
    search,
)
from extranet_zone.roles import Permission
from kernel.clock import BEIJING, Clock, now_micros
from kernel.db import Database
from kernel.paper.fonts import Fonts
from kernel.web.access import Rules

DAYS: Final = 31
"""Days of the recording log on one page."""
RULES: Rules = {
    "register.find": Permission.REGISTER_READ.value,
    "register.verify": Permission.REGISTER_READ.value,
    "register.check": Permission.REGISTER_READ.value,
    "register.show": Permission.REGISTER_READ.value,
    "register.reveal": Permission.REGISTER_REVEAL.value,
    "register.extract": Permission.REGISTER_REVEAL.value,
    "register.log": Permission.RECORDING_LOG_READ.value,
    "register.log_day": Permission.RECORDING_LOG_READ.value,
}


@dataclass(frozen=True, slots=True)
class RegisterDesk:
    """What the pages need; ``actor`` answers who is signed in."""

    database: Database
    clock: Clock
    actor: Callable[[], Actor]
    authority: str
    fonts: Fonts
    sample: bool = False


def make_blueprint(desk: RegisterDesk) -> Blueprint:
    """The pages below ``/register``."""
    pages = Blueprint("register", __name__, template_folder="templates", url_prefix="/register")
    _add_verifying(pages, desk)

    @pages.get("")
    def find() -> str:
        query = forms.parse_query(request.args)
        found = None
        if query.text:
            look = forms.require_look(request.args, desk.actor())
            with desk.database.begin() as session:
                found = search(session, query.by, query.text, look)
        return render_template(
            "register/search.html",
            query=query,
            found=found,
            purposes=list(Purpose),
            ways=list(SearchBy),
            limit=PAGE,
        )

    @pages.get("/units/<unit_no>")
    def show(unit_no: str) -> str:
        look = forms.require_look(request.args, desk.actor())
        now = now_micros(desk.clock)
        at = forms.parse_instant(request.args.get("at", ""), now)
        with desk.database.begin() as session:
            page = unit_page(open_unit(session, unit_no, look, at))
        return render_template("register/unit.html", page=page, look=look, past=at < now)

    @pages.post("/units/<unit_no>/reveal")
    def reveal(unit_no: str) -> str:
        look = forms.require_look(request.form, desk.actor())
        require_ground(look.ground)
        now = now_micros(desk.clock)
        at = forms.parse_instant(request.form.get("at", ""), now)
        with desk.database.begin() as session:
            record = open_unit(session, unit_no, look, at, act="register.reveal")
            page = unit_page(record, masked=False)
        return render_template("register/unit.html", page=page, look=look, past=at < now)

    @pages.post("/units/<unit_no>/extract")
    def extract(unit_no: str) -> Response:
        look = forms.require_look(request.form, desk.actor())
        require_ground(look.ground)
        now = now_micros(desk.clock)
        with desk.database.begin() as session:
            record = open_unit(session, unit_no, look, now, act="register.extract")
        masked = look.purpose is not Purpose.HOLDER_REQUEST
        pdf = render_extract(
            unit_page(record, masked=masked),
            look,
            ExtractPaper(desk.authority, desk.fonts, desk.sample),
        )
        response = Response(pdf, mimetype="application/pdf")
        response.headers["Content-Disposition"] = f'attachment; filename="{unit_no}.pdf"'
        response.headers["Cache-Control"] = "no-store"
        return response

    @pages.get("/log")
    def log() -> str:
        today = _today(desk.clock)
        until = forms.parse_day(request.args.get("until", ""), today)
        with desk.database.reading() as session:
            days = log_days(session, until, DAYS)
        return render_template(
            "register/log.html",
            days=days,
            earlier=until - timedelta(days=DAYS),
            later=min(until + timedelta(days=DAYS), today) if until < today else None,
        )

    @pages.get("/log/<day>")
    def log_day(day: str) -> str:
        wanted = forms.parse_day(day, _today(desk.clock))
        after = forms.parse_after(request.args.get("after", ""))
        with desk.database.reading() as session:
            summary = log_days(session, wanted, 1)[0]
            entries = [entry_shown(entry) for entry in log_entries(session, wanted, after)]
        return render_template(
            "register/log_day.html",
            summary=summary,
            entries=entries,
            after=entries[-1].log_no if len(entries) == LOG_PAGE else None,
        )

    return pages


def _add_verifying(pages: Blueprint, desk: RegisterDesk) -> None:
    @pages.get("/verify")
    def verify() -> str:
        return _verify_page(None)

    @pages.post("/verify")
    def check() -> str:
        look = forms.require_look(request.form, desk.actor())
        require_ground(look.ground)
        with desk.database.begin() as session:
            found = inquiry.verify(
                session, look, forms.parse_claim(request.form), now_micros(desk.clock)
            )
        return _verify_page(found)


def _verify_page(found: inquiry.Verified | None) -> str:
    return render_template(
        "register/verify.html",
        found=found,
        claim=forms.parse_claim(request.form),
        purposes=list(Purpose),
        chosen=forms.parse_purpose(request.form),
        ground=forms.parse_ground(request.form),
    )


def _today(clock: Clock) -> date:
    return clock.now().astimezone(BEIJING).date()
