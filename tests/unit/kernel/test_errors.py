"""Claims about errors: who is at fault decides the exit code, and every code is documented."""

import re
from pathlib import Path

import pytest

from kernel import errors
from kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidValueError,
    NotFoundError,
    RefusedError,
    RejectedBundleError,
    SettingsError,
    TongbanError,
    UnavailableError,
)

ROOT = Path(__file__).parents[3]
PACKAGES = ("kernel", "internet_zone", "extranet_zone", "intranet_zone", "gate", "ferry")
_RAISED = re.compile(r'raise \w*Error\(\s*"([^"]+)",\s*f?"([^"]*)"(?!\.join)')


@pytest.mark.parametrize(
    ("kind", "exit_code", "status"),
    [
        (RefusedError, 3, 422),
        (InvalidValueError, 3, 422),
        (ForbiddenError, 3, 403),
        (NotFoundError, 3, 404),
        (ConflictError, 3, 409),
        (SettingsError, 3, 422),
        (RejectedBundleError, 4, 422),
        (UnavailableError, 5, 503),
    ],
)
def test_who_is_at_fault_decides_exit_code_and_status(
    kind: type[TongbanError], exit_code: int, status: int
) -> None:
    error = kind("some_code", "某个原因", field="phone")
    assert (error.exit_code, error.http_status) == (exit_code, status)
    assert str(error) == "[some_code] 某个原因"
    assert error.as_json() == {
        "error": "some_code",
        "message": "某个原因",
        "detail": {"field": "phone"},
    }


def test_exit_codes_differ() -> None:
    codes = [value for name, value in vars(errors).items() if name.startswith("EXIT_")]
    assert sorted(codes) == [0, 1, 2, 3, 4, 5]


def test_every_error_has_a_plain_code_and_a_chinese_message() -> None:
    found = [
        (path.name, code, message)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for code, message in _RAISED.findall(path.read_text("utf-8"))
    ]
    assert len(found) > 100
    for place, code, message in found:
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", code), (place, code)
        assert re.search(r"[\u4e00-\u9fff]", message), (place, code, message)
