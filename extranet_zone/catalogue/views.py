"""The pages of the catalogue: editions, one edition, one item, what changed, loading a new one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from extranet_zone.catalogue.diff import diff
from extranet_zone.catalogue.document import slot_reason
from extranet_zone.catalogue.models import LoadedEdition
from extranet_zone.catalogue.publishing import publish
from extranet_zone.catalogue.reading import (
    PACKAGED,
    packaged_number,
    read_archive,
    read_edition,
)
from extranet_zone.catalogue.services import (
    Catalogue,
    beijing_day,
    load_edition,
    loaded_editions,
)
from extranet_zone.roles import Permission
from kernel.catalogue.counterparts import DEPARTMENTS, PRINTS, PROVINCE
from kernel.catalogue.edition import MAX_DOCUMENT_BYTES, Edition
from kernel.catalogue.exclusions import closed_by_item
from kernel.catalogue.fees import fee_words
from kernel.clock import Clock, beijing_text, from_micros, now_micros
from kernel.db import Database
from kernel.errors import InvalidValueError, NotFoundError, RefusedError
from kernel.materials import MaterialsStore
from kernel.vocabulary.dictionaries import RegistrationType, RightType
from kernel.web.access import Rules

RULES: Rules = {
    "catalogue.index": Permission.CATALOGUE_READ.value,
    "catalogue.edition": Permission.CATALOGUE_READ.value,
    "catalogue.item": Permission.CATALOGUE_READ.value,
    "catalogue.compare": Permission.CATALOGUE_READ.value,
    "catalogue.load": Permission.CATALOGUE_MANAGE.value,
}
UPLOAD_LIMITS: Final = {"catalogue.load": MAX_DOCUMENT_BYTES + 64 * 1024}


@dataclass(frozen=True, slots=True)
class CatalogueDesk:
    """What the pages need; ``login`` answers who is signed in."""

    database: Database
    clock: Clock
    store: MaterialsStore
    catalogue: Catalogue
    login: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Row:
    """An edition in the list; ``days`` from the list's receipt to its publication (S-218)."""

    edition: LoadedEdition
    in_force: bool
    published: str
    days: int | None


def make_blueprint(desk: CatalogueDesk) -> Blueprint:
    """The pages below ``/catalogue``."""
    pages = Blueprint("catalogue", __name__, template_folder="templates", url_prefix="/catalogue")

    @pages.get("")
    def index() -> str:
        return _index(desk, None)

    @pages.post("")
    def load() -> Response | tuple[str, int]:
        try:
            number = _load(desk)
        except RefusedError as refusal:
            return _index(desk, refusal), refusal.http_status
        flash(f"第 {number} 版已装入并发布到门户", "done")
        return redirect(url_for("catalogue.edition", number=number), 303)

    @pages.get("/<int:number>")
    def edition(number: int) -> str:
        with desk.database.reading() as session:
            found = desk.catalogue.edition(session, number)
        return render_template(
            "catalogue/edition.html",
            edition=found,
            closed=desk.catalogue.closed(found),
            remote={item.code: closed_by_item(found, item) for item in found.items},
            reasons={slot.number: slot_reason(found, slot) for slot in found.slots},
        )

    @pages.get("/<int:number>/<code>")
    def item(number: int, code: str) -> str:
        with desk.database.reading() as session:
            found = desk.catalogue.edition(session, number)
            shown = desk.catalogue.item(session, number, code)
        return render_template(
            "catalogue/item.html",
            edition=found,
            item=shown,
            fee=fee_words(found, shown),
            closed=desk.catalogue.closed(found).get(code, ""),
            remote=closed_by_item(found, shown),
            prints=[PRINTS[name] for name in shown.prints],
            departments=[DEPARTMENTS[name] for name in shown.departments],
            province=[PROVINCE[name] for name in shown.province],
            registration=RegistrationType(shown.registration_type).label,
            right=RightType(shown.right_type).label,
        )

    @pages.get("/compare")
    def compare() -> str:
        before, after = (_number(request.args.get(name, "")) for name in ("before", "after"))
        with desk.database.reading() as session:
            found = diff(
                desk.catalogue.edition(session, before), desk.catalogue.edition(session, after)
            )
        return render_template("catalogue/compare.html", found=found)

    return pages


def _index(desk: CatalogueDesk, refusal: RefusedError | None) -> str:
    now = now_micros(desk.clock)
    with desk.database.reading() as session:
        found = loaded_editions(session)
        current = desk.catalogue.in_force(session, now).number if found else 0
    packaged = packaged_number()
    return render_template(
        "catalogue/index.html",
        rows=[_row(row, current) for row in found],
        refusal=refusal,
        packaged=packaged if all(row.number < packaged for row in found) else 0,
        may_manage=Permission.CATALOGUE_MANAGE in g.permissions,
    )


def _row(edition: LoadedEdition, current: int) -> Row:
    in_force = edition.number == current
    if edition.published_at is None:
        return Row(edition, in_force, "", None)
    days = beijing_day(edition.published_at) - date.fromisoformat(edition.received_on)
    return Row(edition, in_force, beijing_text(from_micros(edition.published_at)), days.days)


def _sent() -> Edition:
    """What the form names: the edition of the program, or an archive."""
    if request.form.get("packaged"):
        return read_edition(PACKAGED)
    file = request.files.get("archive")
    if file is None or not file.filename:
        raise InvalidValueError("archive_missing", "请选择事项清单的 ZIP 压缩包", field="archive")
    return read_archive(file.stream.read(MAX_DOCUMENT_BYTES + 1))


def _load(desk: CatalogueDesk) -> int:
    edition, now = _sent(), now_micros(desk.clock)
    with desk.database.begin() as session:
        load_edition(session, edition, desk.login(), now)
        publish(session, desk.catalogue, desk.store, now)
    return edition.number


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 8):  # noqa: PLR2004 - of a version
        raise NotFoundError("edition_gone", "没有这个版本的事项清单")
    return int(text)
