"""The page of what the province sent and was refused: why, and what is to become of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from extranet_zone.cases.ports import Actor
from extranet_zone.province.pages import FILTERS, KINDS, Query, events
from extranet_zone.province.replay import MAX_REASON, ask_again, set_aside
from extranet_zone.roles import Permission
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.errors import ForbiddenError, RefusedError
from kernel.web.access import Rules

MAX_ID: Final = 64
RULES: Rules = {
    "province.index": Permission.PROVINCE_DECIDE.value,
    "province.again": Permission.PROVINCE_DECIDE.value,
    "province.aside": Permission.PROVINCE_DECIDE.value,
}


@dataclass(frozen=True, slots=True)
class ProvinceDesk:
    """What the page needs; ``linked`` says whether anybody will try an event again."""

    database: Database
    clock: Clock
    actor: Callable[[], Actor]
    authority: str
    linked: bool


def make_blueprint(desk: ProvinceDesk) -> Blueprint:
    """The page ``/province`` and its two acts."""
    pages = Blueprint("province", __name__, template_folder="templates", url_prefix="/province")

    @pages.get("")
    def index() -> str:
        _own(desk)
        return _render(desk, None)

    @pages.post("/again")
    def again() -> Response | tuple[str, int]:
        actor = _own(desk)
        try:
            with desk.database.begin() as session:
                ask_again(session, _event_id(), actor, now_micros(desk.clock))
        except RefusedError as refusal:
            return _render(desk, refusal), refusal.http_status
        return redirect(url_for("province.index"), 303)

    @pages.post("/aside")
    def aside() -> Response | tuple[str, int]:
        actor = _own(desk)
        reason = request.form.get("reason", "")[:MAX_REASON]
        try:
            with desk.database.begin() as session:
                set_aside(session, _event_id(), reason, actor, now_micros(desk.clock))
        except RefusedError as refusal:
            return _render(desk, refusal), refusal.http_status
        return redirect(url_for("province.index"), 303)

    return pages


def _own(desk: ProvinceDesk) -> Actor:
    """Who is signed in, of the platform's own authority; the inbox is nobody else's."""
    actor = desk.actor()
    if actor.authority not in {"", desk.authority}:
        raise ForbiddenError("authority_not_allowed", "只有属地登记机构人员可以查看省级链路")
    return actor


def _event_id() -> str:
    return request.form.get("event", "")[:MAX_ID]


def _render(desk: ProvinceDesk, refusal: RefusedError | None) -> str:
    args = request.args
    page = args.get("page", "1")[:6]
    query = Query(
        show=args.get("show", "") if args.get("show", "") in FILTERS else "open",
        kind=args.get("kind", "")[:40],
        page=int(page) if page.isascii() and page.isdigit() else 1,
    )
    with desk.database.reading() as session:
        found = events(session, query)
    return render_template(
        "province/events.html",
        found=found,
        query=query,
        filters=FILTERS,
        kinds=KINDS,
        linked=desk.linked,
        refusal=refusal,
        tried=_event_id() if refusal else "",
        max_reason=MAX_REASON,
    )
