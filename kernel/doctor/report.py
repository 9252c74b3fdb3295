"""The acceptance report: every assertion with its clause, as JSON and as a Chinese PDF."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from kernel.clock import beijing_text
from kernel.doctor.findings import WORDS, Finding, Status
from kernel.durable import write_durably
from kernel.paper.fonts import Fonts

ZONES: Final = {"internet": "互联网", "extranet": "电子政务外网", "intranet": "业务内网"}
_WIDTHS: Final = (12, 22, 82, 18, 46)
_HEADINGS: Final = ("序号", "条款", "核对内容", "结果", "实际")
_LINE: Final = 5.2


@dataclass(frozen=True, slots=True)
class Report:
    """One examination of one host."""

    host: str
    zone: str
    version: str
    made_at: datetime
    findings: tuple[Finding, ...]

    def count(self, status: Status) -> int:
        """How many assertions came out so."""
        return sum(1 for one in self.findings if one.status is status)

    def totals(self) -> str:
        """In one sentence."""
        return (
            f"共 {len(self.findings)} 项：合格 {self.count(Status.PASSED)}，"
            f"不合格 {self.count(Status.FAILED)}，不适用 {self.count(Status.NOT_APPLICABLE)}"
        )

    def as_json(self) -> dict[str, object]:
        """The whole report."""
        return {
            "format": "tongban-acceptance/1",
            "host": self.host,
            "zone": self.zone,
            "version": self.version,
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "passed": self.count(Status.PASSED),
            "failed": self.count(Status.FAILED),
            "not_applicable": self.count(Status.NOT_APPLICABLE),
            "findings": [one.as_json() for one in self.findings],
        }


def write_pdf(report: Report, path: Path) -> None:
    """Write the report as PDF; failed rows come first and are marked in words."""
    fonts = Fonts.load()
    paper = FPDF(format="A4")
    paper.set_title("全豫通办部署验收报告")
    paper.set_creation_date(report.made_at)
    paper.add_font("text", fname=fonts.text)
    paper.set_auto_page_break(auto=True, margin=15)
    paper.add_page()
    paper.set_font("text", size=18)
    paper.cell(0, 12, "全豫通办部署验收报告", align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_font("text", size=10)
    for line in (
        f"主机：{report.host}　　网络：{ZONES[report.zone]}　　版本：{report.version}",
        f"核对时间：{beijing_text(report.made_at)}",
        "依据：GB/T 22239-2019 第三级（主机部分），条款号为 8.1.x",
        f"结果：{report.totals()}",
    ):
        paper.cell(0, 7, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.ln(2)
    paper.set_font("text", size=8)
    ordered = sorted(report.findings, key=lambda one: one.status is not Status.FAILED)
    heading = FontFace(emphasis="", fill_color=(235, 235, 235))
    with paper.table(
        col_widths=_WIDTHS, line_height=_LINE, text_align="LEFT", headings_style=heading
    ) as table:
        table.row(_HEADINGS)
        for number, one in enumerate(ordered, 1):
            cells = (str(number), one.clause, one.claim, WORDS[one.status], one.seen)
            table.row([_printable(cell, fonts) for cell in cells])
    with write_durably(path) as file:
        file.write(bytes(paper.output()))


def _printable(text: str, fonts: Fonts) -> str:
    """What the text font has; anything else a program printed becomes a box that says so."""
    return "".join(letter if ord(letter) in fonts.coverage else "□" for letter in text)
