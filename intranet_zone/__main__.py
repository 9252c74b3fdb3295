"""The intranet's command line: ``python -m intranet_zone COMMAND``."""

from pathlib import Path

import click

from intranet_zone import app as wiring
from intranet_zone.db import SCHEMA
from intranet_zone.mirror.services import load_stock
from intranet_zone.parcels.services import load_boundary, load_parcels
from intranet_zone.roles import require_compatible
from intranet_zone.settings import IntranetSettings
from kernel import logs
from kernel.clock import SystemClock, now_micros
from kernel.db import Database
from kernel.errors import EXIT_REFUSED
from kernel.migrate import require_current
from kernel.program.cli import emit, json_option, run, settings_option
from kernel.program.epochs import new_epoch_command
from kernel.program.revisions import migrate_command
from kernel.program.settings import load_resolved
from kernel.program.worker import run_worker
from kernel.web import exchange_console, server
from kernel.web.account_files import load_accounts, read_accounts
from kernel.web.accounts import Accounts, default_hasher

PROGRAM = "intranet_zone"


@click.group(help="业务内网：地籍与空间审核平台")
def main() -> None:
    """The group; each command reads the one settings file."""


@main.command(help="启动空间审核平台网页服务")
@settings_option
def serve(settings_path: Path) -> None:
    """Serve the console until SIGTERM."""
    settings = _settings(settings_path)
    # Once before anything is started: what is missing is said here, not in a worker's traceback.
    wiring.wire(settings).database.dispose()
    server.serve(
        lambda: wiring.create_app(wiring.wire(settings)),
        settings.web.host,
        settings.web.port,
        workers=settings.web.workers,
        threads=settings.web.threads,
    )


@main.command(help="启动后台作业：数据交换、会话清理")
@settings_option
def work(settings_path: Path) -> None:
    """Work until SIGTERM; only one such process may run."""
    platform = wiring.wire(_settings(settings_path))
    exchange = wiring.make_exchange(platform)
    accounts = Accounts(default_hasher(), platform.settings.web.idle_minutes)
    exchange.recover()
    run_worker(wiring.make_jobs(platform, exchange, accounts), platform.spool.lock)


@main.group(help="工作人员账号")
def accounts() -> None:
    """Commands about accounts."""


@accounts.command("load", help="从 TOML 文件建立账号；已有的账号保持不变")
@click.argument("file", type=click.Path(path_type=Path))
@settings_option
@json_option
def accounts_load(file: Path, settings_path: Path, *, as_json: bool) -> None:
    """Create the accounts that are missing."""
    settings = _settings(settings_path)
    entries = read_accounts(file)
    clock = SystemClock()
    database = wiring.open_database(settings, clock)
    require_current(database, SCHEMA)
    keeper = Accounts(default_hasher(), settings.web.idle_minutes)
    with database.begin() as session:
        created = load_accounts(session, keeper, entries, require_compatible, now_micros(clock))
    database.dispose()
    emit(as_json, {"created": created, "listed": len(entries)}, f"新建账号 {created} 个")


@main.command("load-parcels", help="导入宗地图形（GeoJSON，CGCS2000 经纬度），可重复执行")
@click.argument("file", type=click.Path(path_type=Path))
@settings_option
@json_option
def load_parcels_command(file: Path, settings_path: Path, *, as_json: bool) -> None:
    """Load parcels; bad features are named and make the exit code 3."""
    database = wiring.open_database(_settings(settings_path), SystemClock())
    require_current(database, SCHEMA)
    report = load_parcels(database, file)
    database.dispose()
    _emit_report(report.stored, report.refused, "宗地", as_json=as_json)


@main.command("load-boundary", help="导入辖区界线（GeoJSON 面），替换原有界线")
@click.argument("file", type=click.Path(path_type=Path))
@settings_option
@json_option
def load_boundary_command(file: Path, settings_path: Path, *, as_json: bool) -> None:
    """Load the city's outline."""
    database = wiring.open_database(_settings(settings_path), SystemClock())
    require_current(database, SCHEMA)
    with database.begin() as session:
        load_boundary(session, file)
    database.dispose()
    emit(as_json, {"stored": 1}, "辖区界线已导入")


@main.command("load-register", help="导入存量登记数据到镜像：每行一个不动产单元的 JSON，可重复执行")
@click.argument("file", type=click.Path(path_type=Path))
@settings_option
@json_option
def load_register_command(file: Path, settings_path: Path, *, as_json: bool) -> None:
    """Load the stock into the mirror; bad lines are named and make the exit code 3."""
    database = wiring.open_database(_settings(settings_path), SystemClock())
    require_current(database, SCHEMA)
    with file.open(encoding="utf-8") as lines:
        report = load_stock(database, lines)
    database.dispose()
    _emit_report(report.stored, report.refused, "单元", as_json=as_json)


def _emit_report(stored: int, refused: list[str], what: str, *, as_json: bool) -> None:
    text = f"已导入{what} {stored} 个"
    if refused:
        text += f"；有 {len(refused)} 个未导入：" + "、".join(refused[:20])
    emit(as_json, {"stored": stored, "refused": refused}, text)
    if refused:
        raise click.exceptions.Exit(EXIT_REFUSED)


def _desk(path: Path) -> exchange_console.Desk:
    settings, clock = _settings(path), SystemClock()
    database = wiring.open_database(settings, clock)
    require_current(database, SCHEMA)
    return wiring.exchange_desk(settings, database, clock)


def _database(path: Path) -> Database:
    return wiring.open_database(_settings(path), SystemClock())


def _settings(path: Path) -> IntranetSettings:
    settings = load_resolved(path, IntranetSettings)
    logs.configure(PROGRAM, level=settings.log.level)
    return settings


main.add_command(migrate_command(_database, SCHEMA))
main.add_command(exchange_console.metrics_command(_desk))
main.add_command(new_epoch_command(_desk))

if __name__ == "__main__":
    run(main, PROGRAM)
