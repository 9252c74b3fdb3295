"""The pages of case work: worklist, case, acts, revealed parties, materials."""

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from extranet_zone.cases import forms
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services import ActRequest, act, claims
from extranet_zone.cases.services.access import (
    MaterialFile,
    open_material,
    record_foreign,
    record_refusal,
    reveal_parties,
)
from extranet_zone.cases.services.pages import case_page
from extranet_zone.cases.services.shown import PartyShown
from extranet_zone.cases.services.work import load_visible
from extranet_zone.cases.services.worklists import export_worklist, worklist
from extranet_zone.cases.states import State
from extranet_zone.cases.views.desk import Desk
from extranet_zone.roles import Permission
from extranet_zone.sheets import as_download
from kernel.clock import now_micros
from kernel.errors import NotFoundError, RefusedError
from kernel.vocabulary.case_no import CaseNo
from kernel.web.access import Rules

RULES: Rules = {
    "cases.list_cases": Permission.CASES_READ.value,
    "cases.search": Permission.CASES_READ.value,
    "cases.export": Permission.CASES_READ.value,
    "cases.show": Permission.CASES_READ.value,
    "cases.do": Permission.CASES_ACT.value,
    "cases.claim": Permission.CASES_ACT.value,
    "cases.give_back": Permission.CASES_ACT.value,
    "cases.absence": Permission.CASES_ACT.value,
    "cases.reveal": Permission.CASES_REVEAL.value,
    "cases.material": Permission.MATERIALS_READ.value,
}
SANDBOX = (
    "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; object-src 'none'"
)
"""A file of an applicant may show itself and do nothing: no script, no form, no request."""


def add_pages(pages: Blueprint, desk: Desk) -> None:
    """Worklist, case, acts, revealed parties, materials, claiming."""

    @pages.get("")
    def list_cases() -> str:
        query = forms.parse_worklist(request.args)
        actor, now = desk.actor(), now_micros(desk.clock)
        with desk.database.reading() as session:
            found = worklist(session, desk.work, actor, query, now)
            absent = claims.is_absent(session, actor.login)
            items = desk.work.catalogue.in_force(session, now).items
        return render_template(
            "cases/worklist.html",
            query=query,
            found=found,
            absent=absent,
            items=items,
            states=list(State),
            previous_url=_page_url(found.page - 1),
            next_url=_page_url(found.page + 1),
        )

    @pages.post("/export")
    def export() -> Response:
        query = forms.parse_worklist(request.form)
        ground, now = request.form.get("ground", "")[:100], now_micros(desk.clock)
        with desk.database.begin() as session:
            sheet = export_worklist(session, desk.work, desk.actor(), query, ground, now)
        return as_download([sheet], "worklist")

    @pages.get("/search")
    def search() -> BaseResponse:
        case_no = str(CaseNo.parse(request.args.get("case_no", "")))
        with desk.database.reading() as session:
            load_visible(session, desk.work, case_no, desk.actor())
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
        return send_material(file, as_attachment=request.args.get("download") == "1")

    @pages.post("/<case_no>/claim")
    def claim(case_no: str) -> BaseResponse:
        with desk.database.begin() as session:
            claims.claim(session, desk.work, case_no, desk.actor())
        return redirect(url_for("cases.show", case_no=case_no), 303)

    @pages.post("/<case_no>/return")
    def give_back(case_no: str) -> BaseResponse:
        with desk.database.begin() as session:
            claims.give_back(session, desk.work, case_no, desk.actor())
        return redirect(url_for("cases.show", case_no=case_no), 303)

    @pages.post("/absence")
    def absence() -> BaseResponse:
        absent = request.form.get("absent", "") == "1"
        with desk.database.begin() as session:
            claims.set_absent(session, desk.actor(), absent=absent)
        flash("已登记离岗，他人可以接办您的办件" if absent else "已登记在岗", "done")
        return redirect(url_for("cases.list_cases"), 303)


def _render(
    desk: Desk,
    case_no: str,
    *,
    refusal: RefusedError | None = None,
    wanted: ActRequest | None = None,
    revealed: tuple[PartyShown, ...] | None = None,
) -> str:
    try:
        return _rendered(desk, case_no, refusal, wanted, revealed)
    except NotFoundError as unknown:
        # Somebody opened another authority's case by its address: 404 for them, a record for us.
        if unknown.detail.get("foreign"):
            with desk.database.begin() as session:
                record_foreign(session, case_no, desk.actor())
        raise


def _rendered(
    desk: Desk,
    case_no: str,
    refusal: RefusedError | None,
    wanted: ActRequest | None,
    revealed: tuple[PartyShown, ...] | None,
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


def send_material(file: MaterialFile, *, as_attachment: bool) -> Response:
    """An inspected file as an answer that a browser shows in a box and keeps nowhere."""
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
