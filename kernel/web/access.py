"""Who may open which page: one table for the whole application, complete or the start fails.

Every endpoint must stand in the table. A page that nobody thought about is therefore not public,
not forbidden, but a start-up error.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from flask import Flask, g, request

from kernel.errors import ForbiddenError
from kernel.web.accounts import Person


class Access(StrEnum):
    """What a page needs when it needs no particular permission."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"


Rules = Mapping[str, Access | str]
"""Endpoint to what it needs: public, any signed-in person, or a permission's name."""


def require_complete(app: Flask, rules: Rules) -> None:
    """Refuse to start when an endpoint has no rule, or a rule no endpoint.

    Raises:
        RuntimeError: names the endpoints.
    """
    missing = sorted(app.view_functions.keys() - rules.keys())
    stale = sorted(rules.keys() - app.view_functions.keys())
    if missing or stale:
        raise RuntimeError(f"endpoints without a rule: {missing}; rules without one: {stale}")


def current() -> Person | None:
    """Who is signed in, if anybody."""
    person: Person | None = g.get("person")
    return person


def require_person() -> Person:
    """Who is signed in.

    Raises :class:`ForbiddenError` with code ``sign_in_required``.
    """
    person = current()
    if person is None:
        raise ForbiddenError("sign_in_required", "请先登录")
    return person


def source() -> str:
    """Where the request came from, for the audit trail."""
    return request.remote_addr or ""


SIGN_IN_ENDPOINT: Final = "account.sign_in"
