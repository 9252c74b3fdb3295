"""Every code that something is set aside under has words about what to do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.inspection.content import CODES
from kernel.remedies import REMEDIES, remedy_of

ROOT = Path(__file__).parents[3]
PLACES = ("kernel/bundle", "kernel/exchange", "kernel/keys", "kernel/messages", "gate")


INDIRECT = {
    ("gate/inspection/content.py", "code"): "from CODES",
    ("kernel/bundle/open.py", "code"): "from calls of expect",
    ("kernel/exchange/service.py", "refused"): "of a message, from kernel.messages or a handler",
}
"""Where the code is no literal, and where it comes from instead."""


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for place in PLACES:
        for path in sorted((ROOT / place).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    yield str(path.relative_to(ROOT)), node


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _codes() -> set[str]:
    """Every code; one that is no literal must be known to come from elsewhere."""
    found = {code for code, _message in CODES.values()}
    for place, call in _calls():
        name = ast.unparse(call.func)
        if name.endswith(".expect"):
            found.add(_text(call.args[1]) or "")
        elif name == "RejectedBundleError":
            code = _text(call.args[0])
            assert code or (place, ast.unparse(call.args[0])) in INDIRECT, place
            found |= {code} if code else set()
    return found


def test_codes_are_found() -> None:
    known = {"signature_invalid", "media_type_refused", "malware_found", "equivocation"}
    assert known | {"end_missing", "content_bomb"} <= _codes()


@pytest.mark.parametrize("code", sorted(_codes()))
def test_code_has_a_remedy(code: str) -> None:
    assert code in REMEDIES
    assert len(remedy_of(code, "gate")) > 10
    assert not remedy_of(code, "gate").endswith("。")


def test_the_operators_manual_has_every_code() -> None:
    text = (ROOT / "docs" / "manual" / "gate.md").read_text("utf-8")
    for code, remedy in REMEDIES.items():
        assert any(f"`{code}`" in row and remedy in row for row in text.splitlines()), code
