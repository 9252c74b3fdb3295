"""The command line: ``python -m extranet_zone.window.agent --config window.toml``."""

import time
from pathlib import Path

import click

from extranet_zone.window.agent.checking import findings
from extranet_zone.window.agent.folder import ScanFolder
from extranet_zone.window.agent.rounds import Agent
from extranet_zone.window.agent.settings import WindowSettings
from extranet_zone.window.agent.zone import Zone
from kernel import logs
from kernel.durable import exclusive
from kernel.errors import EXIT_UNAVAILABLE
from kernel.program.cli import emit, json_option, run
from kernel.program.settings import load_resolved
from kernel.program.watching import watch

PROGRAM = "window"


@click.command(help="窗口设备程序：把扫描目录和各设备读到的内容送到登记平台")
@click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path),
    required=True,
    help="本窗口的 TOML 配置文件",
)
@click.option("--check", is_flag=True, help="只检查配置、目录、令牌、驱动和平台是否可用，不启动")
@click.option("--once", is_flag=True, help="只做一轮就结束")
@json_option
def main(config: Path, *, check: bool, once: bool, as_json: bool) -> None:
    """Run until SIGTERM, once, or only look."""
    if check and once:
        raise click.UsageError("--check 与 --once 不能同时使用")
    settings = load_resolved(config, WindowSettings)
    logs.configure(PROGRAM, level=settings.log.level)
    if check:
        _check(settings, as_json=as_json)
        return
    folder = ScanFolder(settings.scan)
    with exclusive(folder.folder / ".agent.lock"):
        zone = Zone(settings.zone)
        try:
            agent = Agent(settings, zone, folder)
            if once:
                _once(settings, agent, as_json=as_json)
            else:
                watch(folder.folder, settings.poll_seconds, agent.round, PROGRAM)
        finally:
            zone.close()


def _check(settings: WindowSettings, *, as_json: bool) -> None:
    found = findings(settings)
    lines = [f"{'不可用' if one.code else '可用'}　{one.what}：{one.words}" for one in found]
    emit(as_json, {"findings": [one.as_json() for one in found]}, "\n".join(lines))
    worst = max((one.exit_code for one in found if one.code), default=0)
    if worst:
        raise click.exceptions.Exit(worst)


def _once(settings: WindowSettings, agent: Agent, *, as_json: bool) -> None:
    done = agent.round()
    # What lay there when we came has not changed when it is the same after a while.
    time.sleep(settings.scan.settle_seconds)
    agent.round(done)
    words = (
        f"送达 {done.delivered} 个，拒收 {done.refused} 个，待发送 {done.waiting} 个，"
        f"设备读取 {done.orders} 次（未成 {done.failed} 次）"
    )
    if done.trouble:
        words += f"；平台暂不可用（{done.trouble}）"
    data = {name: getattr(done, name) for name in type(done).__slots__}
    emit(as_json, data, words)
    if done.trouble:
        raise click.exceptions.Exit(EXIT_UNAVAILABLE)


if __name__ == "__main__":
    run(main, PROGRAM)
