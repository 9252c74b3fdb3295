"""Shows the journey while it happens: a live table on a terminal, plain lines otherwise."""

import time
from dataclasses import dataclass, field
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from appliance.journey import STEPS, Event


@dataclass(slots=True)
class Row:
    """One step as it stands."""

    words: str = "等待"
    started: float | None = None
    ended: float | None = None


@dataclass(slots=True)
class Display:
    """Takes events; use it as a context manager."""

    console: Console = field(default_factory=Console)
    rows: list[Row] = field(default_factory=lambda: [Row() for _ in STEPS])
    _live: Live | None = None

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live = Live(self._table(), console=self.console, refresh_per_second=4)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.update(self._table())
            self._live.stop()

    def tell(self, event: Event) -> None:
        """Show ``event``."""
        row = self.rows[event.step - 1]
        now = time.monotonic()
        row.started = row.started or now
        if event.done:
            row.ended = now
        else:
            row.words = event.words
        if self._live is not None:
            self._live.update(self._table())
            return
        name, where, carrier = STEPS[event.step - 1]
        by = f"　承运：{carrier}" if carrier else ""
        took = f"（{now - row.started:.1f} 秒）" if event.done else ""
        self.console.print(
            f"[{event.step}/{len(STEPS)}] {name}　{where}{by}　{event.words}{took}",
            markup=False,
            soft_wrap=True,
        )

    def _table(self) -> Table:
        table = Table(title="存量房转移登记：一个办件走过三个网络", expand=True)
        for heading in ("步骤", "所在网络", "承运", "情况", "用时"):
            table.add_column(heading, no_wrap=heading == "用时")
        for number, ((name, where, carrier), row) in enumerate(
            zip(STEPS, self.rows, strict=True), start=1
        ):
            style = "green" if row.ended else "bold yellow" if row.started else "dim"
            end = row.ended or time.monotonic()
            took = f"{end - row.started:.0f} 秒" if row.started else ""
            mark = "✔ " if row.ended else ""
            table.add_row(f"{number}. {name}", where, carrier, mark + row.words, took, style=style)
        return table
