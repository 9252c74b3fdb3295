"""The uplink's HTTP contract (docs/spec/uplink-v1.md); its only client is the extranet."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from flask import Blueprint, Flask, Response, jsonify, request, send_file
from werkzeug.exceptions import HTTPException

from internet_zone.uplink.deliveries import Chunk, Deliveries
from kernel.bundle import parse_name
from kernel.errors import (
    ForbiddenError,
    InvalidValueError,
    NotFoundError,
    RejectedBundleError,
    TongbanError,
)
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone

MAX_LISTED: Final = 1000
_RANGE: Final = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})")
Fingerprint = Callable[[dict[str, object]], str]
"""The SHA-256 of the client's certificate, from the WSGI environment."""


def create_uplink(
    spool: Spool, deliveries: Deliveries, client_sha256: str, fingerprint: Fingerprint
) -> Flask:
    """The uplink as an application of its own: it shares no port and no session with the portal."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 9 * 1024 * 1024

    @app.before_request
    def require_peer() -> None:
        if fingerprint(request.environ) != client_sha256:
            raise ForbiddenError("uplink_peer_unknown", "对端证书不是登记的外网证书")

    @app.errorhandler(TongbanError)
    def refuse(error: TongbanError) -> tuple[Response, int]:
        return jsonify(error.as_json()), error.http_status

    @app.errorhandler(HTTPException)
    def answer(error: HTTPException) -> tuple[Response, int]:
        status = error.code or 500
        refusal = TongbanError(f"http_{status}", "请求不符合上联约定")
        return jsonify(refusal.as_json()), status

    app.register_blueprint(_blueprint(spool, deliveries))
    return app


def _blueprint(spool: Spool, deliveries: Deliveries) -> Blueprint:
    pages = Blueprint("uplink", __name__, url_prefix="/uplink/v1")

    @pages.get("/ready")
    def ready() -> Response:
        entries = spool.ready(Zone.EXTRANET)[:MAX_LISTED]
        return jsonify({"files": [{"name": item.name, "size": item.size} for item in entries]})

    @pages.get("/files/<name>")
    def fetch(name: str) -> Response:
        path = _ready_path(spool, name)
        # send_file answers ranges; the file never changes under its name.
        return send_file(path, mimetype="application/octet-stream", conditional=True, etag=name)

    @pages.post("/files/<name>/taken")
    def taken(name: str) -> tuple[str, int]:
        spool.carried(Zone.EXTRANET, _known(name))
        return "", 204

    @pages.get("/deliveries/<name>")
    def have(name: str) -> Response:
        return jsonify({"received": deliveries.received(_known(name))})

    @pages.put("/deliveries/<name>")
    def put(name: str) -> Response:
        found = _RANGE.fullmatch(request.headers.get("Content-Range", ""))
        if found is None:
            raise InvalidValueError("uplink_range", "缺少分块范围")
        chunk = Chunk(int(found[1]), int(found[2]), int(found[3]))
        return jsonify({"received": deliveries.take(_known(name), chunk, request.stream)})

    return pages


def _known(name: str) -> str:
    try:
        return str(parse_name(name))
    except RejectedBundleError:
        raise NotFoundError("not_ready", "没有这个文件") from None


def _ready_path(spool: Spool, name: str) -> Path:
    path = spool.ready_folder(Zone.EXTRANET) / _known(name)
    if not path.is_file():
        raise NotFoundError("not_ready", "没有这个文件")
    return path
