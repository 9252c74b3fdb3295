"""The first page and the guides of the items."""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, render_template

from internet_zone.catalogue.items import MODE_HINTS, MODES, Item
from kernel.errors import NotFoundError
from kernel.web.access import Access, Rules

RULES: Final[Rules] = {"home.index": Access.PUBLIC, "home.guide": Access.PUBLIC}


def blueprint(items: Mapping[str, Item]) -> Blueprint:
    """``/`` and ``/guides/<code>``."""
    pages = Blueprint("home", __name__, template_folder="templates")

    @pages.get("/")
    def index() -> str:
        return render_template("home/index.html", items=list(items.values()))

    @pages.get("/guides/<code>")
    def guide(code: str) -> str:
        if code not in items:
            raise NotFoundError("item_unknown", "没有这个事项")
        return render_template(
            "home/guide.html", item=items[code], modes=MODES, mode_hints=MODE_HINTS
        )

    return pages
