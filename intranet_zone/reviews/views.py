"""The pages of spatial review: worklist, case with map, materials, conclusion."""

from dataclasses import dataclass
from typing import Final

from flask import (
    Blueprint,
    Response,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from intranet_zone.parcels.drawing import draw
from intranet_zone.parcels.services import geojson, surroundings
from intranet_zone.reviews import services
from intranet_zone.reviews.states import Action
from intranet_zone.roles import Permission
from kernel.audit import AuditEntry, record
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.errors import NotFoundError, RefusedError
from kernel.materials import MaterialsStore
from kernel.web.access import Rules, require_person, source

RULES: Final[Rules] = {
    "reviews.index": Permission.REVIEWS_READ.value,
    "reviews.show": Permission.REVIEWS_READ.value,
    "reviews.material": Permission.REVIEWS_READ.value,
    "reviews.conclude": Permission.REVIEWS_CONCLUDE.value,
    "reviews.parcel": Permission.PARCELS_READ.value,
}
SANDBOX: Final = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
"""A file of an applicant may show itself and do nothing: no script, no form, no request."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need."""

    database: Database
    clock: Clock
    store: MaterialsStore


def blueprint(desk: Desk) -> Blueprint:
    """The pages below ``/reviews`` and the map's data below ``/parcels``."""
    pages = Blueprint("reviews", __name__, template_folder="templates")

    @pages.get("/reviews")
    def index() -> str:
        page = max(0, request.args.get("page", 0, type=int))
        everything = request.args.get("all") == "1"
        case_no = request.args.get("case_no", "").strip()[:16]
        with desk.database.reading() as session:
            found = services.worklist(session, everything=everything, case_no=case_no, page=page)
        return render_template(
            "reviews/index.html",
            found=found[: services.PAGE_SIZE],
            more=len(found) > services.PAGE_SIZE,
            page=page,
            everything=everything,
            case_no=case_no,
            now=now_micros(desk.clock),
        )

    @pages.get("/reviews/<case_no>")
    def show(case_no: str) -> str:
        return _page(desk, case_no, None, "")

    @pages.post("/reviews/<case_no>")
    def conclude(case_no: str) -> BaseResponse | tuple[str, int]:
        try:
            action = Action(request.form.get("action", ""))
        except ValueError:
            raise NotFoundError("action_unknown", "没有这种结论") from None
        opinion = request.form.get("opinion", "")
        try:
            with desk.database.begin() as session:
                services.conclude(
                    session,
                    desk.store,
                    require_person(),
                    case_no,
                    action,
                    opinion,
                    now_micros(desk.clock),
                )
        except RefusedError as error:
            return _page(desk, case_no, error, opinion), error.http_status
        return redirect(url_for("reviews.show", case_no=case_no), 303)

    @pages.get("/reviews/<case_no>/materials/<int:position>")
    def material(case_no: str, position: int) -> Response:
        person = require_person()
        with desk.database.begin() as session:
            review = services.load(session, case_no)
            file = next((item for item in review.materials if item.position == position), None)
            if file is None or not desk.store.has(file.digest):
                raise NotFoundError("material_unknown", "没有这份材料，或尚未到达")
            record(
                session,
                AuditEntry(
                    person.login,
                    "material.viewed",
                    "material",
                    file.digest,
                    case_no=case_no,
                    roles=tuple(person.roles),
                    source=source(),
                ),
            )
        response = send_file(
            desk.store.path(file.digest),
            mimetype=file.media_type,
            download_name=file.file_name,
            as_attachment=request.args.get("download") == "1",
            etag=file.digest,
            max_age=0,
        )
        response.headers["Content-Security-Policy"] = SANDBOX
        response.headers["Cache-Control"] = "no-store"
        return response

    @pages.get("/parcels/<parcel_no>.geojson")
    def parcel(parcel_no: str) -> Response:
        with desk.database.reading() as session:
            return jsonify(geojson(surroundings(session, parcel_no[:19])))

    return pages


def _page(desk: Desk, case_no: str, refusal: RefusedError | None, opinion: str) -> str:
    with desk.database.reading() as session:
        review = services.load(session, case_no)
        found = services.look(session, review)
    return render_template(
        "reviews/page.html",
        review=review,
        found=found,
        drawing=draw(found),
        present={item.position: desk.store.has(item.digest) for item in review.materials},
        may_conclude=services.may_conclude(review, require_person().roles),
        refusal=refusal,
        opinion=opinion,
    )
