"""Registering windows: the administrator's page; a token is shown once, right after its issue."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from extranet_zone.roles import Permission
from extranet_zone.window.services import windows
from extranet_zone.window.views.desk import WindowDesk
from kernel.errors import RefusedError
from kernel.vocabulary.districts import District
from kernel.web.access import Rules

RULES: Rules = dict.fromkeys(
    (
        "window.registration",
        "window.register",
        "window.issue",
        "window.revoke",
    ),
    Permission.WINDOWS_MANAGE.value,
)
_MAX_TEXT: Final = 100


def add_pages(pages: Blueprint, desk: WindowDesk) -> None:
    """``/window/registration``."""

    @pages.get("/registration")
    def registration() -> str:
        return _render(desk)

    @pages.post("/registration")
    def register() -> Response | tuple[str, int]:
        actor = desk.actor()
        name = request.form.get("name", "")[:_MAX_TEXT]
        try:
            with desk.database.begin() as session:
                windows.register_window(session, desk.authority(actor), name, actor, desk.now())
        except RefusedError as refusal:
            return _render(desk, refusal), refusal.http_status
        return redirect(url_for("window.registration"), 303)

    @pages.post("/registration/<window_id>/token")
    def issue(window_id: str) -> str:
        actor = desk.actor()
        with desk.database.begin() as session:
            token = windows.issue_token(
                session, desk.authority(actor), window_id, actor, desk.now()
            )
        return _render(desk, token=token, token_of=window_id)

    @pages.post("/registration/<window_id>/revoke")
    def revoke(window_id: str) -> Response:
        actor = desk.actor()
        with desk.database.begin() as session:
            windows.revoke_token(session, desk.authority(actor), window_id, actor, desk.now())
        return redirect(url_for("window.registration"), 303)


def _render(
    desk: WindowDesk, refusal: RefusedError | None = None, *, token: str = "", token_of: str = ""
) -> str:
    authority = desk.authority(desk.actor())
    with desk.database.reading() as session:
        return render_template(
            "window/registration.html",
            authority=District.parse(authority).name,
            windows=windows.windows_of(session, authority),
            refusal=refusal,
            name=request.form.get("name", "") if refusal else "",
            token=token,
            token_of=token_of,
        )
