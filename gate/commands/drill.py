"""``gate drill``: rehearse the way across; nothing lost, nothing twice, shown by numbers."""

import json
from pathlib import Path

import click

from gate.commands.asking import ask_exchange
from gate.commands.frame import load_side
from kernel.clock import beijing_text, from_micros
from kernel.errors import NotFoundError
from kernel.program import cli
from kernel.words import duration_text


@click.group(help="演练：发一批不办业务的交换包，检查是否全部送达、缺失的是否自动补发。")
def drill() -> None:
    """Group of the rehearsal's commands."""


@drill.command(help="开始一次演练")
@click.option("--count", type=click.IntRange(1, 1000), default=30, help="交换包个数")
@click.option(
    "--bytes", "size", type=click.IntRange(0, 200_000), default=1000, help="每包内容字节数"
)
@click.option("--lose", type=click.IntRange(0, 1000), default=0, help="故意扣留的包数，第一次不发")
@click.option("--wait", type=click.FloatRange(0, 600), default=30, help="最多等待答复的秒数")
@cli.settings_option
@cli.json_option
def start(
    count: int, size: int, lose: int, wait: float, settings_path: Path, *, as_json: bool
) -> None:
    """Ask the zone's exchange for a rehearsal towards this gate's destination."""
    settings = load_side(settings_path, "send")
    body = {"destination": settings.destination, "count": count, "bytes": size, "lose": lose}
    asked, said = ask_exchange(settings, "drill", {**body}, wait)
    cli.emit(as_json, said, f"演练 {asked} 已开始：{count} 个包，扣留 {lose} 个")


@drill.command(help="演练结果：已发、已确认、缺失、补发和用时；不指明编号则为最近一次")
@click.argument("number", required=False)
@cli.settings_option
@cli.json_option
def report(number: str | None, settings_path: Path, *, as_json: bool) -> None:
    """Tell what became of a rehearsal's bundles."""
    found = _report(load_side(settings_path, "send").spool.folder / "drills", number)
    cli.emit(as_json, found, _text(found))


def _report(folder: Path, number: str | None) -> dict[str, object]:
    every = []
    for path in folder.glob("*.json"):
        try:
            said = json.loads(path.read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(said, dict) and number in {None, said.get("drill")}:
            every.append(said)
    if not every:
        raise NotFoundError("drill_unknown", "没有这次演练的结果；刚开始的演练请稍候")
    return max(every, key=lambda said: int(str(said.get("started_at", 0))))


def _text(found: dict[str, object]) -> str:
    last = found.get("last_confirmed_micros")
    lines = [
        f"演练 {found['drill']}，开始于 {beijing_text(from_micros(int(str(found['started_at']))))}",
        f"共 {found['count']} 包：已发 {found['sent']}，已确认 {found['confirmed']}",
        f"未确认：{_numbers(found['missing'])}",
        f"故意扣留：{_numbers(found['withheld'])}",
        f"补发过：{_numbers(found['resent'])}",
    ]
    if found.get("exhausted"):
        lines.append(f"自动补发已达上限：{_numbers(found['exhausted'])}，请执行 gate resend")
    if isinstance(last, int):
        lines.append(f"最后一包确认用时：{duration_text(last)}")
    lines.append("全部送达" if found.get("done") else "尚未全部确认")
    return "\n".join(lines)


def _numbers(values: object) -> str:
    if not isinstance(values, list) or not values:
        return "无"
    return "、".join(str(value) for value in values)
