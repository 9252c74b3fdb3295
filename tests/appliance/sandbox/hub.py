"""The hub's contract, docs/spec/province/hub-v1.yaml, as the platform meets it."""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, request

from appliance.sandbox.counterparts import ANSWERS, RefusalError, Taken
from appliance.sandbox.store import FullError, Store

MAX_EVENTS: Final = 100
MODE: Final = "mode"
MODES: Final = {
    "normal": "正常应答",
    "refuse": "拒收每个调用（409）",
    "down": "不应答（503）",
    "nonsense": "应答不合约定",
}
"""How the hub behaves: what an integration is drilled with."""


@dataclass(frozen=True, slots=True)
class Hub:
    """The ways of the contract; ``token`` is what the platform must show."""

    store: Store
    token: str

    def register(self, app: Flask) -> None:
        """Put the ways into ``app``."""
        app.before_request(self.admit)
        for method, path, view in (
            ("PUT", "/v1/files/<digest>", self.put_file),
            ("GET", "/v1/files/<digest>", self.get_file),
            ("POST", "/v1/calls/<operation>", self.call),
            ("GET", "/v1/events", self.events),
            ("POST", "/v1/events/<event>/acknowledgement", self.acknowledge),
        ):
            app.add_url_rule(path, view.__name__, view, methods=[method])

    @property
    def mode(self) -> str:
        """One of :data:`MODES`."""
        return self.store.setting(MODE, "normal")

    def admit(self) -> Response | None:
        """Refuse a wrong credential, and everything while the drill says so."""
        if not request.path.startswith("/v1/"):
            return None
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return Response("凭据不对", 401)
        return Response("沙箱按演练要求不应答", 503) if self.mode == "down" else None

    def put_file(self, digest: str) -> Response:
        """Keep a file that a call will name."""
        data = request.get_data()
        if hashlib.sha256(data).hexdigest() != digest:
            return Response("摘要不符", 422)
        self.store.keep(data)
        return Response(status=204)

    def get_file(self, digest: str) -> Response:
        """A file that an event names."""
        found = self.store.file(digest)
        if found is None:
            return Response("没有这个文件", 404)
        return Response(found, mimetype="application/octet-stream")

    def call(self, operation: str) -> Response:
        """Take a call, once for its key."""
        key = request.headers.get("Idempotency-Key", "")
        body = request.get_json(silent=True)
        if operation not in ANSWERS or not key or not isinstance(body, dict):
            return Response("没有这个调用", 404)
        if self.mode == "refuse":
            return Response("沙箱按演练要求拒收", 409)
        try:
            self._take(operation, key, body)
        except RefusalError as refusal:
            return Response(str(refusal), 409)
        except FullError:
            return Response("积压过多", 503)
        return Response("{}", 200, mimetype="application/json")

    def events(self) -> Response:
        """What waits, oldest first."""
        if self.mode == "nonsense":
            return Response("<html>维护中</html>", 200, mimetype="text/html")
        waiting = [
            {"id": event.id, "kind": event.kind, "body": event.body}
            for event in self.store.waiting(MAX_EVENTS)
        ]
        return Response(json.dumps({"events": waiting}), 200, mimetype="application/json")

    def acknowledge(self, event: str) -> Response:
        """Forget an event that the platform keeps."""
        self.store.acknowledge(event)
        return Response(status=204)

    def _take(self, operation: str, key: str, body: dict[str, object]) -> None:
        """The call and everything it sets off, in one transaction."""
        store = self.store
        with store.writing() as database:
            if store.taken(database, key):
                return
            number = str(body.get("case_no", ""))
            known = store.knows_case(database, "handOverCase", number) or store.sent_case(
                database, number
            )
            told = ANSWERS[operation](Taken(key, body, store.now, known))
            store.add_call(database, key, operation, body)
            for n, (kind, event) in enumerate(told, 1):
                id_ = hashlib.sha256(f"{key}:{n}".encode()).hexdigest()
                store.add_event(database, id_, kind, event)
