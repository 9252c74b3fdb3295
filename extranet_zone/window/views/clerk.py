"""The clerk's page: my window, what I ask of its devices, what they read, taking it over.

Every act is a form. While a device is waited for the page loads itself anew, by a header that needs
no script.
"""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from extranet_zone.cases.models import Case
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services import entry
from extranet_zone.cases.services.access import MaterialFile
from extranet_zone.cases.services.checks import checks_made, names_of
from extranet_zone.cases.services.readings import Place
from extranet_zone.cases.services.shown import masked_parties
from extranet_zone.cases.views import send_material
from extranet_zone.roles import Permission
from extranet_zone.window.contract import DEVICE_KINDS, FILE_NEEDED, ReadingKind
from extranet_zone.window.models import ServiceWindow, WindowOrder
from extranet_zone.window.services import inbox, orders, taking, windows
from extranet_zone.window.services.thumbnails import small_picture
from extranet_zone.window.views.desk import WindowDesk
from kernel.errors import InvalidValueError, RefusedError
from kernel.vocabulary.normal import is_digits
from kernel.web.access import Rules

REFRESH_SECONDS: Final = 3
KEYS: Final = {
    ReadingKind.IDENTITY: "i",
    ReadingKind.CAMERA: "p",
    ReadingKind.SIGNATURE: "g",
    ReadingKind.FINGERPRINT: "k",
    ReadingKind.FACE: "j",
}
"""Access keys that Chromium keeps for nothing of its own (it has Alt with digits, D, E and F)."""
RULES: Rules = dict.fromkeys(
    (
        "window.index",
        "window.sit",
        "window.leave",
        "window.order",
        "window.identity",
        "window.face",
        "window.files",
        "window.picture",
        "window.thumbnail",
    ),
    Permission.CASES_ENTER.value,
)
_MAX_TEXT: Final = 40
_MAX_DIGITS: Final = 4
Act = Callable[[WindowDesk, Session, ServiceWindow, str, Actor], str]
"""What a form does at the window for a case; answers what to say."""


def add_pages(pages: Blueprint, desk: WindowDesk) -> None:
    """``/window`` and its forms."""

    @pages.get("")
    def index() -> str | tuple[str, int]:
        try:
            return _render(desk, request.args.get("case", "")[:_MAX_TEXT])
        except RefusedError as refusal:
            # The case is collected, or another's: the page stands without it.
            return _render(desk, "", refusal), refusal.http_status

    @pages.post("/seat")
    def sit() -> BaseResponse | tuple[str, int]:
        actor, case_no = desk.actor(), _field("case")
        try:
            with desk.database.begin() as session:
                windows.sit_down(
                    session,
                    desk.authority(actor),
                    _field("window"),
                    desk.present,
                    actor,
                    desk.now(),
                )
        except RefusedError as refusal:
            return _again(desk, case_no, refusal)
        return _back(case_no)

    @pages.post("/leave")
    def leave() -> BaseResponse:
        with desk.database.begin() as session:
            windows.leave(session, desk.actor())
        return _back("")

    for address, name, act in (
        ("/orders", "order", _order),
        ("/readings/identity", "identity", _identity),
        ("/readings/face", "face", _face),
        ("/readings/files", "files", _files),
    ):
        pages.add_url_rule(address, name, _form(desk, act), methods=["POST"])

    @pages.get("/readings/<reading_id>/file")
    def picture(reading_id: str) -> Response:
        actor = desk.actor()
        with desk.database.begin() as session:
            window = windows.require_seat(session, desk.authority(actor), actor)
            path, row = inbox.open_file(session, desk.work.store, window.id, reading_id, actor)
            file = MaterialFile(path, row.file_name, row.media_type, row.file_digest)
        return send_material(file, as_attachment=False)

    @pages.get("/readings/<reading_id>/thumbnail")
    def thumbnail(reading_id: str) -> Response:
        actor = desk.actor()
        with desk.database.reading() as session:
            window = windows.require_seat(session, desk.authority(actor), actor)
            path = inbox.thumbnail_of(session, desk.work.store, window.id, reading_id)
        return Response(small_picture(path), mimetype="image/jpeg")


def _order(
    desk: WindowDesk, session: Session, window: ServiceWindow, case_no: str, actor: Actor
) -> str:
    asked, photo = _field("kind"), _field("reference")
    if not ReadingKind.has(asked):
        raise InvalidValueError("device_unknown", "没有这种设备", field="kind")
    kind = ReadingKind(asked)
    orders.order(session, desk.work, window, kind, case_no, photo, actor, desk.now())
    return ""


def _identity(
    desk: WindowDesk, session: Session, window: ServiceWindow, case_no: str, actor: Actor
) -> str:
    place, reading = _place(request.form.get("place", "")), _field("reading")
    taking.take_identity(session, desk.work, window, reading, case_no, place, actor, desk.now())
    return "证件信息已填入当事人，该当事人的身份核验记为设备核验"


def _face(
    desk: WindowDesk, session: Session, window: ServiceWindow, case_no: str, actor: Actor
) -> str:
    reading, threshold = _field("reading"), desk.face_threshold
    compared = taking.take_face(
        session, desk.work, window, reading, case_no, threshold, actor, desk.now()
    )
    if compared.passed:
        return f"人像比对通过（{compared.words}）"
    return f"人像比对未通过（{compared.words}），核验没有完成；请重新比对或人工核对"


def _files(
    desk: WindowDesk, session: Session, window: ServiceWindow, case_no: str, actor: Actor
) -> str:
    chosen = [value[:_MAX_TEXT] for value in request.form.getlist("reading")]
    if request.values.get("discard"):
        taking.discard(session, window, chosen, actor, desk.now())
        return f"已丢弃 {len(chosen)} 项"
    material = _field("material")
    taking.take_files(session, desk.work, window, chosen, case_no, material, actor, desk.now())
    return f"已收入 {len(chosen)} 项材料"


def _form(desk: WindowDesk, act: Act) -> Callable[[], BaseResponse | tuple[str, int]]:
    def view() -> BaseResponse | tuple[str, int]:
        return _do(desk, act)

    return view


def _do(desk: WindowDesk, act: Act) -> BaseResponse | tuple[str, int]:
    """Do what a form says, for whoever sits at the window; a refusal is shown on the page."""
    actor, case_no = desk.actor(), _field("case")
    try:
        with desk.database.begin() as session:
            window = windows.require_seat(session, desk.authority(actor), actor)
            said = act(desk, session, window, case_no, actor)
    except RefusedError as refusal:
        return _again(desk, case_no, refusal)
    if said:
        flash(said, "warning" if "未通过" in said else "done")
    return _back(case_no)


def _back(case_no: str) -> BaseResponse:
    return redirect(url_for("window.index", case=case_no or None), 303)


def _again(desk: WindowDesk, case_no: str, refusal: RefusedError) -> tuple[str, int]:
    try:
        return _render(desk, case_no, refusal), refusal.http_status
    except RefusedError:
        return _render(desk, "", refusal), refusal.http_status


def _field(name: str) -> str:
    return request.form.get(name, "")[:_MAX_TEXT]


def _place(text: str) -> Place:
    """``row 3`` as ``3``, a new row as ``role:transferee``."""
    if is_digits(text) and len(text) <= _MAX_DIGITS:
        return Place(int(text), "")
    return Place(0, text.removeprefix("role:")[:_MAX_TEXT])


def _render(desk: WindowDesk, case_no: str, refusal: RefusedError | None = None) -> str:
    actor, now = desk.actor(), desk.now()
    authority = desk.authority(actor)
    with desk.database.reading() as session:
        window = windows.seat_of(session, authority, actor)
        case = None
        if case_no and window is not None:
            case = entry.require_open_entry(session, desk.work, case_no, actor)
        asked = _asked(session, window, case, now)
        all_windows = windows.windows_of(session, authority)
        entries = entry.open_entries(session, actor)
        awaited = refusal is None and any(is_open for _order, is_open in asked)
        return render_template(
            "window/index.html",
            refusal=refusal,
            window=window,
            windows=all_windows,
            is_taken={
                one.id: bool(one.seated_login and desk.present(session, one.seated_login, now))
                for one in all_windows
            },
            case=case,
            cases=entries,
            titles={one.case_no: desk.work.title_of(session, one) for one in entries},
            readings=inbox.waiting(session, window.id) if window is not None else [],
            file_kinds=FILE_NEEDED,
            devices=DEVICE_KINDS,
            keys=KEYS,
            threshold=desk.face_threshold,
            orders=asked,
            refresh=REFRESH_SECONDS if awaited else 0,
            **_of_case(desk, session, case),
        )


def _asked(
    session: Session, window: ServiceWindow | None, case: Case | None, now: int
) -> list[tuple[WindowOrder, bool]]:
    if window is None or case is None:
        return []
    found = orders.latest_orders(session, window.id, case.case_no)
    return [(one, orders.is_open(one, now)) for one in found]


def _of_case(desk: WindowDesk, session: Session, case: Case | None) -> dict[str, object]:
    if case is None:
        return {"item": None, "parties": [], "photos": [], "records": []}
    item = desk.work.item_of(session, case)
    shown = masked_parties(case, item)
    return {
        "item": item,
        "parties": list(zip([row.position for row in case.parties], shown, strict=True)),
        "photos": _photos(session, case),
        "records": checks_made(session, case),
    }


def _photos(session: Session, case: Case) -> list[tuple[str, str]]:
    """The documents a face may be compared with: id and whose they are, masked."""
    names = names_of(case)
    return [
        (photo.id, names[photo.subject])
        for photo in orders.photos_of(session, case.case_no)
        if photo.subject in names
    ]
