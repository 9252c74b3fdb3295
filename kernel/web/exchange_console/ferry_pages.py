"""The ferry's pages: how its stations stand, the media ledger with search, one medium's custody."""

from typing import Final

from flask import Blueprint, render_template, request

from kernel.errors import InvalidValueError, NotFoundError
from kernel.ferry_board import FerryBoard
from kernel.web.exchange_console import ferry
from kernel.web.exchange_console.desk import Desk
from kernel.web.exchange_console.ferry import MAX_WORDS, STATIONS, TRIPS_SHOWN

PAGES: Final = ("ferry", "ferry_media", "ferry_medium")
MAX_PAGES: Final = 999


def add_pages(pages: Blueprint, desk: Desk) -> None:
    """Add everything below ``/exchange/ferry``."""

    @pages.get("/exchange/ferry", endpoint="ferry")
    def show() -> str:
        now = desk.now()
        return render_template(
            "frame/exchange/ferry.html",
            stations=ferry.stations(desk.zone, desk.spool, now),
            trips_shown=TRIPS_SHOWN,
            now=now,
        )

    @pages.get("/exchange/ferry/<program>/media", endpoint="ferry_media")
    def media(program: str) -> str:
        words = " ".join(request.args.get("words", "").split())[:MAX_WORDS]
        found = ferry.media(
            _board(desk, program), words, request.args.get("state", "")[:MAX_WORDS], _page()
        )
        return render_template(
            "frame/exchange/ferry_media.html", program=program, found=found, now=desk.now()
        )

    @pages.get("/exchange/ferry/<program>/media/<number>", endpoint="ferry_medium")
    def medium(program: str, number: str) -> str:
        board = _board(desk, program)
        found = next((one for one in board.media if one.number == number), None)
        if found is None:
            raise NotFoundError("medium_unknown", "台账中没有这张介质，或它还是库存空白")
        trip = next((one for one in board.trips if one.id == found.trip), None)
        return render_template(
            "frame/exchange/ferry_medium.html",
            program=program,
            medium=found,
            trip=trip,
            now=desk.now(),
        )


def _board(desk: Desk, program: str) -> FerryBoard:
    board = FerryBoard.read(desk.spool.folder, program) if program in STATIONS else None
    if board is None:
        raise NotFoundError("station_unknown", "没有这个摆渡站，或它还没有写出台账")
    return board


def _page() -> int:
    said = request.args.get("page", "1")
    page = int(said) if said.isascii() and said.isdigit() and len(said) < 4 else 0  # noqa: PLR2004 - digits
    if not 1 <= page <= MAX_PAGES:
        raise InvalidValueError("page_unknown", "没有这一页")
    return page
