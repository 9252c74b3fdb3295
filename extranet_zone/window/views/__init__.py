"""The pages of the window's devices: the clerk's, the administrator's, and the agent's door."""

from typing import Final

from flask import Blueprint

from extranet_zone.window.views import agent, clerk, registration
from extranet_zone.window.views.desk import WindowDesk
from kernel.web.access import Rules

__all__ = ["RULES", "UPLOAD_LIMITS", "WindowDesk", "make_agent_blueprint", "make_blueprint"]

RULES: Final[Rules] = {**agent.RULES, **clerk.RULES, **registration.RULES}
UPLOAD_LIMITS: Final = agent.UPLOAD_LIMITS
make_agent_blueprint = agent.make_blueprint


def make_blueprint(desk: WindowDesk) -> Blueprint:
    """The pages below ``/window``."""
    pages = Blueprint("window", __name__, template_folder="../templates", url_prefix="/window")
    clerk.add_pages(pages, desk)
    registration.add_pages(pages, desk)
    return pages
