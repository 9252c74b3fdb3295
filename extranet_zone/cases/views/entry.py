"""Entering an application at the window: one page, by keyboard, without JavaScript."""

from contextlib import closing

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as BaseResponse

from extranet_zone.cases import forms
from extranet_zone.cases.rules import ALL_CHECKS
from extranet_zone.cases.services import entry
from extranet_zone.cases.services.checks import by_device, checks_made, made_checks
from extranet_zone.cases.services.entry import NewFile
from extranet_zone.cases.services.work import facts_of, load_visible
from extranet_zone.cases.views.desk import Desk
from extranet_zone.catalogue.schema import CatalogueItem
from extranet_zone.roles import Permission
from kernel.catalogue.values import as_typed
from kernel.errors import RefusedError
from kernel.materials.inspect import MAX_FILE_BYTES
from kernel.vocabulary.dictionaries import DocumentKind
from kernel.vocabulary.districts import District
from kernel.web.access import Rules

SPARE_ROWS = 4
"""Empty rows of parties below the filled ones; saving gives new ones."""
UPLOAD_BYTES = 200 * 1024 * 1024
RULES: Rules = {
    f"cases.{name}": Permission.CASES_ENTER.value
    for name in ("new_entry", "start_entry", "edit_entry", "save_entry", "drop_file")
}
UPLOAD_LIMITS = {"cases.save_entry": UPLOAD_BYTES}


def add_pages(pages: Blueprint, desk: Desk) -> None:
    """``/cases/entry`` and the pages of a case that is being entered."""

    @pages.get("/entry")
    def new_entry() -> str:
        return _begin(desk)

    @pages.post("/entry")
    def start_entry() -> BaseResponse | tuple[str, int]:
        item, unit_no = request.form.get("item", ""), request.form.get("unit_no", "")
        try:
            with desk.database.begin() as session:
                case_no = entry.open_entry(
                    session, desk.work, item, unit_no, desk.actor(), desk.now()
                )
        except RefusedError as refusal:
            return _begin(desk, refusal), refusal.http_status
        return redirect(url_for("cases.edit_entry", case_no=case_no), 303)

    @pages.get("/<case_no>/entry")
    def edit_entry(case_no: str) -> str:
        return _page(desk, case_no)

    @pages.post("/<case_no>/entry")
    def save_entry(case_no: str) -> BaseResponse | tuple[str, int]:
        try:
            item = _item(desk, case_no)
            entered = forms.parse_entry(request.form, item)
            files = _received(desk, item)
            with desk.database.begin() as session:
                entry.save_entry(session, desk.work, case_no, entered, desk.actor(), desk.now())
                entry.add_files(session, desk.work, case_no, files, desk.actor())
        except RefusedError as refusal:
            return _page(desk, case_no, refusal), refusal.http_status
        if request.form.get("devices"):
            return redirect(url_for("window.index", case=case_no), 303)
        return redirect(url_for("cases.edit_entry", case_no=case_no), 303)

    @pages.post("/<case_no>/entry/files/<int:position>/remove")
    def drop_file(case_no: str, position: int) -> BaseResponse:
        with desk.database.begin() as session:
            entry.remove_file(session, desk.work, case_no, position, desk.actor())
        return redirect(url_for("cases.edit_entry", case_no=case_no), 303)


def _begin(desk: Desk, refusal: RefusedError | None = None) -> str:
    with desk.database.reading() as session:
        items = desk.work.catalogue.in_force(session, desk.now()).items
    return render_template(
        "cases/entry_new.html",
        items=items,
        refusal=refusal,
        given=request.form if refusal else {},
    )


def _page(desk: Desk, case_no: str, refusal: RefusedError | None = None) -> str:
    with desk.database.reading() as session:
        case = load_visible(session, desk.work, case_no, desk.actor())
        item = desk.work.item_of(session, case)
        rows = [
            {field: str(getattr(party, field)) for field in forms.PARTY_FIELDS}
            for party in case.parties
        ]
        held = {row["role"] for row in rows}
        wanted = [party.role for party in item.parties if party.role not in held]
        wanted += [item.parties[-1].role] * max(0, SPARE_ROWS - len(wanted))
        rows += [dict.fromkeys(forms.PARTY_FIELDS, "") | {"role": role} for role in wanted]
        facts = facts_of(case)
        return render_template(
            "cases/entry.html",
            case=case,
            item=item,
            rows=rows[: forms.MAX_ROWS],
            typed={f.field: as_typed(f, facts.get(f.code, "")) for f in item.asked},
            made=made_checks(case),
            device_made=by_device(session, case),
            checks=ALL_CHECKS,
            records=checks_made(session, case),
            kinds=DocumentKind.choices(),
            home=District.parse(case.home_authority).name,
            refusal=refusal,
            given=request.form if refusal else None,
        )


def _item(desk: Desk, case_no: str) -> CatalogueItem:
    """The item of a case that the clerk may see; looked at before a byte of a scan is kept."""
    with desk.database.reading() as session:
        case = load_visible(session, desk.work, case_no, desk.actor())
        return desk.work.item_of(session, case)


def _received(desk: Desk, item: CatalogueItem) -> list[NewFile]:
    """The scans of the form, stored and inspected."""
    files = []
    for rule in item.materials:
        for file in request.files.getlist(f"file_{rule.code}"):
            if file.filename:
                with closing(file):
                    files.append(_stored(desk, rule.code, file))
    return files


def _stored(desk: Desk, code: str, file: FileStorage) -> NewFile:
    name = entry.bare_name(file.filename or "")
    blob, found = desk.work.store.put_inspected(file.stream, name, MAX_FILE_BYTES)
    return NewFile(code, name, blob.digest, blob.size, found.media_type, found.pages)
