"""The pages of an application: task list, each task, signing, progress."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from internet_zone.applications import forms, services
from internet_zone.applications.models import Application
from internet_zone.applications.services import NewFile
from internet_zone.applications.states import APPLICATION, Action
from internet_zone.catalogue.items import MODES, ROLES, Item
from internet_zone.certificates.services import of_case
from internet_zone.progress.services import steps_of
from internet_zone.roles import Permission
from internet_zone.units.services import search_units
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.errors import InvalidValueError, NotFoundError, RefusedError
from kernel.materials import MaterialsStore
from kernel.materials.inspect import MAX_FILE_BYTES
from kernel.web.access import Rules, require_person
from kernel.web.accounts import Accounts

PAGE_SIZE: Final = 20
MAX_REFUSED_SHOWN: Final = 20
RULES: Final[Rules] = {
    f"applications.{name}": Permission.APPLY.value
    for name in (
        "index",
        "start",
        "show",
        "unit",
        "choose_unit",
        "parties",
        "set_parties",
        "facts",
        "set_facts",
        "materials",
        "upload",
        "remove",
        "sign",
        "submit",
        "discard",
        "certificate",
    )
}
UPLOAD_LIMITS: Final = {"applications.upload": services.MAX_BYTES + 4 * 1024 * 1024}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need."""

    database: Database
    clock: Clock
    store: MaterialsStore
    items: Mapping[str, Item]


def blueprint(desk: Desk) -> Blueprint:
    """The pages below ``/applications``."""
    pages = Blueprint(
        "applications", __name__, template_folder="templates", url_prefix="/applications"
    )
    _overview(pages, desk)
    _filling(pages, desk)
    _uploading(pages, desk)
    _signing(pages, desk)
    return pages


def _overview(pages: Blueprint, desk: Desk) -> None:
    @pages.get("")
    def index() -> str:
        page = max(0, request.args.get("page", 0, type=int))
        with desk.database.reading() as session:
            found = services.own_list(session, require_person(), page, PAGE_SIZE)
        return render_template(
            "applications/index.html",
            found=found[:PAGE_SIZE],
            items=desk.items,
            page=page,
            more=len(found) > PAGE_SIZE,
        )

    @pages.post("")
    def start() -> Response:
        item = desk.items.get(request.form.get("item_code", ""))
        mode = request.form.get("mode", "")
        if item is None or mode not in MODES:
            raise NotFoundError("item_unknown", "没有这个事项")
        with desk.database.begin() as session:
            number = services.start(session, require_person(), item, mode, now_micros(desk.clock))
        return redirect(url_for("applications.show", number=number), 303)

    @pages.get("/<number>")
    def show(number: str) -> str:
        with desk.database.reading() as session:
            application = services.own(session, require_person(), number)
            steps = steps_of(session, application.case_no or "")
            certificates = of_case(session, application.case_no) if application.case_no else []
        item = desk.items[application.item_code]
        if application.case_no is None:
            return render_template(
                "applications/tasks.html",
                application=application,
                item=item,
                mode=MODES[application.mode],
                missing=services.defects(application, item),
                editable=_editable(application),
            )
        return render_template(
            "applications/progress.html",
            application=application,
            item=item,
            steps=steps,
            certificates=certificates,
        )


def _filling(pages: Blueprint, desk: Desk) -> None:
    @pages.get("/<number>/unit")
    def unit(number: str) -> str:
        words = request.args.get("words", "")[:100]
        with desk.database.reading() as session:
            application = services.own(session, require_person(), number)
            found = search_units(session, words) if words else []
        return render_template(
            "applications/unit.html", application=application, words=words, found=found, errors={}
        )

    @pages.post("/<number>/unit")
    def choose_unit(number: str) -> Response:
        with desk.database.begin() as session:
            services.choose_unit(
                session, require_person(), number, request.form.get("unit_no", "")[:28]
            )
        return redirect(url_for("applications.show", number=number), 303)

    @pages.get("/<number>/parties")
    def parties(number: str) -> str:
        with desk.database.reading() as session:
            application = services.own(session, require_person(), number)
        values = {}
        for party in application.parties[1:]:
            for name in ("name", "document_type", "document_no", "phone"):
                values[f"{party.role}_{name}"] = getattr(party, name)
        return _parties_page(application, desk.items[application.item_code], values, {})

    @pages.post("/<number>/parties")
    def set_parties(number: str) -> tuple[str, int] | Response:
        person = require_person()
        with desk.database.reading() as session:
            application = services.own(session, person, number)
        item = desk.items[application.item_code]
        found, errors = forms.parse_counterparts(item, request.form)
        if errors:
            return _parties_page(application, item, request.form, errors), 422
        with desk.database.begin() as session:
            services.set_counterparts(session, person, number, found)
        return redirect(url_for("applications.show", number=number), 303)

    @pages.get("/<number>/facts")
    def facts(number: str) -> str:
        with desk.database.reading() as session:
            application = services.own(session, require_person(), number)
        item = desk.items[application.item_code]
        return render_template(
            "applications/facts.html",
            application=application,
            item=item,
            values=json.loads(application.facts),
            errors={},
        )

    @pages.post("/<number>/facts")
    def set_facts(number: str) -> tuple[str, int] | Response:
        person = require_person()
        with desk.database.reading() as session:
            application = services.own(session, person, number)
        item = desk.items[application.item_code]
        values, errors = forms.parse_facts(item, request.form)
        if errors:
            page = render_template(
                "applications/facts.html",
                application=application,
                item=item,
                values=values,
                errors=errors,
            )
            return page, 422
        with desk.database.begin() as session:
            services.set_facts(session, person, number, values)
        return redirect(url_for("applications.show", number=number), 303)


def _uploading(pages: Blueprint, desk: Desk) -> None:
    @pages.get("/<number>/materials")
    def materials(number: str) -> str:
        with desk.database.reading() as session:
            application = services.own(session, require_person(), number)
        return _materials_page(desk, application, [])

    @pages.post("/<number>/materials")
    def upload(number: str) -> tuple[str, int] | Response:
        """Takes what is good and names what is not, file by file."""
        person = require_person()
        with desk.database.reading() as session:
            application = services.own(session, person, number)
        item = desk.items[application.item_code]
        taken: list[NewFile] = []
        refused: list[tuple[str, str, str]] = []
        for code in (rule.code for rule in item.materials):
            for file in request.files.getlist(f"file_{code}"):
                if not file.filename:
                    continue
                try:
                    taken.append(_stored(desk.store, code, file))
                except InvalidValueError as error:
                    refused.append((file.filename[:100], error.message, error.code))
        try:
            with desk.database.begin() as session:
                services.add_files(session, person, number, taken, now_micros(desk.clock))
        except RefusedError as error:
            refused.append(("全部文件", error.message, error.code))
        if refused:
            with desk.database.reading() as session:
                application = services.own(session, person, number)
            return _materials_page(desk, application, refused[:MAX_REFUSED_SHOWN]), 422
        if taken:
            flash(f"已上传 {len(taken)} 个文件", "done")
        return redirect(url_for("applications.materials", number=number), 303)

    @pages.post("/<number>/materials/<upload_id>/remove")
    def remove(number: str, upload_id: str) -> Response:
        with desk.database.begin() as session:
            services.remove_file(session, require_person(), number, upload_id)
        return redirect(url_for("applications.materials", number=number), 303)


def _signing(pages: Blueprint, desk: Desk) -> None:
    @pages.get("/<number>/sign")
    def sign(number: str) -> str:
        with desk.database.reading() as session:
            application = services.own(session, require_person(), number)
        return _sign_page(desk, application, {}, "")

    @pages.post("/<number>/sign")
    def submit(number: str) -> tuple[str, int] | Response:
        person = require_person()
        accounts: Accounts = current_app.extensions["tongban_accounts"]
        with desk.database.reading() as session:
            application = services.own(session, person, number)
        signed_by = request.form.get("signed_by", "")[:100]
        try:
            _require_agreed()
            with desk.database.begin() as session:
                services.submit(
                    session,
                    accounts,
                    person,
                    number,
                    desk.items[application.item_code],
                    signed_by,
                    request.form.get("password", "")[:200],
                    now_micros(desk.clock),
                )
        except RefusedError as error:
            field = str(error.detail.get("field") or "password")
            page = _sign_page(desk, application, {field: error.message}, signed_by)
            return page, error.http_status
        return redirect(url_for("applications.show", number=number), 303)

    @pages.get("/<number>/certificate")
    def certificate(number: str) -> Response:
        """The owner's electronic certificate; each download is on record."""
        person = require_person()
        with desk.database.begin() as session:
            application = services.own(session, person, number)
            found = of_case(session, application.case_no or "")
            if not found:
                raise NotFoundError("certificate_unknown", "这份申请还没有电子证书")
            services.note_download(session, person, application, found[0].certificate_no)
        return send_file(
            desk.store.path(found[0].pdf),
            mimetype="application/pdf",
            as_attachment=True,
            download_name=f"{found[0].certificate_no}.pdf",
            etag=found[0].pdf,
            max_age=0,
        )

    @pages.post("/<number>/discard")
    def discard(number: str) -> Response:
        with desk.database.begin() as session:
            services.discard(session, require_person(), number)
        flash("草稿已删除", "done")
        return redirect(url_for("applications.index"), 303)


def _require_agreed() -> None:
    if request.form.get("agreed") != "yes":
        raise InvalidValueError("declaration_missing", "请阅读并勾选承诺", field="agreed")


def _editable(application: Application) -> bool:
    return any(
        row.action is Action.EDIT
        for row in APPLICATION.actions(application.state, require_person().roles)
    )


def _stored(store: MaterialsStore, code: str, file: FileStorage) -> NewFile:
    name = file.filename or ""
    blob, inspected = store.put_inspected(file.stream, name, MAX_FILE_BYTES)
    return NewFile(code, name, blob.digest, blob.size, inspected.media_type, inspected.pages)


def _parties_page(
    application: Application, item: Item, values: Mapping[str, str], errors: Mapping[str, str]
) -> str:
    return render_template(
        "applications/parties.html",
        application=application,
        item=item,
        roles=ROLES,
        document_types=forms.DOCUMENT_TYPES,
        values=values,
        errors=errors,
    )


def _materials_page(
    desk: Desk, application: Application, refused: list[tuple[str, str, str]]
) -> str:
    return render_template(
        "applications/materials.html",
        application=application,
        item=desk.items[application.item_code],
        refused=refused,
        total=sum(upload.size for upload in application.materials),
        limit=services.MAX_BYTES,
    )


def _sign_page(
    desk: Desk, application: Application, errors: Mapping[str, str], signed_by: str
) -> str:
    item = desk.items[application.item_code]
    return render_template(
        "applications/sign.html",
        application=application,
        item=item,
        facts=json.loads(application.facts),
        roles=ROLES,
        missing=services.defects(application, item),
        errors=errors,
        signed_by=signed_by,
    )
