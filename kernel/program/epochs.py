"""``new-epoch``: what an operator runs once after a zone was restored from a backup."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import click

from kernel.clock import Clock
from kernel.db import Database
from kernel.durable import exclusive
from kernel.exchange.restore import start_new_epochs
from kernel.program.cli import emit, json_option, settings_option
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone


class ExchangeParts(Protocol):
    """What of a zone the command needs."""

    @property
    def zone(self) -> Zone:
        """Whose exchange it is."""
        ...

    @property
    def database(self) -> Database:
        """The zone's database."""
        ...

    @property
    def spool(self) -> Spool:
        """The zone's spool."""
        ...

    @property
    def clock(self) -> Clock:
        """Must be right: beacon counters continue from it."""
        ...


def new_epoch_command(parts_of: Callable[[Path], ExchangeParts]) -> click.Command:
    """The command for one zone's group; it is refused while the zone's worker runs."""

    @click.command("new-epoch", help="从备份恢复后执行一次：为全部交换流开启新纪元，对账后自动续发")
    @click.option("--reason", required=True, help="原因，写入审计并告知对端")
    @settings_option
    @json_option
    def new_epoch(reason: str, settings_path: Path, *, as_json: bool) -> None:
        parts = parts_of(settings_path)
        with exclusive(parts.spool.lock):
            count = start_new_epochs(parts.database, parts.spool, parts.zone, reason, parts.clock)
        parts.database.dispose()
        emit(
            as_json,
            {"streams": count},
            f"已为 {count} 个交换流开启新纪元。请启动后台作业；对端的回执到达后自动对账、续发",
        )

    return new_epoch
