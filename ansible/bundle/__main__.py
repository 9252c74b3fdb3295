"""``python -m bundle COMMAND``: what builders of releases type; ``make bundle`` calls it."""

import base64
from pathlib import Path
from typing import Final

import click

from bundle import assemble, manifest
from bundle.target import ARCHITECTURES, Target
from kernel.errors import SettingsError
from kernel.keys import InternationalSuite, load_station
from kernel.program.cli import emit, json_option, run

PROGRAM: Final = "bundle"
ROOT: Final = Path(__file__).resolve().parents[2]


@click.group(help="制作离线安装包")
def main() -> None:
    """The group."""


@main.command("key", help="生成发布签名密钥，并输出其公钥指纹；已有的文件从不覆盖")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def make_key(file: Path, *, as_json: bool) -> None:
    """The private key stays with the releaser, offline; the fingerprint goes on paper."""
    public = _new_key(file)
    found = {"fingerprint": manifest.fingerprint(public)}
    emit(as_json, found, f"发布公钥指纹：{found['fingerprint']}")


@main.command(help="制作并签名离线安装包；下载的软件包保留，再次执行只补新的")
@click.option(
    "--work",
    type=click.Path(path_type=Path),
    default=ROOT / "build" / "bundle",
    help="工作目录，默认 build/bundle",
)
@click.option(
    "--key", "key_file", type=click.Path(path_type=Path), help="发布签名密钥；不给则用开发密钥"
)
@click.option(
    "--arch",
    type=click.Choice(ARCHITECTURES),
    default="amd64",
    help="目标处理器；arm64 可制作，未经实机验证",
)
@json_option
def build(work: Path, key_file: Path | None, arch: str, *, as_json: bool) -> None:
    """Build everything below ``work``."""
    work = work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    signer = "发布密钥"
    if key_file is None:
        key_file, signer = work / "unsafe-development.key", "开发密钥，不得用于生产"
        if not key_file.exists():
            _new_key(key_file)
        click.echo("警告：未指定发布密钥，使用开发密钥签名，不得用于生产", err=True)
    built = assemble.build(
        ROOT,
        work,
        Target(arch),
        load_station(key_file),
        signer,
        lambda step: click.echo(f"· {step}", err=True),
    )
    found = {
        "version": built.version,
        "folder": str(built.folder),
        "tar": str(built.tar),
        "sheet": str(built.sheet),
        "fingerprint": built.fingerprint,
        "files": built.files,
    }
    emit(as_json, found, built.sheet.read_text("utf-8"))


def _new_key(path: Path) -> bytes:
    suite = InternationalSuite()
    private = suite.new_signing_key()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            file.write(base64.b64encode(private) + b"\n")
    except FileExistsError:
        raise SettingsError("key_exists", f"密钥文件 {path} 已存在，不会覆盖") from None
    return suite.signing_public(private)


if __name__ == "__main__":
    run(main, PROGRAM)
