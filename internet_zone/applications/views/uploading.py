"""Uploading and removing files: what is good is taken, what is not is named beside its material."""

from collections.abc import Sequence
from contextlib import closing

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from internet_zone.applications.models import Application
from internet_zone.applications.services import drafts, uploads
from internet_zone.applications.services.measuring import Measured
from internet_zone.applications.services.uploads import NewFile, RefusedFile
from internet_zone.applications.views.desk import Desk
from kernel.catalogue.demands import Standing
from kernel.catalogue.item import Item
from kernel.errors import InvalidValueError
from kernel.materials import MaterialsStore
from kernel.materials.inspect import MAX_FILE_BYTES
from kernel.web.access import require_person


def add_pages(pages: Blueprint, desk: Desk) -> None:
    """``/materials`` of an application."""

    @pages.get("/<number>/materials")
    def materials(number: str) -> str | Response:
        application, found = desk.own(number)
        if not desk.is_editable(application):
            return redirect(url_for("applications.show", number=number), 303)
        return _page(application, found, [])

    @pages.post("/<number>/materials")
    def upload(number: str) -> tuple[str, int] | Response:
        """Takes what is good and names what is not, file by file."""
        person = require_person()
        with desk.database.begin() as session:
            # Before a byte is stored: nobody fills the disk for a case that is under way.
            drafts.editable(session, person, number)
        application, found = desk.own(number)
        taken, refused = receive_files(desk.store, found.item)
        with desk.database.begin() as session:
            refused += uploads.add_files(session, person, number, taken, desk.now())
        if refused:
            application, found = desk.own(number)
            return _page(application, found, refused), 422
        if taken:
            flash(f"已上传 {len(taken)} 个文件", "done")
        return redirect(url_for("applications.materials", number=number), 303)

    @pages.post("/<number>/materials/<upload_id>/remove")
    def remove(number: str, upload_id: str) -> Response:
        with desk.database.begin() as session:
            uploads.remove_file(session, require_person(), number, upload_id)
        return redirect(url_for("applications.materials", number=number), 303)


def receive_files(store: MaterialsStore, item: Item) -> tuple[list[NewFile], list[RefusedFile]]:
    """The files of the form, stored and inspected one by one, and those that were refused."""
    taken: list[NewFile] = []
    refused: list[RefusedFile] = []
    for rule in item.materials:
        for file in request.files.getlist(f"file_{rule.code}"):
            if not file.filename:
                continue  # A field in which nothing was chosen.
            name = uploads.shown_name(file.filename)
            # The spooled copy goes as soon as the file is stored or refused.
            with closing(file):
                try:
                    taken.append(_stored(store, rule.code, name, file))
                except InvalidValueError as error:
                    refused.append(RefusedFile(rule.code, name, error.code, error.message))
    return taken, refused


def _stored(store: MaterialsStore, code: str, name: str, file: FileStorage) -> NewFile:
    blob, inspected = store.put_inspected(file.stream, file.filename or "", MAX_FILE_BYTES)
    return NewFile(code, name, blob.digest, blob.size, inspected.media_type, inspected.pages)


def _page(application: Application, found: Measured, refused: Sequence[RefusedFile]) -> str:
    return render_template(
        "applications/materials.html",
        application=application,
        item=found.item,
        demands=[d for d in found.demands() if d.standing is not Standing.NOT_NEEDED],
        refused=refused,
        total=sum(upload.size for upload in application.materials),
        limit=uploads.MAX_BYTES,
        most=uploads.MAX_FILES,
        file_limit=MAX_FILE_BYTES,
    )
