"""The pages of case work: worklist, case, acts, and entering at the window."""

from typing import Final

from flask import Blueprint

from extranet_zone.cases.views import casework, entry, papers
from extranet_zone.cases.views.casework import SANDBOX, send_material
from extranet_zone.cases.views.desk import Desk
from kernel.web.access import Rules

__all__ = ["RULES", "SANDBOX", "UPLOAD_LIMITS", "Desk", "make_blueprint", "send_material"]

RULES: Final[Rules] = {**casework.RULES, **entry.RULES, **papers.RULES}
UPLOAD_LIMITS: Final = entry.UPLOAD_LIMITS


def make_blueprint(desk: Desk) -> Blueprint:
    """The pages below ``/cases``."""
    pages = Blueprint("cases", __name__, template_folder="../templates", url_prefix="/cases")
    casework.add_pages(pages, desk)
    entry.add_pages(pages, desk)
    papers.add_pages(pages, desk)
    return pages
