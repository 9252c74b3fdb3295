"""``gate verify``: one file judged as if it had just arrived, and what it holds."""

from pathlib import Path

import click

from gate.commands.frame import load_side
from gate.inspection import Inspection, Report
from kernel.bundle import Beacon, Receiver, Verified
from kernel.clock import SystemClock, beijing_text, from_micros
from kernel.keys import TrustStore
from kernel.program import cli
from kernel.vocabulary.zones import Zone
from kernel.words import size_text


@click.command(
    help="检查一个交换包或信标文件：全部核验与内容检查，并说明它装着什么。只读。"
    "退出码 0 合格，4 不合格。"
)
@cli.settings_option
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--name", help="文件应有的名称（默认即文件名；隔离区里的文件用它给出原名）")
@cli.json_option
def verify(settings_path: Path, file: Path, name: str | None, as_json: bool) -> None:
    """Inspect a file and say what it holds; nothing is moved or written."""
    settings = load_side(settings_path)
    receiver = Receiver(
        TrustStore.load(settings.trust.file), Zone(settings.destination), SystemClock().now()
    )
    report = Inspection.of(settings.inspection).inspect(file, name or file.name, receiver)
    facts = _facts(report)
    cli.emit(as_json, facts, "\n".join(_lines(report)))


def _facts(report: Report) -> dict[str, object]:
    facts: dict[str, object] = {"name": report.name, "size": report.size}
    if report.bundle is not None:
        header = report.bundle.header
        facts |= {
            "kind": "bundle",
            "digest": report.bundle.digest,
            **header.model_dump(
                mode="json", include={"origin", "destination", "stream", "epoch", "sequence"}
            ),
            "created": header.created,
            "encrypted": report.is_sealed,
            "messages": _kinds(report.bundle),
            "case_numbers": list(report.messages.case_numbers),
            "blobs": [blob.model_dump() for blob in header.blobs],
        }
    if report.beacon is not None:
        facts |= {"kind": "beacon", **_beacon(report.beacon)}
    return facts


def _beacon(beacon: Beacon) -> dict[str, object]:
    return {
        "origin": beacon.origin.value,
        "destination": beacon.destination.value,
        "counter": beacon.counter,
        "streams": [
            {"stream": head.stream.value, "epoch": head.epoch, "highest": head.highest}
            for head in beacon.streams
        ],
    }


def _kinds(bundle: Verified) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for message in bundle.header.messages:
        kinds[message.kind] = kinds.get(message.kind, 0) + 1
    return dict(sorted(kinds.items()))


def _lines(report: Report) -> list[str]:
    way = f"{report.origin.label} → "
    if report.beacon is not None:
        heads = [f"{head.stream.value} 到 {head.highest}" for head in report.beacon.streams]
        return [
            "合格的信标",
            f"方向：{way}{report.beacon.destination.label}；计数 {report.beacon.counter}",
            f"交换流：{'，'.join(heads) or '无'}",
        ]
    if report.bundle is None:
        return []
    header = report.bundle.header
    place = f"流 {header.stream.value}，纪元 {header.epoch}，序号 {header.sequence}"
    kinds = [f"{kind} {count} 条" for kind, count in _kinds(report.bundle).items()]
    lines = [
        f"合格的交换包，{size_text(report.size)}",
        f"方向：{way}{header.destination.label}；{place}",
        f"封装时刻：{beijing_text(from_micros(header.created))}",
        f"摘要：{report.bundle.digest}",
        f"消息：{'，'.join(kinds) or '无'}",
    ]
    if report.is_sealed:
        return [*lines, "内容已加密，只有目的网能打开；签名和摘要已核验"]
    lines.append(f"业务编号：{'，'.join(report.messages.case_numbers) or '无'}")
    lines += [
        f"材料：{blob.digest}  {blob.media_type}  {size_text(blob.size)}"
        for blob in header.blobs[1:]
    ]
    return lines
