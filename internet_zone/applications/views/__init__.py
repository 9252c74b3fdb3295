"""The pages of an application: task list, each task, uploads, signing, progress."""

from typing import Final

from flask import Blueprint

from internet_zone.applications.services import uploads
from internet_zone.applications.views import filling, overview, signing, supplementing, uploading
from internet_zone.applications.views.desk import Desk
from internet_zone.roles import Permission
from kernel.web.access import Rules

__all__ = ["RULES", "UPLOAD_LIMITS", "Desk", "blueprint"]

RULES: Final[Rules] = {
    f"applications.{name}": Permission.APPLY.value
    for name in (
        "index",
        "start",
        "show",
        "start_again",
        "discard",
        "certificate",
        "unit",
        "choose_unit",
        "parties_form",
        "set_parties",
        "facts",
        "set_facts",
        "materials",
        "upload",
        "remove",
        "supplement",
        "answer",
        "sign",
        "submit",
    )
}
FORM_BYTES: Final = 4 * 1024 * 1024
"""What the form takes beside the files."""
UPLOAD_LIMITS: Final = dict.fromkeys(
    ("applications.upload", "applications.answer"), uploads.MAX_BYTES + FORM_BYTES
)


def blueprint(desk: Desk) -> Blueprint:
    """The pages below ``/applications``."""
    pages = Blueprint(
        "applications",
        __name__,
        template_folder="../templates",
        url_prefix="/applications",
    )
    overview.add_pages(pages, desk)
    filling.add_pages(pages, desk)
    uploading.add_pages(pages, desk)
    signing.add_pages(pages, desk)
    supplementing.add_pages(pages, desk)
    return pages
