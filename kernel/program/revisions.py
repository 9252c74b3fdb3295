"""``migrate``: the command that brings a zone's database to the revisions its programs need."""

from collections.abc import Callable
from pathlib import Path

import click

from kernel.db import Database
from kernel.migrate import Schema, downgrade, upgrade
from kernel.program.cli import emit, json_option, settings_option


def migrate_command(
    open_database: Callable[[Path], Database],
    schema: Schema,
    seed: Callable[[Path], bool] | None = None,
) -> click.Command:
    """The command for one zone's group.

    ``seed`` loads what a zone cannot work without, and answers whether it was missing.
    """

    @click.command("migrate", help="把数据库升级到当前版本；重复执行不改变什么")
    @click.option(
        "--back-to",
        "heads",
        multiple=True,
        help="退回旧版程序之前执行：把数据库退回到旧版的修订号（可重复），退不回去就不动",
    )
    @settings_option
    @json_option
    def migrate(heads: tuple[str, ...], settings_path: Path, *, as_json: bool) -> None:
        database = open_database(settings_path)
        try:
            changed = downgrade(database, schema, heads) if heads else upgrade(database, schema)
        finally:
            database.dispose()
        if heads:
            emit(as_json, {"migrated": True, "changed": changed}, "数据库已退回指定版本")
            return
        told = {"migrated": True, "changed": changed}
        words = "数据库已是当前版本"
        if seed is not None:
            told["seeded"] = seed(settings_path)
            told["changed"] = changed or told["seeded"]
            words += "；已装入随软件提供的事项清单" if told["seeded"] else ""
        emit(as_json, told, words)

    return migrate
