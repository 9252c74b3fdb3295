"""The door for window agents, ``/window/v1``: docs/spec/window-device-v1.md, part C.

A token is asked for before a byte of a body is read. Cookies mean nothing here.
"""

import hashlib
import re
from contextlib import closing
from typing import IO, Final

from flask import Blueprint, Response, jsonify, request, send_file
from werkzeug.datastructures import FileStorage

from extranet_zone.cases.services.entry import bare_name
from extranet_zone.window.contract import (
    CONTRACT,
    MAX_BODY,
    MAX_HEADER,
    SUFFIXES,
    Reading,
    ReadingKind,
    parse_reading,
    reading_digest,
)
from extranet_zone.window.services import inbox, orders, windows
from extranet_zone.window.services.inbox import Pushed
from extranet_zone.window.services.windows import Admitted
from extranet_zone.window.views.desk import WindowDesk
from kernel.errors import ForbiddenError, InvalidValueError
from kernel.materials import Inspected, StoredBlob
from kernel.materials.inspect import MAX_FILE_BYTES
from kernel.web.access import Access, Rules

RULES: Rules = dict.fromkeys(
    (
        "window_agent.whoami",
        "window_agent.open_orders",
        "window_agent.reference",
        "window_agent.failure",
        "window_agent.push",
    ),
    # The token in the request is what admits; every one of them asks for it first.
    Access.PUBLIC,
)
UPLOAD_LIMITS: Final = {"window_agent.push": MAX_BODY}
_KEY: Final = re.compile(r"[0-9a-f]{32}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_CODE: Final = re.compile(r"[a-z][a-z_]{0,39}")
_MAX_FAILURE: Final = 2048
_CHUNK: Final = 1024 * 1024


def make_blueprint(desk: WindowDesk) -> Blueprint:
    """What the agent asks and brings."""
    pages = Blueprint("window_agent", __name__, url_prefix="/window/v1")

    @pages.get("/window")
    def whoami() -> Response:
        window = _admitted(desk)
        return jsonify({"window": window.name, "authority": window.authority, "contract": CONTRACT})

    @pages.get("/orders")
    def open_orders() -> Response:
        window, now = _admitted(desk), desk.now()
        with desk.database.reading() as session:
            due = windows.is_heard_again(session, window.id, now)
            asked = orders.open_orders(session, window.id, now)
        if due:
            with desk.database.begin() as session:
                windows.heard(session, window.id, now)
        return jsonify(
            {
                "orders": [
                    {"id": one.id, "kind": one.kind.value, "reference": one.reference}
                    for one in asked
                ]
            }
        )

    @pages.get("/orders/<order_id>/reference")
    def reference(order_id: str) -> Response:
        window = _admitted(desk)
        with desk.database.reading() as session:
            digest = orders.reference_digest(session, window.id, order_id, desk.now())
        return send_file(desk.work.store.path(digest), mimetype="application/octet-stream")

    @pages.post("/orders/<order_id>/failure")
    def failure(order_id: str) -> tuple[str, int]:
        window = _admitted(desk)
        request.max_content_length = _MAX_FAILURE
        said = request.get_json(silent=True)
        code = said.get("code") if isinstance(said, dict) else None
        if not isinstance(said, dict) or not isinstance(code, str) or not _CODE.fullmatch(code):
            raise InvalidValueError("reading_invalid", "设备数据不符合约定")
        with desk.database.begin() as session:
            orders.fail(session, window.id, order_id, code, str(said.get("message", "")))
        return "", 204

    @pages.post("/readings")
    def push() -> tuple[Response, int]:
        window = _admitted(desk)
        pushed = _pushed()
        reading = pushed.reading
        file = request.files.get("file")
        if (file is not None) != bool(reading.digest):
            raise InvalidValueError("reading_invalid", "设备数据不符合约定（file）")
        with desk.database.reading() as session:
            there = inbox.known(session, window.id, pushed)
            if there is None:
                inbox.require_welcome(session, window.id, reading, desk.now(), sample=desk.sample)
        if there is not None:
            return jsonify({"id": there}), 200
        stored = None
        if file is not None:
            with closing(file):
                stored = _stored(desk, reading, file)
        with desk.database.begin() as session:
            made = inbox.receive(session, window.id, pushed, stored, desk.now())
        return jsonify({"id": made}), 201

    return pages


def _admitted(desk: WindowDesk) -> Admitted:
    shown = request.authorization
    if shown is None or shown.type != "bearer" or not shown.token:
        raise ForbiddenError("window_token_unknown", "没有出示窗口令牌")
    with desk.database.reading() as session:
        return windows.admit(session, shown.token)


def _pushed() -> Pushed:
    key, digest = (request.headers.get(name, "") for name in ("Idempotency-Key", "Reading-Digest"))
    if not _KEY.fullmatch(key):
        raise InvalidValueError("reading_key", "Idempotency-Key 应为 32 位十六进制数")
    raw = request.form.get("reading", "").encode("utf-8", "replace")
    if len(raw) > MAX_HEADER:
        raise InvalidValueError("reading_invalid", "设备数据不符合约定")
    if not _DIGEST.fullmatch(digest) or reading_digest(raw) != digest:
        raise InvalidValueError("reading_digest", "设备数据与其摘要不符")
    return Pushed(key, digest, parse_reading(raw))


def _stored(desk: WindowDesk, reading: Reading, file: FileStorage) -> tuple[StoredBlob, Inspected]:
    """The file, inspected and kept as an upload is, once its bytes are those that were named."""
    if _digest_of(file.stream) != reading.digest:
        raise InvalidValueError("reading_digest", "文件与其摘要不符")
    file.stream.seek(0)
    name = f"reading{SUFFIXES[reading.media_type]}"
    if reading.kind is ReadingKind.SCAN:
        name = bare_name(reading.file_name)
    blob, found = desk.work.store.put_inspected(file.stream, name, MAX_FILE_BYTES)
    if found.media_type != reading.media_type:
        raise InvalidValueError("upload_type_mismatch", "文件内容与声明的类型不符")
    return blob, found


def _digest_of(source: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
