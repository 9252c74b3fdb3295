"""Looking a unit up in the mirror; each look is audited."""

import json
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template, request

from intranet_zone.mirror import services, standing
from intranet_zone.roles import Permission
from kernel.audit import AuditEntry, record
from kernel.db import Database
from kernel.errors import InvalidValueError
from kernel.vocabulary.unit import UnitNo
from kernel.web.access import Rules, require_person, source

RULES: Final[Rules] = {"mirror.show": Permission.MIRROR_READ.value}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the page needs."""

    database: Database


def blueprint(desk: Desk) -> Blueprint:
    """``/mirror``."""
    pages = Blueprint("mirror", __name__, template_folder="templates")

    @pages.get("/mirror")
    def show() -> str | tuple[str, int]:
        asked = request.args.get("unit_no", "").strip()[:40]
        if not asked:
            return render_template(
                "mirror/show.html", asked="", error="", unit=None, entries=[], effects={}
            )
        try:
            unit_no = str(UnitNo.parse(asked))
        except InvalidValueError as error:
            page = render_template(
                "mirror/show.html",
                asked=asked,
                error=error.message,
                unit=None,
                entries=[],
                effects={},
            )
            return page, 422
        person = require_person()
        with desk.database.begin() as session:
            unit = services.unit_of(session, unit_no)
            entries = services.entries_of(session, unit_no)
            rights = standing.standing_of(session, unit_no)
            seizures = standing.seizures_of(session, unit_no)
            record(
                session,
                AuditEntry(
                    person.login,
                    "mirror.viewed",
                    "unit",
                    unit_no,
                    roles=tuple(person.roles),
                    source=source(),
                ),
            )
        return render_template(
            "mirror/show.html",
            asked=unit_no,
            error="",
            unit=json.loads(unit.body) if unit else None,
            entries=[(entry, json.loads(entry.body)) for entry in entries],
            effects=services.EFFECTS,
            rights=rights,
            seizures=seizures,
        )

    return pages
