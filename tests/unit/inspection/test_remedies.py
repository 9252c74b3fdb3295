"""Every code that something is set aside under has words about what to do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.remedies import REMEDIES, remedy_of

ROOT = Path(__file__).parents[3]
PLACES = ("kernel/bundle", "kernel/exchange", "kernel/keys", "kernel/messages", "gate")


def _codes() -> Iterator[tuple[str, str]]:
    """Every first argument of ``RejectedBundleError(…)``; anything but a literal is named."""
    for place in PLACES:
        for path in sorted((ROOT / place).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "RejectedBundleError":
                    first = node.args[0]
                    literal = isinstance(first, ast.Constant) and isinstance(first.value, str)
                    yield (
                        str(path.relative_to(ROOT)),
                        (
                            first.value if literal else ast.unparse(first)  # type: ignore[attr-defined]  # literal
                        ),
                    )


TABLES = {("gate/inspection/content.py", "code")}
"""Calls whose code comes from a table, which is looked at by itself."""


def _tabled() -> Iterator[str]:
    from gate.inspection.content import CODES  # noqa: PLC0415 - only here

    for code, _message in CODES.values():
        yield code


def test_codes_are_found() -> None:
    found = {code for _place, code in _codes()}
    assert {"signature_invalid", "media_type_refused", "malware_found", "equivocation"} <= found


@pytest.mark.parametrize(
    "code",
    sorted({code for place, code in _codes() if (place, code) not in TABLES} | set(_tabled())),
)
def test_code_has_a_remedy(code: str) -> None:
    assert code in REMEDIES
    assert len(remedy_of(code, "gate")) > 10
    assert not remedy_of(code, "gate").endswith("。")
