"""Handing facts over: ``python -m kernel.handover COMMAND``, on a zone's own host."""

from pathlib import Path
from typing import Final

import click

from kernel import keys as key_files
from kernel.clock import SystemClock
from kernel.durable import write_durably
from kernel.errors import EXIT_REFUSED, SettingsError
from kernel.handover import adoption
from kernel.handover.agreement import disagreements, until_upgraded
from kernel.handover.form import Certificates, make, signer_of
from kernel.keys.rotation import public_files
from kernel.keys.trust import parse_entries
from kernel.program.cli import emit, json_option, run
from kernel.version import SOFTWARE
from kernel.vocabulary.zones import Zone

PROGRAM: Final = "kernel.handover"
_ZONES: Final = click.Choice([zone.value for zone in Zone])
_FILE: Final = click.Path(path_type=Path)


@click.group(help="网间交接：导出本网须与其他网一致的事实，核对并采用其他网送来的")
def main() -> None:
    """The group."""


@main.command("export", help="导出本网的交接文件（公钥、证书、约定），用本网密钥签名；不含任何私钥")
@click.option("--zone", type=_ZONES, required=True, help="本网")
@click.option("--keys", "folder", type=_FILE, required=True, help="本网私钥目录")
@click.option("--station", type=_FILE, help="写盘站的公钥条目（业务内网）")
@click.option("--calendar", type=_FILE, help="工作日历的公钥条目（电子政务外网）")
@click.option("--tls", type=_FILE, help="上联证书目录（互联网、电子政务外网）")
@click.option("--uplink", help="上联地址 https://主机:端口")
@click.option("--portal", help="门户地址 https://主机")
@click.option("--output", type=_FILE, required=True, help="写入的文件")
@json_option
def export(
    zone: str,
    folder: Path,
    station: Path | None,
    calendar: Path | None,
    tls: Path | None,
    uplink: str | None,
    portal: str | None,
    output: Path,
    *,
    as_json: bool,
) -> None:
    """Write the file; its fingerprint goes to the other zones on another way."""
    keys = key_files.load(Zone(zone), folder)
    public = [*public_files(folder), *filter(None, (station, calendar))]
    entries = "\n".join(_text(path) for path in public)
    parse_entries(entries, str(folder / "public.toml"))
    raw = make(
        keys, entries, _certificates(keys.zone, tls), uplink, portal, SOFTWARE, SystemClock()
    )
    # Said before and still true: the file stays, so that nobody has to carry it again.
    is_new = not adoption.says_the_same(output, raw, SystemClock())
    if is_new:
        with write_durably(output) as file:
            file.write(raw)
    signer = signer_of(raw)
    done = "已写入" if is_new else "没有变化："
    emit(
        as_json,
        {"zone": zone, "fingerprint": signer, "file": str(output), "written": is_new},
        f"{done} {output}\n{Zone(zone).label}公钥指纹：{signer}",
    )


@main.command("show", help="显示交接文件的公钥指纹和内容；只供人核对，不等于已采用")
@click.argument("file", type=_FILE)
@json_option
def show(file: Path, *, as_json: bool) -> None:
    """What the file says of itself."""
    opened = adoption.open_own(adoption.read(file), SystemClock())
    said = opened.handover
    lines = [
        f"来自：{opened.zone.label}（未核对）",
        f"公钥指纹：{opened.fingerprint}",
        f"程序：{said.software}",
        f"上联地址：{said.uplink or '无'}",
        f"门户地址：{said.portal or '无'}",
        *(f"公钥：{key.purpose} {key.keyid}" for key in opened.keys),
    ]
    data = {"fingerprint": opened.fingerprint, **said.model_dump(mode="json")}
    emit(as_json, data, "\n".join(lines))


@main.command("accept", help="核对其他网的交接文件，全部一致才写出信任文件和对侧证书")
@click.argument("files", type=_FILE, nargs=-1)
@click.option("--own", type=_FILE, required=True, help="本网的交接文件")
@click.option(
    "--fingerprint", "given", multiple=True, help="已核对的指纹，如 extranet=64位十六进制"
)
@click.option("--trust", type=_FILE, help="现用的信任文件；其中有效的公钥不须再核对指纹")
@click.option("--output", type=_FILE, required=True, help="写入的目录")
@click.option("--check", "only_check", is_flag=True, help="只核对，不写任何文件")
@json_option
def accept(
    files: tuple[Path, ...],
    own: Path,
    given: tuple[str, ...],
    trust: Path | None,
    output: Path,
    *,
    only_check: bool,
    as_json: bool,
) -> None:
    """All or nothing: one disagreement, and nothing is written."""
    clock = SystemClock()
    if len(files) > adoption.MAX_FILES:
        raise SettingsError("handover_twice", "交接文件给得过多，每个网只应有一份")
    ours = adoption.open_own(adoption.read(own), clock)
    fingerprints = adoption.confirmed(given, trust, clock)
    raws = [adoption.read(path) for path in files]
    others = [adoption.open_confirmed(raw, fingerprints, clock) for raw in raws]
    found = disagreements(ours, others, adoption.previous(output, clock), clock.now())
    if found:
        text = "\n".join(f"[{one.code}] {one.message}" for one in found)
        emit(as_json, {"agreed": False, "disagreements": [one.as_json() for one in found]}, text)
        raise click.exceptions.Exit(EXIT_REFUSED)
    contents = adoption.contents(ours, list(zip(others, raws, strict=True)))
    written = [] if only_check else adoption.write(output, contents)
    notes = [note for one in others for note in until_upgraded(ours, one)]
    zones = [one.zone.value for one in others]
    labels = "、".join(one.zone.label for one in others)
    emit(
        as_json,
        {"agreed": True, "accepted": zones, "written": written, "notes": notes},
        "\n".join([f"与{labels}的交接内容一致", *notes, *(f"已写入 {n}" for n in written)]),
    )


def _certificates(zone: Zone, tls: Path | None) -> Certificates:
    """What ``kernel.keys tls`` made for this side; the other side's half is none of ours."""
    if tls is None:
        return Certificates(authority=None, client=None, server=None)
    return Certificates(
        authority=_text(tls / "ca.crt"),
        client=_text(tls / "client.crt") if zone is Zone.EXTRANET else None,
        server=_text(tls / "server.crt") if zone is Zone.INTERNET else None,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise SettingsError("handover_value", f"文件 {path} 无法读取") from None


if __name__ == "__main__":
    run(main, PROGRAM)
