"""The first page and the guides of the items."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template

from internet_zone.catalogue.services import MODE_HINTS, MODES, PortalCatalogue
from kernel.catalogue.exclusions import closed_by_item
from kernel.catalogue.fees import fee_words
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.web.access import Access, Rules

RULES: Final[Rules] = {"home.index": Access.PUBLIC, "home.guide": Access.PUBLIC}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need."""

    database: Database
    clock: Clock
    catalogue: PortalCatalogue


def blueprint(desk: Desk) -> Blueprint:
    """``/`` and ``/guides/<code>``."""
    pages = Blueprint("home", __name__, template_folder="templates")

    @pages.get("/")
    def index() -> str:
        with desk.database.reading() as session:
            offers = desk.catalogue.offers(session, now_micros(desk.clock))
        return render_template(
            "home/index.html",
            items=[offered.item for offered in offers if offered.modes],
            others=[offered.item for offered in offers if not offered.modes],
        )

    @pages.get("/guides/<code>")
    def guide(code: str) -> str:
        with desk.database.reading() as session:
            offered = desk.catalogue.offer(session, code[:40], now_micros(desk.clock))
        item, edition = offered.item, offered.edition
        remote = closed_by_item(edition, item)
        return render_template(
            "home/guide.html",
            item=item,
            edition=edition,
            fee=fee_words(edition, item),
            modes={mode: MODES[mode] for mode in offered.modes},
            mode_hints=MODE_HINTS,
            closed=offered.closed,
            remote=remote.words if remote else "",
            exclusions=edition.exclusions,
            # S-114: no visit is needed any more once the shared source is live.
            visit="" if edition.is_live(item.channels.visit_until) else item.channels.visit_reason,
        )

    return pages
