"""What the ferry's commands begin with: the station, a person's hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import click

from ferry.operators import Hand
from ferry.settings import FerrySettings
from ferry.station import Station
from ferry.telling import tell
from kernel import logs
from kernel.clock import SystemClock
from kernel.durable import disk_errors, exclusive
from kernel.errors import SettingsError
from kernel.program.settings import load_resolved

_PATIENCE_SECONDS: Final = 3.0
"""The station's service holds the lock for moments; who writes a disc holds it for an hour."""
P = ParamSpec("P")
R = TypeVar("R")


def open_station(path: Path, side: str | None = None) -> Station:
    """The station of a settings file.

    Raises :class:`SettingsError` (``ferry_side``) when the file is the other side's.
    """
    settings = load_resolved(path, FerrySettings)
    logs.at_level(settings.log.level)
    if side is not None and settings.side != side:
        raise SettingsError("ferry_side", f"配置文件 {path} 是另一侧的，本命令需要 side = {side}")
    with disk_errors():
        return Station.open(settings, SystemClock())


def device_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add ``--device``; the settings say where the medium is otherwise."""
    return click.option(
        "--device", type=click.Path(path_type=Path), help="介质所在，默认用配置中的位置"
    )(function)


def dry_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add ``--dry-run``; its value arrives as ``dry: bool``."""
    return click.option(
        "--dry-run", "dry", is_flag=True, help="只说明会做什么、能不能做，不改变任何东西"
    )(function)


def dry_run(dry: bool) -> dict[str, bool]:
    """What a rehearsal's answer in JSON has beside what the act's own would have."""
    return {"dry_run": True} if dry else {}


@contextmanager
def at_work(station: Station) -> Iterator[None]:
    """Nobody else works at this station meanwhile; how it stands is published when the block ends.

    Raises :class:`kernel.errors.ConflictError` (``already_running``), and
    :class:`kernel.errors.UnavailableError` (``disk_full``, ``disk_error``) for whatever disk fails.
    """
    with disk_errors(), exclusive(station.lock, _PATIENCE_SECONDS):
        try:
            yield
        finally:
            tell(station)


def by_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add who acts: ``--by LOGIN`` and, for scripts, ``--passphrase-file``."""
    function = click.option(
        "--passphrase-file",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="从文件读取口令（默认在终端询问）",
    )(function)
    return click.option("--by", "login", required=True, help="操作员登录名")(function)


def hand_of(station: Station, login: str, passphrase_file: Path | None) -> Hand:
    """Somebody's signing hand, after their passphrase."""
    return station.operators.unlock(login, passphrase(passphrase_file))


def passphrase(file: Path | None, *, twice: bool = False) -> str:
    """The words of ``file``, or what is typed unseen."""
    if file is not None:
        return file.read_text("utf-8").strip()
    typed: str = click.prompt("口令", hide_input=True, confirmation_prompt=twice, err=True)
    return typed
