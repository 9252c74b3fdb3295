"""``python -m kernel.doctor``: examine this host; run as root, changes nothing."""

import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import click

from kernel.clock import SystemClock
from kernel.doctor.checks import CHECKS
from kernel.doctor.findings import WORDS, Status
from kernel.doctor.machine import this_machine
from kernel.doctor.report import Report, write_pdf
from kernel.doctor.settings import DoctorSettings
from kernel.durable import write_durably
from kernel.errors import EXIT_REFUSED, RefusedError
from kernel.program.cli import emit, json_option, run, settings_option
from kernel.program.settings import load_resolved

PROGRAM = "kernel.doctor"


@click.command(
    help="逐条核对本机是否符合部署要求（等保三级主机部分），输出结果和验收报告；不改动任何东西"
)
@settings_option
@click.option("--report", type=click.Path(path_type=Path), help="把全部结果写成 JSON 文件")
@click.option("--pdf", type=click.Path(path_type=Path), help="把验收报告写成 PDF 文件")
@json_option
def main(settings_path: Path, report: Path | None, pdf: Path | None, *, as_json: bool) -> None:
    """Exit code 0 when nothing failed, 3 when something did, as ``gate health`` has them."""
    if os.geteuid() != 0:
        raise RefusedError("doctor_not_root", "核对主机需要 root 权限，请用 sudo 执行")
    settings = load_resolved(settings_path, DoctorSettings)
    machine = this_machine()
    findings = tuple(finding for check in CHECKS for finding in check(settings, machine))
    made = Report(socket.gethostname(), settings.zone, settings.version, _now(), findings)
    if report is not None:
        with write_durably(report) as file:
            file.write(json.dumps(made.as_json(), ensure_ascii=False, indent=1).encode())
    if pdf is not None:
        write_pdf(made, pdf)
    emit(as_json, made.as_json(), _text(made))
    if made.count(Status.FAILED):
        click.get_current_context().exit(EXIT_REFUSED)


def _now() -> datetime:
    return SystemClock().now().astimezone(UTC)


def _text(report: Report) -> str:
    """What did not pass, then the totals; what passed is in the report."""
    lines = [
        f"{WORDS[one.status]} {one.clause} {one.claim}（实际：{one.seen}）"
        for one in report.findings
        if one.status is Status.FAILED
    ]
    return "\n".join((*lines, report.totals()))


if __name__ == "__main__":
    run(main, PROGRAM)
