"""The portal's command line: ``python -m internet_zone COMMAND``."""

from pathlib import Path

import click

from internet_zone import app as wiring
from internet_zone.db import SCHEMA
from internet_zone.roles import require_staff
from internet_zone.settings import InternetSettings
from kernel import logs
from kernel.clock import SystemClock, now_micros
from kernel.db import Database
from kernel.migrate import require_current
from kernel.program.cli import emit, json_option, run, settings_option
from kernel.program.epochs import new_epoch_command
from kernel.program.revisions import migrate_command
from kernel.program.settings import load_resolved
from kernel.program.worker import run_worker
from kernel.web import exchange_console, server
from kernel.web.account_files import load_accounts, read_accounts
from kernel.web.accounts import Accounts, default_hasher

PROGRAM = "internet_zone"


@click.group(help="互联网：不动产登记网上“一窗办事”平台")
def main() -> None:
    """The group; each command reads the one settings file."""


@main.command(help="启动门户网页服务")
@settings_option
def serve(settings_path: Path) -> None:
    """Serve the portal until SIGTERM."""
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


@main.command(help="启动上联服务（外网经双向 TLS 拨入）")
@settings_option
def uplink(settings_path: Path) -> None:
    """Serve the uplink until SIGTERM."""
    settings = _settings(settings_path)
    listen = settings.uplink
    server.serve(
        lambda: wiring.create_uplink_app(settings),
        listen.host,
        listen.port,
        tls=server.Tls(listen.certificate, listen.key, listen.client_authority),
    )


@main.command(help="启动后台作业：数据交换、会话清理")
@settings_option
def work(settings_path: Path) -> None:
    """Work until SIGTERM; only one such process may run."""
    portal = wiring.wire(_settings(settings_path))
    exchange = wiring.make_exchange(portal)
    accounts = Accounts(default_hasher(), portal.settings.web.idle_minutes)
    exchange.recover()
    run_worker(wiring.make_jobs(portal, exchange, accounts), portal.spool.lock)


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
        created = load_accounts(session, keeper, entries, require_staff, now_micros(clock))
    database.dispose()
    emit(as_json, {"created": created, "listed": len(entries)}, f"新建账号 {created} 个")


def _desk(path: Path) -> exchange_console.Desk:
    settings, clock = _settings(path), SystemClock()
    database = wiring.open_database(settings, clock)
    require_current(database, SCHEMA)
    return wiring.exchange_desk(settings, database, clock)


def _database(path: Path) -> Database:
    return wiring.open_database(_settings(path), SystemClock())


def _settings(path: Path) -> InternetSettings:
    settings = load_resolved(path, InternetSettings)
    logs.configure(PROGRAM, level=settings.log.level)
    return settings


main.add_command(migrate_command(_database, SCHEMA))
main.add_command(exchange_console.metrics_command(_desk))
main.add_command(new_epoch_command(_desk))

if __name__ == "__main__":
    run(main, PROGRAM)
