"""What click says is Chinese, whatever the environment's language."""

import ast
import io
import json
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import click
import pytest

from ferry.__main__ import ferry
from gate.__main__ import gate
from kernel.program import cli
from kernel.program.spoken import PROGRAMMERS, SPEAKING, WORDS


def sentences(path: Path) -> Iterator[str]:
    """Every text that a module of click looks up."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            texts = {"_": node.args[:1], "ngettext": node.args[:2]}.get(node.func.id, [])
            yield from (one.value for one in texts if isinstance(one, ast.Constant))  # type: ignore[misc]


def ran(group: click.Command, *arguments: str) -> tuple[int, str, str]:
    out, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(errors), pytest.raises(SystemExit) as ended:
        cli.run(group, group.name or "", list(arguments))
    return int(ended.value.code or 0), out.getvalue(), errors.getvalue()


def test_every_sentence_of_click_is_translated() -> None:
    said = {text for module in SPEAKING for text in sentences(Path(str(module.__file__)))}
    assert len(said) > 50
    assert said - WORDS.keys() - PROGRAMMERS == set()


def test_no_translation_is_left_over() -> None:
    said = {text for module in SPEAKING for text in sentences(Path(str(module.__file__)))}
    # Looked up by way of a variable, or by the word for what is missing.
    indirect = {"required"}
    assert WORDS.keys() - said - indirect == set()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["approve"], "缺少参数 'TRIP'"),
        (["approv"], "是不是 'approve'"),
        (["ledger", "--colour"], "没有选项 '--colour'"),
        (["ledger"], "缺少选项 '--settings'"),
        (["stock", "JY1", "--count", "many"], "'many' 不是有效的"),
        (["stock", "JY1", "--count", "0"], "超出范围"),
    ],
)
def test_a_wrong_command_line_is_told_in_chinese(arguments: list[str], words: str) -> None:
    code, out, errors = ran(ferry, *arguments)
    assert (code, out) == (2, "")
    assert words in errors
    assert "错误 [usage]" in errors
    for english in ("Usage", "Error", "Try", "Missing", "Invalid"):
        assert english not in errors
    code, out, errors = ran(ferry, *arguments, "--json")
    answer = json.loads(out)
    assert (code, answer["error"], answer["detail"], errors) == (2, "usage", {}, "")


@pytest.mark.parametrize("group", [ferry, gate])
def test_a_help_page_is_chinese(group: click.Group) -> None:
    _code, out, _errors = ran(group, "--help")
    assert out.startswith("用法：")
    assert "显示本说明" in out
    code, out, errors = ran(group)
    assert (code, out) == (2, "")
    assert errors.startswith("用法：")
