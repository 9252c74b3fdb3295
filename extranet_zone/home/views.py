"""Where people land: posts of the business at their worklist, administrators at their list."""

from flask import Blueprint, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from extranet_zone.roles import Permission
from kernel.web.access import Access, Rules

RULES: Rules = {"home.index": Access.SIGNED_IN}


def make_blueprint() -> Blueprint:
    """The page ``/``."""
    pages = Blueprint("home", __name__, template_folder="templates")

    @pages.get("/")
    def index() -> str | Response:
        if Permission.CASES_READ in g.permissions:
            return redirect(url_for("cases.list_cases"))
        return render_template("home/index.html")

    return pages
