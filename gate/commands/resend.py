"""``gate resend``: send unconfirmed bundles again, on a person's word."""

from pathlib import Path

import click

from gate.commands.asking import ask_exchange
from gate.commands.frame import load_side
from kernel.errors import InvalidValueError
from kernel.program import cli
from kernel.requests import Value
from kernel.vocabulary.zones import Stream


@click.command(
    help="补发未确认的交换包：按文件名、按交换流和序号范围，或按办件编号。自动补发达到上限后用它继续。"
)
@click.argument("name", required=False)
@click.option("--stream", type=click.Choice([stream.value for stream in Stream]), help="交换流")
@click.option("--range", "numbers", help="序号范围，如 12-15 或 12")
@click.option("--case", "case_no", help="办件编号")
@click.option("--wait", type=click.FloatRange(0, 600), default=30, help="最多等待答复的秒数")
@cli.settings_option
@cli.json_option
def resend(
    name: str | None,
    stream: str | None,
    numbers: str | None,
    case_no: str | None,
    wait: float,
    settings_path: Path,
    *,
    as_json: bool,
) -> None:
    """Ask the zone's exchange, which keeps every bundle until it is receipted."""
    settings = load_side(settings_path, "send")
    body: dict[str, Value] = {"destination": settings.destination}
    if name is not None:
        body["name"] = name
    elif case_no is not None:
        body["case_no"] = case_no
    elif stream is not None and numbers is not None:
        body |= {"stream": stream, **_range(numbers)}
    else:
        raise InvalidValueError("resend_unclear", "请指明文件名、交换流和序号范围，或办件编号")
    _asked, said = ask_exchange(settings, "resend", body, wait)
    cli.emit(as_json, said, _text(said))


def _range(numbers: str) -> dict[str, Value]:
    first, _, last = numbers.partition("-")
    try:
        return {"first": int(first), "last": int(last or first)}
    except ValueError:
        raise InvalidValueError("range_invalid", "序号范围的写法是 12-15 或 12") from None


def _text(said: dict[str, object]) -> str:
    lines = []
    for key, words in (
        ("offered", "已重新交给光闸"),
        ("confirmed", "对端早已确认，无须补发"),
        ("not_kept", "交换目录中已没有该文件"),
    ):
        names = said.get(key)
        if isinstance(names, list) and names:
            lines.append(f"{words} {len(names)} 个：")
            lines += [f"  {each}" for each in names]
    return "\n".join(lines)
