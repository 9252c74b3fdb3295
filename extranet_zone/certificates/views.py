"""The pages of certificates: those engrossed last, and the file of each."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request, send_file

from extranet_zone.cases.ports import Actor
from extranet_zone.certificates.services import PAGE, list_certificates, open_certificate
from extranet_zone.roles import Permission
from kernel.db import Database
from kernel.materials import MaterialsStore
from kernel.vocabulary.normal import is_digits
from kernel.web.access import Rules

RULES: Rules = {
    "certificates.index": Permission.CERTIFICATES_READ.value,
    "certificates.pdf": Permission.CERTIFICATES_READ.value,
}
_MAX_DIGITS = 17


@dataclass(frozen=True, slots=True)
class CertificateDesk:
    """What the pages need; ``actor`` answers who is signed in."""

    database: Database
    store: MaterialsStore
    actor: Callable[[], Actor]


def make_blueprint(desk: CertificateDesk) -> Blueprint:
    """The pages below ``/certificates``."""
    pages = Blueprint(
        "certificates", __name__, template_folder="templates", url_prefix="/certificates"
    )

    @pages.get("")
    def index() -> str:
        before = request.args.get("before", "")
        number = int(before) if is_digits(before) and len(before) <= _MAX_DIGITS else None
        with desk.database.reading() as session:
            found = list_certificates(session, number)
        last = found[-1].certificate.engrossed_at if len(found) == PAGE else None
        return render_template("certificates/list.html", found=found, before=last)

    @pages.get("/<entry_id>/pdf")
    def pdf(entry_id: str) -> Response:
        with desk.database.begin() as session:
            certificate = open_certificate(session, entry_id, desk.actor())
        response = send_file(
            desk.store.path(certificate.pdf),
            mimetype="application/pdf",
            as_attachment=request.args.get("download") == "1",
            download_name=f"{certificate.certificate_no}.pdf",
            etag=certificate.pdf,
            max_age=0,
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    return pages
