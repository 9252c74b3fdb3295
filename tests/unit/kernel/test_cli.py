"""Claims about command lines: the exit code says who is at fault, the words are Chinese."""

import json
from pathlib import Path

import click
import pytest

from kernel.errors import RefusedError, RejectedBundleError, TongbanError, UnavailableError
from kernel.program import cli

FAULTS: dict[str, TongbanError] = {
    "refused": RefusedError("not_allowed", "规则不允许", number=7),
    "rejected": RejectedBundleError("bad_signature", "签名不正确"),
    "unavailable": UnavailableError("disk_full", "磁盘空间不足"),
}


@click.command()
@cli.settings_option
@cli.json_option
@click.option("--fault", default="")
def command(settings_path: Path, *, as_json: bool, fault: str) -> None:
    if fault == "bug":
        raise ZeroDivisionError
    if fault == "abort":
        raise click.Abort
    if fault == "verdict":
        raise click.exceptions.Exit(3)
    if fault:
        raise FAULTS[fault]
    cli.emit(as_json, {"done": 3}, f"完成 3 件：{settings_path.name}")


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.run(command, "sample", arguments)
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.mark.parametrize(("fault", "code"), [("refused", 3), ("rejected", 4), ("unavailable", 5)])
def test_expected_error_is_one_line_for_a_person(
    capsys: pytest.CaptureFixture[str], fault: str, code: int
) -> None:
    assert _run("--settings", "a.toml", "--fault", fault) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"错误 {FAULTS[fault]}\n"


def test_expected_error_is_json_for_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--settings", "a.toml", "--fault", "refused", "--json") == 3
    assert json.loads(capsys.readouterr().out) == FAULTS["refused"].as_json()


def test_a_commands_own_verdict_is_the_exit_code() -> None:
    assert _run("--settings", "a.toml", "--fault", "verdict") == 3


def test_result_is_text_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--settings", "a.toml") == 0
    assert capsys.readouterr().out == "完成 3 件：a.toml\n"
    assert _run("--settings", "a.toml", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"done": 3}


@pytest.mark.parametrize("arguments", [(), ("--settings", "a.toml", "--never-heard-of")])
def test_wrong_usage_has_a_code_of_its_own(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert _run(*arguments) == 2
    assert capsys.readouterr().out == ""


def test_interruption_is_not_an_error_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--settings", "a.toml", "--fault", "abort") == 130
    assert capsys.readouterr().err == "已中止\n"


def test_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        cli.run(command, "sample", ["--settings", "a.toml", "--fault", "bug"])
