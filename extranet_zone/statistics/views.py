"""The pages of statistics: figures and pictures of a period, and the same as an Excel file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, render_template, request

from extranet_zone.cases.ports import Actor
from extranet_zone.cases.states import Mode
from extranet_zone.catalogue.services import Catalogue
from extranet_zone.clocks.services import ClockKeeper
from extranet_zone.grounds import require_ground
from extranet_zone.roles import Permission, permissions_of
from extranet_zone.sheets import as_download
from extranet_zone.statistics import pictures
from extranet_zone.statistics.forms import parse_scope
from extranet_zone.statistics.services import MAX_DAYS, Measure, Scope
from extranet_zone.statistics.services.report import Report, make_report, record_export, sheets
from kernel.clock import BEIJING, Clock, now_micros
from kernel.db import Database
from kernel.vocabulary.districts import CITIES
from kernel.web.access import Rules

RULES: Rules = {
    "statistics.show": Permission.STATISTICS_READ.value,
    "statistics.export": Permission.STATISTICS_READ.value,
}


@dataclass(frozen=True, slots=True)
class StatisticsDesk:
    """What the pages need; ``authority`` is the platform's own, ``actor`` who is signed in."""

    database: Database
    clock: Clock
    catalogue: Catalogue
    keeper: ClockKeeper
    authority: str
    actor: Callable[[], Actor]

    def today(self) -> date:
        """The day in Beijing."""
        return self.clock.now().astimezone(BEIJING).date()

    def asked(self, arguments: Mapping[str, str]) -> tuple[Scope, bool]:
        """The scope, and whether everybody's figures may be seen; otherwise it is one's own."""
        actor = self.actor()
        everybody = Permission.STATISTICS_ALL in permissions_of(actor.roles)
        mine = actor.authority or self.authority
        only = "" if everybody else actor.login
        return parse_scope(arguments, mine, self.today(), only), everybody

    def report(self, scope: Scope) -> Report:
        """Read the figures as the person may see them."""
        may_read = Permission.CASES_READ in permissions_of(self.actor().roles)
        with self.database.reading() as session:
            return make_report(
                session,
                self.keeper,
                self.catalogue.title_in_force,
                scope,
                now_micros(self.clock),
                with_reasons=may_read,
            )


def make_blueprint(desk: StatisticsDesk) -> Blueprint:
    """The pages below ``/statistics``."""
    pages = Blueprint("statistics", __name__, template_folder="templates", url_prefix="/statistics")

    @pages.get("")
    def show() -> str:
        scope, everybody = desk.asked(request.args)
        report = desk.report(scope)
        with desk.database.reading() as session:
            items = desk.catalogue.in_force(session, now_micros(desk.clock)).items
        return render_template(
            "statistics/report.html",
            report=report,
            scope=scope,
            everybody=everybody,
            measures=list(Measure),
            modes=list(Mode),
            items=items,
            cities=[city for city in CITIES if city.code != scope.authority],
            max_days=MAX_DAYS,
            trend=_trend(report),
            kept=_kept(report),
            may_read_log=Permission.RECORDING_LOG_READ in permissions_of(desk.actor().roles),
        )

    @pages.post("/export")
    def export() -> Response:
        ground = require_ground(request.form.get("ground", "")[:100], "导出依据")
        scope, _everybody = desk.asked(request.form)
        found = sheets(desk.report(scope))
        with desk.database.begin() as session:
            rows = sum(len(sheet.rows) for sheet in found)
            record_export(session, scope, desk.actor(), ground, rows)
        return as_download(found, f"statistics-{scope.first}-{scope.last}")

    return pages


def _trend(report: Report) -> pictures.Picture | None:
    rows = [(line.label, (line.received, line.recorded)) for line in report.trend]
    return pictures.stacked("收到和登簿的办件", ("收到", "登簿"), rows)


def _kept(report: Report) -> pictures.Picture | None:
    rows = [
        (line.kind.label, (line.on_time, line.amber, line.late, line.unknown))
        for line in report.kept.by_kind
    ]
    return pictures.stacked("时限执行情况", ("按时", "临期", "超期", "无法计算"), rows)
