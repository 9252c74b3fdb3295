"""``gate link``: the two ends of the bare one-way link."""

import os
from dataclasses import asdict
from pathlib import Path

import click

from gate.diode.frame import LinkKey
from gate.diode.service import Stop, run_receiver, run_sender
from gate.diode.settings import LinkSettings
from gate.diode.telling import read_losses
from kernel import logs
from kernel.clock import SystemClock
from kernel.errors import ConflictError, SettingsError
from kernel.program import cli
from kernel.program.settings import load_resolved
from kernel.words import size_text


def _load(path: Path, end: str | None = None) -> LinkSettings:
    settings = load_resolved(path, LinkSettings)
    logs.at_level(settings.log.level)
    if end is not None and settings.end != end:
        raise SettingsError("link_end", f"配置文件 {path} 是另一端的，本命令需要 end = {end}")
    for folder in (settings.drop.folder, settings.state.folder):
        if not folder.is_dir():
            raise SettingsError("folder_missing", f"配置中的目录 {folder} 不存在")
    return settings


@click.group(help="裸单向链路：在两侧投递目录之间以数据报单向搬运文件，代替光闸设备。")
def link() -> None:
    """Group of the link's commands."""


@link.command(help="发送端：把投递目录中的文件发上链路，持续运行。")
@cli.settings_option
@click.option("--once", is_flag=True, help="发完目录中现有的文件就结束")
@cli.json_option
def send(settings_path: Path, once: bool, as_json: bool) -> None:
    """Run the sending end."""
    settings = _load(settings_path, "send")
    files = run_sender(settings, SystemClock(), Stop(), once=once)
    if once:
        cli.emit(as_json, {"files": files}, f"已发送 {files} 个文件")


@link.command(help="接收端：从链路接收数据报，复原出的文件放入投递目录，持续运行。")
@cli.settings_option
def receive(settings_path: Path) -> None:
    """Run the receiving end."""
    run_receiver(_load(settings_path, "receive"), SystemClock(), Stop())


@link.command(help="接收端未能复原的文件：编号、名称、原因、缺了哪些块。")
@cli.settings_option
@cli.json_option
def report(settings_path: Path, as_json: bool) -> None:
    """List what was given up, the newest last."""
    losses = read_losses(_load(settings_path, "receive").state.folder)
    lines = [
        f"第 {lost.object} 号 {lost.name or '（名称未知）'} {size_text(lost.length)}："
        f"{REASONS[lost.reason]}，{lost.blocks_total} 块中缺 {lost.blocks_lost} 块"
        for lost in losses
    ]
    text = "\n".join(lines) if lines else "没有未能复原的文件"
    cli.emit(as_json, [asdict(lost) for lost in losses], text)


@link.command(help="新建链路密钥文件，并显示供两侧电话核对的指纹；已有文件时只显示指纹。")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--new", is_flag=True, help="新建；文件已存在时拒绝")
@cli.json_option
def key(file: Path, new: bool, as_json: bool) -> None:
    """Make a key, or show the fingerprint of one."""
    if new:
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise ConflictError("link_key_exists", f"密钥文件 {file} 已存在") from None
        with os.fdopen(handle, "w") as target:
            target.write(LinkKey.new_text())
    mark = LinkKey.load(file).fingerprint()
    cli.emit(as_json, {"fingerprint": mark}, f"链路密钥指纹 {mark}，请两侧电话核对一致")


REASONS = {
    "incomplete": "丢失超出可复原的范围",
    "unseen": "一个数据报也没有收到",
    "digest": "复原后摘要不符",
    "name": "名称不合规定",
    "disk": "磁盘空间不足或读写失败",
    "too_large": "超过设定的文件上限",
    "bounds": "同时在途的文件超过上限",
}
