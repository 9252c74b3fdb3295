"""Command lines: one settings option, one JSON option, errors as text or JSON with exit codes."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, ParamSpec, TypeVar

import click

from kernel import logs
from kernel.errors import EXIT_USAGE, TongbanError
from kernel.program.spoken import speak_chinese

# Before any command is declared: some words are looked up while one is.
speak_chinese()

P = ParamSpec("P")
R = TypeVar("R")


def settings_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add the required ``--settings FILE``; its value arrives as ``settings_path: Path``."""
    return click.option(
        "--settings",
        "settings_path",
        type=click.Path(path_type=Path),
        required=True,
        help="本程序的 TOML 配置文件",
    )(function)


def json_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add ``--json``; its value arrives as ``as_json: bool``."""
    return click.option("--json", "as_json", is_flag=True, help="以 JSON 输出结果")(function)


def emit(as_json: bool, data: object, text: str) -> None:
    """Print the result of a command on standard output: JSON for programs, text for people."""
    click.echo(json.dumps(data, ensure_ascii=False) if as_json else text)


def run(group: click.Command, program: str, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line to its exit code.

    An expected error prints its Chinese message with its code, on standard output as JSON when
    ``--json`` was asked for, and exits with the error's exit code; a bug keeps its traceback in the
    log and exits with 1.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    logs.configure(program)
    try:
        # What click.exceptions.Exit carries comes back as the answer here, it is not raised.
        code = group.main(args=given, prog_name=program, standalone_mode=False)
    except click.ClickException as error:
        _show_usage(error, as_json="--json" in given)
        sys.exit(EXIT_USAGE)
    except click.Abort:
        click.echo("已中止", err=True)
        sys.exit(130)
    except TongbanError as error:
        if "--json" in given:
            click.echo(json.dumps(error.as_json(), ensure_ascii=False))
        else:
            click.echo(f"错误 {error}", err=True)
        sys.exit(error.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def _show_usage(error: click.ClickException, *, as_json: bool) -> None:
    """What is wrong with the command line itself; its code is ``usage``."""
    if as_json:
        data = {"error": "usage", "message": error.format_message(), "detail": {}}
        click.echo(json.dumps(data, ensure_ascii=False))
        return
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        # What was missing is the whole page.
        click.echo(error.format_message(), err=True)
        return
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(error.ctx.get_usage(), err=True)
    click.echo(f"错误 [usage] {error.format_message()}", err=True)
