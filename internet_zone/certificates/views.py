"""Downloading one's certificate, and verifying anybody's."""

import hashlib
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template, request, send_file
from werkzeug.wrappers import Response

from internet_zone.applications import services as applications
from internet_zone.certificates.services import Found, of_case, verify_number, verify_pdf
from internet_zone.roles import Permission
from kernel.audit import AuditEntry, record
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.errors import InvalidValueError, NotFoundError
from kernel.keys import TrustStore
from kernel.materials import MaterialsStore
from kernel.web.access import Access, Rules, require_person

MAX_PDF_BYTES: Final = 10 * 1024 * 1024
RULES: Final[Rules] = {
    "certificates.download": Permission.APPLY.value,
    "certificates.verify": Access.PUBLIC,
    "certificates.verify_file": Access.PUBLIC,
}
UPLOAD_LIMITS: Final = {"certificates.verify_file": MAX_PDF_BYTES + 64 * 1024}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need."""

    database: Database
    clock: Clock
    store: MaterialsStore
    trust: TrustStore


def blueprint(desk: Desk) -> Blueprint:
    """``/applications/<number>/certificate`` and ``/verify``."""
    pages = Blueprint("certificates", __name__, template_folder="templates")

    @pages.get("/applications/<number>/certificate")
    def download(number: str) -> Response:
        person = require_person()
        with desk.database.begin() as session:
            application = applications.own(session, person, number)
            found = of_case(session, application.case_no or "")
            if not found:
                raise NotFoundError("certificate_unknown", "这份申请还没有电子证书")
            record(
                session,
                AuditEntry(
                    person.login,
                    "certificate.download",
                    "certificate",
                    found[0].certificate_no,
                    case_no=application.case_no,
                    roles=tuple(person.roles),
                ),
            )
        return send_file(
            desk.store.path(found[0].pdf),
            mimetype="application/pdf",
            as_attachment=True,
            download_name=f"{found[0].certificate_no}.pdf",
            etag=found[0].pdf,
            max_age=0,
        )

    @pages.get("/verify")
    def verify() -> tuple[str, int] | str:
        number, code = request.args.get("no", "")[:64], request.args.get("code", "")[:16]
        if not number:
            return _page("", "", None, "", asked=False)
        try:
            with desk.database.reading() as session:
                found = verify_number(session, desk.trust, number, code, now_micros(desk.clock))
        except InvalidValueError as error:
            return _page(number, code, None, error.message, asked=False), 422
        return _page(number, code, found, "", asked=True)

    @pages.post("/verify")
    def verify_file() -> tuple[str, int] | str:
        file = request.files.get("pdf")
        content = file.stream.read(MAX_PDF_BYTES + 1) if file else b""
        if not content.startswith(b"%PDF-") or len(content) > MAX_PDF_BYTES:
            return _page(
                "", "", None, "请选择电子证书的 PDF 文件（不超过 10 MB）", asked=False
            ), 422
        digest = hashlib.sha256(content).hexdigest()
        with desk.database.reading() as session:
            found = verify_pdf(session, desk.trust, digest, now_micros(desk.clock))
        return _page("", "", found, "", asked=True)

    return pages


def _page(number: str, code: str, found: Found | None, error: str, *, asked: bool) -> str:
    return render_template(
        "certificates/verify.html",
        number=number,
        code=code,
        found=found,
        error=error,
        asked=asked,
    )
