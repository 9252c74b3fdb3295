"""The pages themselves; every one is plain HTML and works without scripts."""

from collections.abc import Mapping
from typing import Final, TypeVar

from flask import Blueprint, render_template, request

from kernel import quarantine as quarantine_desk
from kernel.alarms import KINDS
from kernel.errors import InvalidValueError, NotFoundError
from kernel.web.exchange_console import bundles, carriers, deciding, ferry_pages
from kernel.web.exchange_console.bundle import incoming, outgoing
from kernel.web.exchange_console.bundles import Query, Wanted, Way
from kernel.web.exchange_console.desk import PAGE_ROWS, Desk
from kernel.web.exchange_console.watching import survey

_READ: Final = ("show", "alarms", "carriers", "bundles", "bundle", "quarantine", *ferry_pages.PAGES)
MAX_QUARANTINE_PAGES: Final = 400

E = TypeVar("E", Way, Wanted)


def rules(read: str, act: str) -> Mapping[str, str]:
    """What each page needs: ``read`` to look, ``act`` to decide."""
    looking = dict.fromkeys((*_READ, *deciding.PAGES), read)
    needs = looking | dict.fromkeys(deciding.FORMS, act)
    return {f"exchange.{name}": permission for name, permission in needs.items()}


def blueprint(desk: Desk) -> Blueprint:
    """Everything below ``/exchange``."""
    pages = Blueprint("exchange", __name__)

    @pages.get("/exchange")
    def show() -> str:
        now = desk.now()
        with desk.database.reading() as session:
            found = survey(desk, session, now)
        return render_template("frame/exchange/overview.html", survey=found, now=now)

    @pages.get("/exchange/alarms")
    def alarms() -> str:
        now = desk.now()
        with desk.database.reading() as session:
            held = {alarm.code for alarm in survey(desk, session, now).alarms}
        return render_template("frame/exchange/alarms.html", kinds=KINDS, held=held)

    @pages.get("/exchange/carriers", endpoint="carriers")
    def carriers_page() -> str:
        now = desk.now()
        return render_template(
            "frame/exchange/carriers.html",
            rows=carriers.carriers(desk.zone, desk.spool, now),
            disk=carriers.spool_disk(desk.spool, desk.settings.marks),
            now=now,
        )

    @pages.get("/exchange/bundles", endpoint="bundles")
    def bundles_page() -> str:
        query = _query()
        with desk.database.reading() as session:
            rows, after = bundles.find(session, query)
        return render_template(
            "frame/exchange/bundles.html",
            query=query,
            rows=rows,
            after=after,
            ways=[(way.value, way.label) for way in Way],
            wanted=[(wanted.value, wanted.label) for wanted in Wanted],
        )

    @pages.get("/exchange/bundles/<way>/<digest>")
    def bundle(way: str, digest: str) -> str:
        look = {"out": outgoing, "in": incoming}.get(way)
        if look is None:
            raise NotFoundError("bundle_unknown", "没有这个交换包")
        with desk.database.reading() as session:
            found = look(session, digest)
        return render_template("frame/exchange/bundle.html", bundle=found)

    @pages.get("/exchange/quarantine")
    def quarantine() -> str:
        page = _page_number()
        rows = quarantine_desk.listed(desk.spool, desk.book, (page - 1) * PAGE_ROWS, PAGE_ROWS + 1)
        return render_template(
            "frame/exchange/quarantine.html",
            rows=rows[:PAGE_ROWS],
            page=page,
            more=len(rows) > PAGE_ROWS,
        )

    ferry_pages.add_pages(pages, desk)
    deciding.add_pages(pages, desk)
    return pages


def _query() -> Query:
    """What the address asks for; a case number may be typed with spaces and in lower case."""
    place = request.args.get("before", "")
    return Query(
        case_no="".join(request.args.get("case_no", "").split()).upper()[:20],
        way=_choice(Way, "way", Way.BOTH),
        wanted=_choice(Wanted, "wanted", Wanted.ALL),
        before=bundles.read_place(place) if place else None,
    )


def _choice(kind: type[E], name: str, default: E) -> E:
    try:
        return kind(request.args.get(name, default.value))
    except ValueError:
        return default


def _page_number() -> int:
    said = request.args.get("page", "1")
    page = int(said) if said.isascii() and said.isdigit() and len(said) < 5 else 0  # noqa: PLR2004 - digits
    if not 1 <= page <= MAX_QUARANTINE_PAGES:
        raise InvalidValueError("page_unknown", "没有这一页")
    return page
