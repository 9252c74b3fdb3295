"""Every code the ferry can answer with is explained, with the exit code it really has."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ferry.sticks import UNREGISTERED
from kernel import errors

ROOT = Path(__file__).parents[3]
_ROW = re.compile(r"^\| `([a-z_0-9]+)` \| ([\d、]+) \| [^|]+ \|[^|]*\|$", re.MULTILINE)


def raised(source: str) -> Iterator[tuple[str, int]]:
    """Code and exit code of every error that is made in ``source``."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
            continue
        kind = getattr(errors, node.func.id, None)
        if not isinstance(kind, type) or not issubclass(kind, errors.TongbanError):
            continue
        code = node.args[0]
        if isinstance(code, ast.Constant):
            yield str(code.value), kind.exit_code
        else:
            assert ast.unparse(code) == "UNREGISTERED", ast.unparse(node)
            yield UNREGISTERED, kind.exit_code


def explained() -> dict[str, set[int]]:
    """What the manual's chapter on the ferry explains."""
    whole = (ROOT / "docs/manual/exit-codes.md").read_text("utf-8")
    (text,) = [chapter for chapter in whole.split("\n## ") if chapter.startswith("摆渡")]
    return {code: {int(part) for part in exits.split("、")} for code, exits in _ROW.findall(text)}


def test_every_code_is_explained_with_its_exit_code() -> None:
    found: dict[str, set[int]] = {}
    for path in (ROOT / "ferry").rglob("*.py"):
        for code, exit_code in raised(path.read_text("utf-8")):
            found.setdefault(code, set()).add(exit_code)
    assert found == explained()


def test_a_code_nobody_explained_would_be_noticed() -> None:
    (planted,) = raised('raise RefusedError("never_explained", "…")')
    assert planted == ("never_explained", errors.EXIT_REFUSED)
    assert planted[0] not in explained()
