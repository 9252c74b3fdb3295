"""The list of one's applications, the task list or progress of one, starting and discarding."""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from internet_zone.applications.models import Application
from internet_zone.applications.services import downloads, drafts, supplements
from internet_zone.applications.services.measuring import SCOPE, TASKS, Measured
from internet_zone.applications.states import is_over
from internet_zone.applications.views.desk import Desk
from internet_zone.catalogue.services import MODES
from internet_zone.certificates.services import ended_among, ended_label, of_case
from internet_zone.progress.services import latest_of, steps_of, was_granted
from kernel.errors import NotFoundError, UnavailableError
from kernel.web.access import require_person

PAGE_SIZE: Final = 20
LAST_PAGE: Final = 10_000


def add_pages(pages: Blueprint, desk: Desk) -> None:
    """Overview, task list, progress, certificate."""

    @pages.get("")
    def index() -> str:
        page = min(max(0, request.args.get("page", 0, type=int)), LAST_PAGE)
        with desk.database.reading() as session:
            found = drafts.own_list(session, require_person(), page, PAGE_SIZE)
            latest = latest_of(session, [row.case_no for row in found if row.case_no])
            titles = {row.id: desk.title_of(session, row) for row in found}
        return render_template(
            "applications/index.html",
            found=found[:PAGE_SIZE],
            latest=latest,
            titles=titles,
            page=page,
            more=len(found) > PAGE_SIZE,
        )

    @pages.post("")
    def start() -> Response:
        mode = request.form.get("mode", "")
        if mode not in MODES:
            raise NotFoundError("item_unknown", "没有这种办理方式")
        with desk.database.begin() as session:
            now = desk.now()
            offered = desk.catalogue.offer(session, request.form.get("item_code", "")[:40], now)
            number = drafts.start(session, require_person(), offered, mode, now)
        return redirect(url_for("applications.show", number=number), 303)

    @pages.get("/<number>")
    def show(number: str) -> str:
        application, found = desk.own(number)
        if application.case_no is None:
            return _tasks(desk, application, found)
        return _progress(desk, application, application.case_no, found)

    @pages.post("/<number>/again")
    def start_again(number: str) -> Response:
        """A new draft from an application that has ended, for what was handed back."""
        with desk.database.begin() as session:
            fresh = drafts.start_again(session, require_person(), number, desk.now())
        flash("已按原申请建立新的草稿，请修改后重新签名提交", "done")
        return redirect(url_for("applications.show", number=fresh), 303)

    @pages.post("/<number>/discard")
    def discard(number: str) -> Response:
        with desk.database.begin() as session:
            drafts.discard(session, require_person(), number)
        flash("草稿已删除", "done")
        return redirect(url_for("applications.index"), 303)

    @pages.get("/<number>/certificate")
    def certificate(number: str) -> Response:
        """The owner's electronic certificate; each download is on record."""
        person = require_person()
        wanted = request.args.get("no", "")
        with desk.database.begin() as session:
            application = drafts.own(session, person, number)
            rows = of_case(session, application.case_no) if application.case_no else []
            found = next((row for row in rows if not wanted or row.certificate_no == wanted), None)
            if found is None:
                raise NotFoundError("certificate_unknown", "这份申请还没有电子证书")
            if not desk.store.has(found.pdf):
                raise UnavailableError("certificate_missing", "证书文件暂时无法读取，请稍后再试")
            downloads.note_download(session, person, application, found.certificate_no)
        return send_file(
            desk.store.path(found.pdf),
            mimetype="application/pdf",
            as_attachment=True,
            download_name=f"{found.certificate_no}.pdf",
            etag=found.pdf,
            max_age=0,
        )


def _tasks(desk: Desk, application: Application, found: Measured) -> str:
    missing = found.missing()
    return render_template(
        "applications/tasks.html",
        application=application,
        item=found.item,
        mode=MODES[application.mode],
        missing=missing,
        done=len(TASKS) - len(set(missing) - {SCOPE}),
        scope=missing.get(SCOPE, ""),
        editable=desk.is_editable(application),
    )


def _progress(desk: Desk, application: Application, case_no: str, found: Measured) -> str:
    with desk.database.reading() as session:
        steps = steps_of(session, case_no)
        certificates = of_case(session, case_no)
        ended = ended_among(session, certificates)
        notice = supplements.open_notice(session, case_no, found.item)
        bills = supplements.bills_of(session, case_no)
    return render_template(
        "applications/progress.html",
        application=application,
        item=found.item,
        mode=MODES[application.mode],
        steps=steps,
        certificates=certificates,
        ended=ended,
        ended_label=ended_label,
        notice=notice,
        bills=bills,
        over=is_over(application.state),
        granted=was_granted(steps),
    )
