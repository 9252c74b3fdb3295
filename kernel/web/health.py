"""Whether the process answers; for supervisors, says nothing else."""

from flask import Blueprint, Response, jsonify


def blueprint() -> Blueprint:
    """``/healthz``."""
    pages = Blueprint("health", __name__)

    @pages.get("/healthz")
    def live() -> Response:
        return jsonify({"status": "ok"})

    return pages
