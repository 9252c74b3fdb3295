"""Answering a notice of defects: what is asked for, the files, one submission."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from internet_zone.applications.services import drafts, supplements
from internet_zone.applications.services.uploads import RefusedFile
from internet_zone.applications.views.desk import Desk
from internet_zone.applications.views.uploading import receive_files
from kernel.errors import RefusedError
from kernel.materials.inspect import MAX_FILE_BYTES
from kernel.web.access import require_person


def add_pages(pages: Blueprint, desk: Desk) -> None:
    """``/supplement`` of an application."""

    @pages.get("/<number>/supplement")
    def supplement(number: str) -> str | Response:
        return _page(desk, number, [], "")

    @pages.post("/<number>/supplement")
    def answer(number: str) -> tuple[str | Response, int] | Response:
        """Everything at once: a file that is refused refuses the answer, nothing is half sent."""
        person, remark = require_person(), request.form.get("remark", "").strip()
        with desk.database.begin() as session:
            # Before a byte is stored: nobody fills the disk for a case that waits for nothing.
            application = drafts.own(session, person, number)
            supplements.require_open(session, application.case_no)
        application, found = desk.own(number)
        taken, refused = receive_files(desk.store, found.item)
        if refused:
            return _page(desk, number, refused, remark), 422
        try:
            with desk.database.begin() as session:
                supplements.answer(session, person, number, found.item, taken, remark, desk.now())
        except RefusedError as error:
            refused = [RefusedFile("", "", error.code, error.message)]
            return _page(desk, number, refused, remark), error.http_status
        flash("补正材料已提交，请留意办理进度", "done")
        return redirect(url_for("applications.show", number=number), 303)


def _page(desk: Desk, number: str, refused: Sequence[RefusedFile], remark: str) -> str | Response:
    application, found = desk.own(number)
    with desk.database.reading() as session:
        notice = (
            supplements.open_notice(session, application.case_no, found.item)
            if application.case_no
            else None
        )
    if notice is None:
        return redirect(url_for("applications.show", number=number), 303)
    return render_template(
        "applications/supplement.html",
        application=application,
        item=found.item,
        notice=notice,
        refused=refused,
        remark=remark,
        file_limit=MAX_FILE_BYTES,
    )
