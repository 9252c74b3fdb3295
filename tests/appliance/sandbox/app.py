"""The sandbox's HTTP: the hub for the platform, and one page for whoever trains or watches."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from flask import Flask, Response, redirect, render_template, request, send_from_directory, url_for
from werkzeug.wrappers import Response as BaseResponse

from appliance.sandbox.counterparts import NAMES
from appliance.sandbox.hub import MODE, MODES, Hub
from appliance.sandbox.initiators import case_of_city, request_of_court
from appliance.sandbox.store import FullError, Store
from kernel.clock import beijing_text, from_micros
from kernel.web import frame

MAX_BYTES: Final = 64 * 1024 * 1024
MAX_PAGE: Final = 100
_STATIC: Final = Path(frame.__file__).parent / "static"


def make_app(store: Store, token: str) -> Flask:
    """The application; ``token`` is what the platform must show."""
    app = Flask("sandbox", template_folder=str(Path(__file__).parent / "templates"))
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES
    app.add_template_filter(lambda micros: beijing_text(from_micros(micros)), "instant")
    app.add_template_filter(lambda value: json.dumps(value, ensure_ascii=False), "pretty")
    Hub(store, token).register(app)
    _page(app, store)
    return app


def _page(app: Flask, store: Store) -> None:
    @app.before_request
    def from_this_page() -> Response | None:
        # Somebody else's page must not press our buttons.
        origin = request.headers.get("Origin")
        if not request.path.startswith("/v1/") and origin not in (None, request.host_url[:-1]):
            return Response("只能从本页操作", 403)
        return None

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = frame.CONTENT_SECURITY_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.get("/healthz")
    def health() -> Response:
        return Response("ok", mimetype="text/plain")

    @app.get("/frame.css")
    def style() -> Response:
        return send_from_directory(_STATIC, "frame.css")

    @app.get("/")
    def show() -> str:
        page = min(MAX_PAGE, max(1, request.args.get("page", 1, type=int)))
        return render_template(
            "sandbox.html",
            calls=store.calls(page),
            events=store.events(page),
            page=page,
            names=NAMES,
            modes=MODES,
            mode=store.setting(MODE, "normal"),
            done=request.args.get("done", "")[:80],
        )

    @app.post("/court")
    def court() -> BaseResponse:
        return _done(lambda: f"法院请求 {request_of_court(store, request.form)} 已发出")

    @app.post("/city")
    def city() -> BaseResponse:
        return _done(lambda: f"移送 {case_of_city(store, request.form)} 已发出")

    @app.post("/mode")
    def mode() -> BaseResponse:
        chosen = request.form["mode"]
        if chosen not in MODES:
            return Response("没有这种应答方式", 400)
        store.set(MODE, chosen)
        return _done(lambda: f"应答方式：{MODES[chosen]}")


def _done(act: Callable[[], str]) -> BaseResponse:
    try:
        words = act()
    except FullError:
        return Response("待取的事件过多，请先让平台取走", 409)
    return redirect(url_for("show", done=words), 303)
