"""The sandbox as the hub of a test: a server of its own, each word held against the contract."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from appliance.sandbox.app import make_app
from appliance.sandbox.store import PAGE, Call, Store
from flask import Response, request
from integration.extranet.hub_contract import Contract
from werkzeug.serving import make_server

from kernel.clock import SystemClock

TOKEN = "sample-token"


@dataclass
class Hub:
    """What the hub was told, and what it has for us."""

    folder: Path
    store: Store
    contract: Contract = field(default_factory=Contract)
    port: int = 0
    status: int = 0
    """Answered to every call instead of the right one, where it is not 0."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def calls(self) -> dict[str, tuple[str, dict[str, object]]]:
        """By key, oldest first."""
        found: list[Call] = []
        while page := self.store.calls(len(found) // PAGE + 1):
            found += page
            if len(page) < PAGE:
                break
        return {call.key: (call.operation, call.body) for call in reversed(found)}

    @property
    def files(self) -> set[str]:
        return {path.name for path in (self.folder / "files").iterdir()}

    def told(self, operation: str) -> list[dict[str, object]]:
        """The bodies of one operation's calls, oldest first."""
        return [body for name, body in self.calls.values() if name == operation]


@contextmanager
def running_hub(folder: Path) -> Iterator[Hub]:
    """A sandbox that ends with the test; what broke the contract fails it."""
    hub = Hub(folder, Store(folder, SystemClock()))
    app = make_app(hub.store, TOKEN)
    hub.contract.watch(app)

    @app.before_request
    def instead() -> Response | None:
        is_call = request.path.startswith("/v1/calls/")
        return Response("按测试要求", hub.status) if hub.status and is_call else None

    server = make_server("127.0.0.1", 0, app, threaded=True)
    hub.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert hub.contract.broken == []
