"""The registration platform's command line: ``python -m extranet_zone COMMAND``."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from extranet_zone import app as wiring
from extranet_zone.cases.document import workflow_document
from extranet_zone.cases.services.claims import assign_authority
from extranet_zone.cases.services.timing import recount
from extranet_zone.catalogue.commands import Shelf, catalogue_group
from extranet_zone.catalogue.publishing import publish
from extranet_zone.certificates.commands import verify_certificate
from extranet_zone.clocks.commands import calendar_group, clocks_group
from extranet_zone.db import SCHEMA
from extranet_zone.register import log_report
from extranet_zone.register.commands import load_file, report_text
from extranet_zone.register.document import rules_document
from extranet_zone.register.log_report import MAX_DAYS
from extranet_zone.register.rules import RECORDABLE
from extranet_zone.roles import require_compatible
from extranet_zone.settings import ExtranetSettings
from kernel import logs
from kernel.clock import BEIJING, Clock, SystemClock, now_micros
from kernel.db import Database
from kernel.errors import EXIT_REFUSED
from kernel.keys import TrustStore
from kernel.migrate import require_current
from kernel.program.cli import emit, json_option, run, settings_option
from kernel.program.epochs import new_epoch_command
from kernel.program.revisions import migrate_command
from kernel.program.settings import load_resolved
from kernel.program.worker import run_worker
from kernel.vocabulary.districts import District
from kernel.web import exchange_console, server
from kernel.web.account_files import load_accounts, read_accounts, require_account
from kernel.web.accounts import Accounts, default_hasher

PROGRAM = "extranet_zone"


@click.group(help="电子政务外网：不动产登记信息管理平台")
def main() -> None:
    """The group; each command reads the one settings file."""


@main.command(help="启动登记平台网页服务")
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


@main.command(help="启动后台作业：数据交换、上联、会话清理")
@settings_option
def work(settings_path: Path) -> None:
    """Work until SIGTERM; only one such process may run."""
    platform = wiring.wire(_settings(settings_path))
    exchange = wiring.make_exchange(platform)
    accounts = Accounts(default_hasher(), platform.settings.web.idle_minutes)
    # A new version of the program may record more: then the portal opens what was closed.
    with platform.database.begin() as session:
        publish(session, platform.work.catalogue, platform.store, now_micros(platform.clock))
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


@accounts.command("authority", help="登记账号所属的登记机构（行政区划代码；不写为本机构）")
@click.argument("login")
@click.argument("code", default="")
@settings_option
@json_option
def accounts_authority(login: str, code: str, settings_path: Path, *, as_json: bool) -> None:
    """Say for which authority a person works: they see its cases and no others."""
    name = District.parse(code).name if code else "本机构"
    database = wiring.open_database(_settings(settings_path), SystemClock())
    require_current(database, SCHEMA)
    with database.begin() as session:
        require_account(session, login)
        assign_authority(session, login, code)
    database.dispose()
    emit(as_json, {"login": login, "authority": code}, f"{login} 属于{name}")


@main.command("load-register", help="导入存量登记数据：每行一个不动产单元的 JSON，可重复执行")
@click.argument("file", type=click.Path(path_type=Path))
@settings_option
@json_option
def load_register(file: Path, settings_path: Path, *, as_json: bool) -> None:
    """Load the stock; bad lines are named and make the exit code 3."""
    clock = SystemClock()
    database = wiring.open_database(_settings(settings_path), clock)
    require_current(database, SCHEMA)
    report = load_file(database, file, now_micros(clock))
    database.dispose()
    emit(as_json, report.as_json(), report_text(report))
    if report.refused:
        raise click.exceptions.Exit(EXIT_REFUSED)


@main.command(help="输出办件流程图（docs/workflow.md 的内容）")
def workflow() -> None:
    """Print the transition table as the page people sign."""
    click.echo(workflow_document(), nl=False)


@main.command("register-rules", help="输出登记簿规则表（docs/spec/register-rules.md 的内容）")
def register_rules() -> None:
    """Print the rules with their legal basis as the page people sign."""
    click.echo(rules_document(), nl=False)


@main.command("recording-log", help="登簿日志日报：按权利和登记类型计数，没有登簿的日期也列出")
@click.option("--day", "last", type=click.DateTime(["%Y-%m-%d"]), help="最后一天，默认今天")
@click.option("--days", type=click.IntRange(1, MAX_DAYS), default=1, help="天数，默认 1")
@click.option("--csv", "as_table", is_flag=True, help="输出 CSV（Excel 可直接打开）")
@settings_option
@json_option
def recording_log(
    last: datetime | None, days: int, settings_path: Path, *, as_table: bool, as_json: bool
) -> None:
    """Print the report of some days."""
    clock = SystemClock()
    database = wiring.open_database(_settings(settings_path), clock)
    require_current(database, SCHEMA)
    until = last.date() if last else clock.now().astimezone(BEIJING).date()
    found = log_report.read_days(database, until, days)
    database.dispose()
    if as_table and not as_json:
        click.echo(log_report.as_csv(found), nl=False)
    else:
        emit(as_json, log_report.as_json(found), log_report.as_text(found))


@contextmanager
def _shelf(path: Path) -> Iterator[Shelf]:
    shelf = wiring.open_shelf(_settings(path), SystemClock())
    try:
        yield shelf
    finally:
        shelf.database.dispose()


def _seed(path: Path) -> bool:
    with _shelf(path) as shelf:
        return shelf.seed()


def _desk(path: Path) -> exchange_console.Desk:
    settings, clock = _settings(path), SystemClock()
    database = wiring.open_database(settings, clock)
    require_current(database, SCHEMA)
    return wiring.exchange_desk(settings, database, clock)


def _database(path: Path) -> Database:
    return wiring.open_database(_settings(path), SystemClock())


def _settings(path: Path) -> ExtranetSettings:
    settings = load_resolved(path, ExtranetSettings)
    logs.configure(PROGRAM, level=settings.log.level)
    return settings


def _clock_parts(path: Path) -> tuple[Database, TrustStore, Clock]:
    settings, clock = _settings(path), SystemClock()
    database = wiring.open_database(settings, clock)
    require_current(database, SCHEMA)
    return database, TrustStore.load(settings.keys.trust), clock


def _count_again(path: Path) -> int:
    platform = wiring.wire(_settings(path))
    with platform.database.begin() as session:
        changed = recount(session, platform.work)
    platform.database.dispose()
    return changed


main.add_command(calendar_group(_clock_parts, _count_again))
main.add_command(clocks_group(_clock_parts))
main.add_command(catalogue_group(_shelf, RECORDABLE))
main.add_command(migrate_command(_database, SCHEMA, _seed))
main.add_command(exchange_console.metrics_command(_desk))
main.add_command(new_epoch_command(_desk))
main.add_command(verify_certificate)

if __name__ == "__main__":
    run(main, PROGRAM)
