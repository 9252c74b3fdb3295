"""The pages of case work: worklist, case, acts, revealed parties, materials."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import (
    Blueprint,
    Response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from extranet_zone.cases import forms
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services import ActRequest, CaseWork, act
from extranet_zone.cases.services.access import (
    MaterialFile,
    open_material,
    record_refusal,
    reveal_parties,
)
from extranet_zone.cases.services.pages import PartyShown, case_page
from extranet_zone.cases.services.work import load_case
from extranet_zone.cases.services.worklists import worklist
from extranet_zone.cases.states import State
from extranet_zone.roles import Permission
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.errors import RefusedError
from kernel.vocabulary.case_no import CaseNo
from kernel.web.access import Rules

RULES: Rules = {
    "cases.list_cases": Permission.CASES_READ.value,
    "cases.search": Permission.CASES_READ.value,
    "cases.show": Permission.CASES_READ.value,
    "cases.do": Permission.CASES_ACT.value,
    "cases.reveal": Permission.CASES_REVEAL.value,
    "cases.material": Permission.MATERIALS_READ.value,
}
SANDBOX = (
    "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; object-src 'none'"
)
"""A file of an applicant may show itself and do nothing: no script, no form, no request."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need; ``actor`` answers who is signed in."""

    database: Database
    work: CaseWork
    clock: Clock
    actor: Callable[[], Actor]


def make_blueprint(desk: Desk) -> Blueprint:
    """The pages below ``/cases``."""
    pages = Blueprint("cases", __name__, template_folder="templates", url_prefix="/cases")

    @pages.get("")
    def list_cases() -> str:
        query = forms.parse_worklist(request.args)
        actor, now = desk.actor(), now_micros(desk.clock)
        with desk.database.reading() as session:
            found = worklist(session, desk.work, actor.roles, query, now)
        return render_template(
            "cases/worklist.html",
            query=query,
            found=found,
            items=list(desk.work.catalogue),
            states=list(State),
            previous_url=_page_url(found.page - 1),
            next_url=_page_url(found.page + 1),
        )

    @pages.get("/search")
    def search() -> BaseResponse:
        case_no = str(CaseNo.parse(request.args.get("case_no", "")))
        with desk.database.reading() as session:
            load_case(session, case_no)
        return redirect(url_for("cases.show", case_no=case_no))

    @pages.get("/<case_no>")
    def show(case_no: str) -> str:
        return _render(desk, case_no)

    @pages.post("/<case_no>/acts")
    def do(case_no: str) -> BaseResponse | tuple[str, int]:
        actor, now = desk.actor(), now_micros(desk.clock)
        wanted = forms.parse_act(case_no, request.form)
        try:
            with desk.database.begin() as session:
                act(session, desk.work, wanted, actor, now)
        except RefusedError as refusal:
            _keep_refusal(desk, wanted, actor, refusal)
            return _render(desk, case_no, refusal=refusal, wanted=wanted), refusal.http_status
        return redirect(url_for("cases.show", case_no=case_no), 303)

    @pages.post("/<case_no>/parties")
    def reveal(case_no: str) -> str:
        with desk.database.begin() as session:
            parties = reveal_parties(session, desk.work, case_no, desk.actor())
        return _render(desk, case_no, revealed=parties)

    @pages.get("/<case_no>/materials/<int:position>")
    def material(case_no: str, position: int) -> Response:
        with desk.database.begin() as session:
            file = open_material(session, desk.work, case_no, position, desk.actor())
        return _sent(file, as_attachment=request.args.get("download") == "1")

    return pages


def _render(
    desk: Desk,
    case_no: str,
    *,
    refusal: RefusedError | None = None,
    wanted: ActRequest | None = None,
    revealed: tuple[PartyShown, ...] | None = None,
) -> str:
    with desk.database.reading() as session:
        page = case_page(session, desk.work, case_no, desk.actor(), now_micros(desk.clock))
    return render_template(
        "cases/page.html",
        page=page,
        refusal=refusal,
        refused_action=wanted.action.value if wanted else "",
        note=wanted.note if wanted else "",
        revealed=revealed,
    )


def _keep_refusal(desk: Desk, wanted: ActRequest, actor: Actor, refusal: RefusedError) -> None:
    with desk.database.begin() as session:
        record_refusal(session, wanted, actor, refusal)


def _sent(file: MaterialFile, *, as_attachment: bool) -> Response:
    response = send_file(
        file.path,
        mimetype=file.media_type,
        as_attachment=as_attachment,
        download_name=file.file_name,
        etag=file.digest,
        max_age=0,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "no-store"
    return response


def _page_url(page: int) -> str:
    arguments = {**request.args.to_dict(), "page": str(page)}
    return url_for("cases.list_cases", **arguments)  # type: ignore[arg-type]  # query values
