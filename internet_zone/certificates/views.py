"""Verifying anybody's certificate, without signing in."""

import hashlib
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template, request

from internet_zone.certificates.services import Found, verify_number, verify_pdf
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.errors import InvalidValueError
from kernel.keys import TrustStore
from kernel.web.access import Access, Rules

MAX_PDF_BYTES: Final = 10 * 1024 * 1024
RULES: Final[Rules] = {
    "certificates.verify": Access.PUBLIC,
    "certificates.verify_file": Access.PUBLIC,
}
UPLOAD_LIMITS: Final = {"certificates.verify_file": MAX_PDF_BYTES + 64 * 1024}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need."""

    database: Database
    clock: Clock
    trust: TrustStore

    def now(self) -> int:
        """Microseconds UTC."""
        return now_micros(self.clock)


def blueprint(desk: Desk) -> Blueprint:
    """``/verify``."""
    pages = Blueprint("certificates", __name__, template_folder="templates")

    @pages.get("/verify")
    def verify() -> tuple[str, int] | str:
        number, code = request.args.get("no", "")[:64], request.args.get("code", "")[:16]
        if not number:
            return _page(desk, "", "", None, "", asked=False)
        try:
            with desk.database.reading() as session:
                found = verify_number(session, desk.trust, number, code, desk.now())
        except InvalidValueError as error:
            return _page(desk, number, code, None, error.message, asked=False), 422
        return _page(desk, number, code, found, "", asked=True)

    @pages.post("/verify")
    def verify_file() -> tuple[str, int] | str:
        file = request.files.get("pdf")
        content = b""
        if file is not None:
            with closing(file):
                content = file.stream.read(MAX_PDF_BYTES + 1)
        if not content.startswith(b"%PDF-") or len(content) > MAX_PDF_BYTES:
            words = "请选择电子证书的 PDF 文件（不超过 10 MB）"
            return _page(desk, "", "", None, words, asked=False), 422
        digest = hashlib.sha256(content).hexdigest()
        with desk.database.reading() as session:
            found = verify_pdf(session, desk.trust, digest, desk.now())
        return _page(desk, "", "", found, "", asked=True)

    return pages


def _page(
    desk: Desk, number: str, code: str, found: Found | None, error: str, *, asked: bool
) -> str:
    return render_template(
        "certificates/verify.html",
        number=number,
        code=code,
        found=found,
        error=error,
        asked=asked,
        as_of=desk.now(),
    )
