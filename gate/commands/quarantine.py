"""``gate quarantine``: what was set aside and why, and what two people decide about it."""

import os
import pwd
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from gate.commands.frame import load_side
from kernel.clock import SystemClock, beijing_text, from_micros, now_micros
from kernel.decisions import Decision, DecisionBook, DecisionState
from kernel.errors import InvalidValueError
from kernel.program import cli
from kernel.quarantine import SetAside, listed, named, release, require_releasable, usage
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone
from kernel.words import size_text

P = ParamSpec("P")
R = TypeVar("R")
_MAX_NAME = 60
_STATES = {
    DecisionState.PROPOSED: "等另一人同意放行",
    DecisionState.AGREED: "已放行",
    DecisionState.CLOSED: "不放行",
}


@click.group(help="隔离区：清单、查看、由两人放行或退回。文件从不被程序删除。")
def quarantine() -> None:
    """Group of what can be done with quarantine."""


def by_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add ``--by``: who decides; the account of the system is noted beside it."""
    return click.option("--by", "by", required=True, help="作出决定的人的姓名或工号")(function)


def reason_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add ``--reason``."""
    return click.option("--reason", required=True, help="理由：核对了什么")(function)


file_argument = click.argument("file")


@dataclass(frozen=True, slots=True)
class _Desk:
    spool: Spool
    book: DecisionBook
    zone: Zone

    @classmethod
    def of(cls, settings_path: Path) -> "_Desk":
        settings = load_side(settings_path)
        spool = Spool(settings.spool.folder)
        account = pwd.getpwuid(os.getuid()).pw_name
        zone = settings.destination if settings.side == "receive" else settings.origin
        return cls(spool, DecisionBook(spool.folder / "decisions", account), Zone(zone))


@quarantine.command(name="list", help="清单，最新的在前；显示占用的磁盘空间。")
@cli.settings_option
@click.option("--page", type=click.IntRange(1, 100_000), default=1, help="第几页（默认 1）")
@click.option("--rows", type=click.IntRange(1, 1000), default=50, help="每页几行（默认 50）")
@cli.json_option
def list_(settings_path: Path, page: int, rows: int, as_json: bool) -> None:
    """List one page of what was set aside."""
    desk = _Desk.of(settings_path)
    found = listed(desk.spool, desk.book, (page - 1) * rows, rows + 1)
    used = usage(desk.spool)
    more, found = len(found) > rows, found[:rows]
    head = f"{used.files} 个文件，占用 {size_text(used.bytes)}；第 {page} 页"
    head += "（不完整：文件过多）" if used.is_bounded else ""
    lines = [_line(row) for row in found] or ["没有文件"]
    if more:
        lines.append(f"还有更早的，加 --page {page + 1}")
    cli.emit(
        as_json,
        {
            "files": used.files,
            "bytes": used.bytes,
            "page": page,
            "more": more,
            "items": [_as_json(row) for row in found],
        },
        "\n".join([head, *lines]),
    )


@quarantine.command(help="一个文件的原因、处理办法和决定。")
@cli.settings_option
@file_argument
@cli.json_option
def show(settings_path: Path, file: str, as_json: bool) -> None:
    """Show one file."""
    desk = _Desk.of(settings_path)
    _tell(named(desk.spool, desk.book, file), as_json)


@quarantine.command(name="release", help="提出放行；须由另一人 approve 才执行。")
@cli.settings_option
@file_argument
@by_option
@reason_option
@cli.json_option
def propose(settings_path: Path, file: str, by: str, reason: str, as_json: bool) -> None:
    """Ask that a file be judged anew."""
    desk = _Desk.of(settings_path)
    row = named(desk.spool, desk.book, file)
    require_releasable(desk.spool, desk.zone, row.item)
    desk.book.propose(row.subject, reason, _person(by), _now())
    _tell(named(desk.spool, desk.book, file), as_json)


@quarantine.command(help="同意放行（不能是提出的人）：文件重新接受全部检查，不过仍会隔离。")
@cli.settings_option
@file_argument
@by_option
@cli.json_option
def approve(settings_path: Path, file: str, by: str, as_json: bool) -> None:
    """Agree, and put the file where it is judged anew."""
    desk = _Desk.of(settings_path)
    row = named(desk.spool, desk.book, file)
    person = _person(by)
    desk.book.require_second(row.subject, person)
    release(desk.spool, desk.zone, row.item)
    desk.book.agree(row.subject, person, _now())
    _tell(named(desk.spool, desk.book, file), as_json)


@quarantine.command(help="不放行：最终决定，文件和决定都留着备查。撤下他人的提议也用它。")
@cli.settings_option
@file_argument
@by_option
@reason_option
@cli.json_option
def reject(settings_path: Path, file: str, by: str, reason: str, as_json: bool) -> None:
    """Say that the file stays where it is."""
    desk = _Desk.of(settings_path)
    row = named(desk.spool, desk.book, file)
    person = _person(by)
    if row.decision is not None and row.decision.state is DecisionState.PROPOSED:
        desk.book.withdraw(row.subject, person, _now())
    desk.book.close(row.subject, reason, person, _now())
    _tell(named(desk.spool, desk.book, file), as_json)


def _now() -> int:
    return now_micros(SystemClock())


def _person(name: str) -> str:
    """One spelling a person, so that nobody is two by an added space or a capital letter.

    Raises :class:`InvalidValueError` (``person_invalid``).
    """
    person = " ".join(name.split()).casefold()
    if not person or len(person) > _MAX_NAME or not person.isprintable():
        raise InvalidValueError("person_invalid", f"请写明决定人，不超过 {_MAX_NAME} 字")
    return person


def _line(row: SetAside) -> str:
    item = row.item
    state = _STATES[row.decision.state] if row.decision else "待决定"
    when = beijing_text(from_micros(item.at))
    return f"{when}  {item.file}  {size_text(item.size)}  {state}  {item.message}"


def _tell(row: SetAside, as_json: bool) -> None:
    item, decision = row.item, row.decision
    lines = [
        f"文件：{item.file}",
        f"原名：{_printable(item.name)}",
        f"时间：{beijing_text(from_micros(item.at))}，由 {item.carrier} 隔离",
        f"原因：{item.message}（{item.code}）",
        f"处理：{row.remedy}",
        f"决定：{_decision_words(decision)}",
    ]
    cli.emit(as_json, _as_json(row), "\n".join(lines))


def _printable(name: str) -> str:
    """Whoever put the file there chose its name; a terminal must not obey it."""
    return "".join(letter if letter.isprintable() else "�" for letter in name)


def _decision_words(decision: Decision | None) -> str:
    if decision is None:
        return "待决定"
    words = f"{_STATES[decision.state]}；{decision.proposed_by} 提出：{decision.note}"
    return f"{words}；{decision.decided_by} 决定" if decision.decided_by else words


def _as_json(row: SetAside) -> dict[str, object]:
    decision = asdict(row.decision) if row.decision else None
    return asdict(row.item) | {"remedy": row.remedy, "decision": decision}
