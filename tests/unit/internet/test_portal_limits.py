"""Claims about how often one address may ask."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from internet_zone import limits
from internet_zone.limits import Limit, Windows, household
from kernel.clock import SetClock
from kernel.errors import TooManyRequestsError


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 1, 5, tzinfo=UTC))


@pytest.fixture
def windows(clock: SetClock) -> Windows:
    return Windows({"register": Limit(3, 600), "verify": Limit(1, 60)}, clock)


def test_one_too_many_is_told_how_long_to_wait(windows: Windows, clock: SetClock) -> None:
    clock.advance(timedelta(seconds=10))
    assert [windows.admit("register", "192.0.2.1") for _ in range(4)] == [0, 0, 0, 590]


def test_a_new_window_begins_anew(windows: Windows, clock: SetClock) -> None:
    for _ in range(4):
        windows.admit("register", "192.0.2.1")
    clock.advance(timedelta(seconds=600))
    assert windows.admit("register", "192.0.2.1") == 0


def test_addresses_and_pages_are_counted_apart(windows: Windows) -> None:
    assert windows.admit("verify", "192.0.2.1") == 0
    assert windows.admit("verify", "192.0.2.1") > 0
    assert windows.admit("verify", "192.0.2.2") == 0
    assert windows.admit("register", "192.0.2.1") == 0
    assert windows.admit("home", "192.0.2.1") == 0


def test_one_subscriber_of_ipv6_is_one_address() -> None:
    assert household("2001:db8:1:2::1") == household("2001:db8:1:2:ffff::2")
    assert household("2001:db8:1:3::1") != household("2001:db8:1:2::1")
    assert household("not an address") == "unknown"


def test_memory_is_bounded(windows: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_TRACKED", 100)
    for number in range(1000):
        windows.admit("verify", f"10.0.{number // 250}.{number % 250}")
    assert len(windows._counts) == 100


def test_the_refusal_comes_before_anything_else_and_says_when(windows: Windows) -> None:
    app = Flask(__name__)
    seen: list[str] = []

    @app.before_request
    def later() -> None:
        seen.append("looked at")

    @app.get("/verify", endpoint="verify")
    def verify() -> str:
        return "ok"

    @app.errorhandler(TooManyRequestsError)
    def refused(error: TooManyRequestsError) -> tuple[str, int]:
        return error.code, error.http_status

    limits.install(app, windows, lambda: True)
    client = app.test_client()
    assert client.get("/verify").status_code == 200
    answer = client.get("/verify")
    assert (answer.status_code, answer.text) == (429, "too_many_requests")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert seen == ["looked at"]
