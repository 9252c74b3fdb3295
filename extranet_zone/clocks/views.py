"""The pages about deadlines: how they were kept, what is overdue, which calendars are loaded."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from extranet_zone.clocks.calendar import loaded_editions
from extranet_zone.clocks.commands import to_csv
from extranet_zone.clocks.rules import ClockRules
from extranet_zone.clocks.services.report import Grouping, clock_alarms, report
from extranet_zone.roles import Permission
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.web.access import Rules

RULES: Rules = {
    "clocks.show": Permission.CLOCKS_READ.value,
    "clocks.as_csv": Permission.CLOCKS_READ.value,
    "clocks.calendars": Permission.CLOCKS_READ.value,
}
_LABELS = {Grouping.ITEM: "事项", Grouping.CLERK: "经办人", Grouping.AUTHORITY: "机构"}


@dataclass(frozen=True, slots=True)
class ClockDesk:
    """What the pages need; ``title_of`` names an item by its code, at an instant."""

    database: Database
    clock: Clock
    rules: ClockRules
    title_of: Callable[[Session, str, int], str]


def make_blueprint(desk: ClockDesk) -> Blueprint:
    """The pages below ``/clocks``."""
    pages = Blueprint("clocks", __name__, template_folder="templates", url_prefix="/clocks")

    def grouping() -> Grouping:
        given = request.args.get("by", "")
        return Grouping(given) if given in list(Grouping) else Grouping.ITEM

    @pages.get("")
    def show() -> str:
        by, now = grouping(), now_micros(desk.clock)
        with desk.database.reading() as session:
            lines = report(session, by, now)
            alarms = list(clock_alarms(session, now))
            names = {line.group: line.group for line in lines}
            if by is Grouping.ITEM:
                names = {code: desk.title_of(session, code, now) for code in names}
        return render_template(
            "clocks/report.html",
            by=by,
            labels=_LABELS,
            lines=lines,
            alarms=alarms,
            names=names,
        )

    @pages.get("/report.csv")
    def as_csv() -> Response:
        with desk.database.reading() as session:
            lines = report(session, grouping(), now_micros(desk.clock))
        # The mark at the beginning makes spreadsheets read Chinese rightly.
        return Response(
            "\ufeff" + to_csv(lines),
            mimetype="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="clocks.csv"'},
        )

    @pages.get("/calendar")
    def calendars() -> str:
        with desk.database.reading() as session:
            editions = loaded_editions(session)
        return render_template(
            "clocks/calendar.html", editions=editions, rules=list(desk.rules.values())
        )

    return pages
