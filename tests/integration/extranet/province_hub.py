"""The province's hub as docs/spec/province/hub-v1.yaml has it: a server of its own, with memory."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask, Response, request
from werkzeug.serving import make_server

TOKEN = "sample-token"


@dataclass
class Hub:
    """What the hub was told, and what it has for us."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    calls: dict[str, tuple[str, dict[str, object]]] = field(default_factory=dict)
    events: list[dict[str, object]] = field(default_factory=list)
    status: int = 0
    """Answered to every call instead of the right one, where it is not 0."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def make_app(hub: Hub) -> Flask:
    app = Flask("hub")

    @app.before_request
    def admit() -> Response | None:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Response("凭据不对", 401)
        return Response("按测试要求", hub.status) if hub.status else None

    @app.put("/v1/files/<digest>")
    def put_file(digest: str) -> Response:
        data = request.get_data()
        if hashlib.sha256(data).hexdigest() != digest:
            return Response("摘要不符", 422)
        hub.files[digest] = data
        return Response(status=204)

    @app.get("/v1/files/<digest>")
    def get_file(digest: str) -> Response:
        found = hub.files.get(digest)
        return Response(found) if found is not None else Response("没有", 404)

    @app.post("/v1/calls/<operation>")
    def call(operation: str) -> Response:
        key = request.headers["Idempotency-Key"]
        hub.calls.setdefault(key, (operation, request.get_json()))
        return Response("{}", 200, mimetype="application/json")

    @app.get("/v1/events")
    def events() -> dict[str, object]:
        return {"events": hub.events[:100]}

    @app.post("/v1/events/<event>/acknowledgement")
    def acknowledge(event: str) -> Response:
        hub.events[:] = [row for row in hub.events if row["id"] != event]
        return Response(status=204)

    return app


@contextmanager
def running_hub() -> Iterator[Hub]:
    hub = Hub()
    server = make_server("127.0.0.1", 0, make_app(hub), threaded=True)
    hub.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
