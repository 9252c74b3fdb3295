"""The page of the stock: levels, receiving, spoiling, what was taken last."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from extranet_zone.blanks.services import latest, levels, receive_blanks, spoil_blank
from extranet_zone.cases.ports import Actor
from extranet_zone.roles import Permission
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.errors import RefusedError
from kernel.vocabulary.certificate import CertificateKind
from kernel.web.access import Rules

MAX_TEXT: Final = 200
RULES: Rules = {
    "blanks.index": Permission.CERTIFICATES_READ.value,
    "blanks.receive": Permission.BLANKS_MANAGE.value,
    "blanks.spoil": Permission.BLANKS_MANAGE.value,
}


@dataclass(frozen=True, slots=True)
class BlankDesk:
    """What the page needs; ``actor`` answers who is signed in."""

    database: Database
    clock: Clock
    actor: Callable[[], Actor]


def make_blueprint(desk: BlankDesk) -> Blueprint:
    """The page ``/blanks`` and its two acts."""
    pages = Blueprint("blanks", __name__, template_folder="templates", url_prefix="/blanks")

    @pages.get("")
    def index() -> str:
        return _render(desk, None)

    @pages.post("/receive")
    def receive() -> Response | tuple[str, int]:
        title = request.form.get("kind") == CertificateKind.TITLE.value
        kind = CertificateKind.TITLE if title else CertificateKind.REGISTRATION
        first, last = (request.form.get(name, "")[:MAX_TEXT] for name in ("first", "last"))
        try:
            with desk.database.begin() as session:
                receive_blanks(session, kind, first, last, desk.actor(), now_micros(desk.clock))
        except RefusedError as refusal:
            return _render(desk, refusal), refusal.http_status
        return redirect(url_for("blanks.index"), 303)

    @pages.post("/spoil")
    def spoil() -> Response | tuple[str, int]:
        number, reason = (request.form.get(name, "")[:MAX_TEXT] for name in ("number", "reason"))
        try:
            with desk.database.begin() as session:
                spoil_blank(session, number, reason, desk.actor(), now_micros(desk.clock))
        except RefusedError as refusal:
            return _render(desk, refusal), refusal.http_status
        return redirect(url_for("blanks.index"), 303)

    return pages


def _render(desk: BlankDesk, refusal: RefusedError | None) -> str:
    with desk.database.reading() as session:
        return render_template(
            "blanks/index.html",
            levels=levels(session),
            latest=latest(session),
            kinds=list(CertificateKind),
            refusal=refusal,
            form=request.form,
        )
