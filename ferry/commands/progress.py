"""Progress for people: a bar with speed and remaining time on a terminal, plain lines otherwise."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bars
from rich.text import Text

from ferry.progress import Progress, silent
from kernel import logs
from kernel.words import duration_text, size_text

_LINE_SECONDS: Final = 10.0
"""How often a step that goes on says so where there is no terminal."""
_MB: Final = 1_000_000
_WHOLE: Final = 100.0


@contextmanager
def progress(as_json: bool) -> Iterator[Progress]:
    """A bar on a terminal, lines on standard error otherwise, nothing beside JSON."""
    console = Console(stderr=True)
    if as_json:
        yield silent
    elif console.is_terminal:
        # Somebody reads the bar and the answer; a line of the log would break the one and only
        # repeat the other.
        logs.at_level("error")
        with _Bar(console) as bar:
            yield bar.say
    else:
        lines = _Lines()
        yield lines.say
        lines.end()


class _Sizes(ProgressColumn):
    """How much of a step's bytes is done; rich's own column speaks English."""

    def render(self, task: Task) -> Text:
        """Nothing while the size is not known."""
        if task.total is None or task.total == _WHOLE:
            return Text("")
        return Text(f"{size_text(int(task.completed))}/{size_text(int(task.total))}")


class _Bar:
    """One bar that becomes the next step's when a step begins."""

    def __init__(self, console: Console) -> None:
        columns: tuple[ProgressColumn, ...] = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            _Sizes(),
            TransferSpeedColumn(),
            TimeElapsedColumn(),
            TextColumn("剩余"),
            TimeRemainingColumn(),
        )
        self._bars = Bars(*columns, console=console)
        self._task = self._bars.add_task("准备", total=None)
        self._step = ""

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_why: object) -> None:
        self._bars.stop()

    def say(self, step: str, percent: float, size: int) -> None:
        """See :data:`ferry.progress.Progress`."""
        total = float(size or _WHOLE)
        if step != self._step:
            # Speed and remaining time are of this step alone.
            self._bars.reset(self._task, description=step, total=total)
            self._step = step
        self._bars.update(self._task, completed=percent * total / _WHOLE)


@dataclass(slots=True)
class _Lines:
    """A line when a step begins, one now and then while it lasts, one when it is done."""

    _step: str = ""
    _size: int = 0
    _percent: float = 0.0
    _began: float = field(default_factory=time.monotonic)
    _told: float = field(default_factory=time.monotonic)

    def say(self, step: str, percent: float, size: int) -> None:
        """See :data:`ferry.progress.Progress`."""
        now = time.monotonic()
        if step != self._step:
            self.end()
            self._step, self._began, self._told = step, now, now
            click.echo(f"{step}……", err=True)
        elif now - self._told >= _LINE_SECONDS and percent:
            self._told = now
            spent = now - self._began
            left = spent * (_WHOLE - percent) / percent
            click.echo(
                f"{step} {percent:.0f}%，{_speed(size * percent / _WHOLE, spent)}"
                f"剩余 {duration_text(round(left) * _MB)}",
                err=True,
            )
        self._size, self._percent = size, percent

    def end(self) -> None:
        """The step before is over."""
        spent = time.monotonic() - self._began
        if self._size and self._percent >= _WHOLE and spent >= 1:
            done = _speed(self._size, spent).rstrip("，")
            click.echo(f"{self._step}完成，{done}", err=True)


def _speed(done: float, seconds: float) -> str:
    return f"{done / seconds / _MB:.1f} MB/s，" if done and seconds else ""
