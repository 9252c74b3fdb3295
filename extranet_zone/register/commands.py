"""``load-register``: the stock from a file of JSON lines, with what was done and what was not."""

from pathlib import Path

from extranet_zone.register.services.stock import LoadReport, load_register
from kernel.db import Database
from kernel.errors import InvalidValueError
from kernel.logs import get_logger

SHOWN = 20
"""Bad lines that the text for people names; ``--json`` names more."""

log = get_logger(__name__)


def load_file(database: Database, path: Path, now: int) -> LoadReport:
    """Load ``path`` line by line.

    Raises :class:`InvalidValueError` with code ``stock_unreadable`` when it cannot be opened.
    """

    def progress(report: LoadReport) -> None:
        log.info(
            "register.loading",
            loaded=report.loaded,
            known=report.known,
            refused=report.refused,
        )

    try:
        file = path.open("rb")
    except OSError as error:
        raise InvalidValueError(
            "stock_unreadable", f"无法读取存量数据文件 {path}：{error.strerror}"
        ) from error
    with file:
        return load_register(database, file, now, progress)


def report_text(report: LoadReport) -> str:
    """What a person is told after a load."""
    counts = (
        f"导入 {report.loaded} 个不动产单元，已有 {report.known} 个，拒绝 {report.refused} 行；"
        f"发布到门户 {report.published} 个"
    )
    lines = [counts]
    lines += [f"第 {bad.line} 行 [{bad.code}] {bad.message}" for bad in report.bad[:SHOWN]]
    if report.refused > SHOWN:
        lines.append(f"……另有 {report.refused - SHOWN} 行被拒绝，用 --json 查看")
    return "\n".join(lines)
