"""Paper that goes with a medium: the label on it and the handover sheet (交接单), as PDF.

Both carry a QR code of the medium's number and the digest of its cover sheet, so that paper and
medium can be held against each other, and the sheet carries the head of the media ledger: whoever
signs it witnesses every line up to there.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import segno
from fpdf import FPDF
from fpdf.enums import WrapMode

from ferry.manifest import Manifest
from ferry.settings import MARKING
from kernel.clock import beijing_text, from_micros
from kernel.paper.fonts import Fonts
from kernel.vocabulary.zones import Zone

LABEL_MM: Final = (100.0, 60.0)
_MARGIN: Final = 18.0
_WIDTH: Final = 210.0 - 2 * _MARGIN
_MIB: Final = 1024 * 1024
_INK: Final = (20, 20, 20)
_FAINT: Final = (110, 110, 110)


@dataclass(frozen=True, slots=True)
class Slip:
    """What the papers of one medium say."""

    manifest: Manifest
    digest: str
    kind: str
    ledger_head: str
    ledger_lines: int
    names: dict[str, str]
    """Names of people by login."""
    marking: str = MARKING
    """How the office marks such media (密级): its decision, from the settings."""

    @property
    def code(self) -> str:
        """What the QR code holds."""
        return f"TONGBAN-MEDIUM {self.manifest.medium} {self.digest}"

    def person(self, login: str) -> str:
        """Name and login."""
        name = self.names.get(login)
        return f"{name}（{login}）" if name else login

    def text(self) -> str:
        """Every character the papers may print beside their own words."""
        return "".join((self.manifest.purpose, self.marking, *self.names.values()))


def label_pdf(slip: Slip, fonts: Fonts) -> bytes:
    """A sticker of 100 by 60 mm for the medium or its case."""
    pdf = _document(slip, fonts, "标签", LABEL_MM)
    manifest = slip.manifest
    pdf.add_page()
    pdf.set_line_width(0.4)
    pdf.rect(2, 2, LABEL_MM[0] - 4, LABEL_MM[1] - 4)
    pdf.line(2, 19, LABEL_MM[0] - 2, 19)
    pdf.line(2, 51, LABEL_MM[0] - 2, 51)
    pdf.set_font("text", size=8)
    pdf.text(6, 7.5, "不动产登记数据摆渡专用介质")
    pdf.set_font("title", size=25)
    pdf.text(6, 16.5, manifest.medium)
    pdf.set_font("text", size=9)
    which = f"第 {manifest.volume} 张，共 {manifest.volumes} 张"
    pdf.text(56, 11, which)
    pdf.text(56, 16, f"{slip.marking}（{slip.kind}）")
    pdf.set_font("text", size=8.5)
    lines = (
        ("方向", f"{Zone(manifest.origin).label} → {Zone(manifest.destination).label}"),
        ("写出", beijing_text(from_micros(manifest.created))),
        ("内容", f"{len(manifest.files)} 个文件，{_size(manifest)}"),
        ("摆渡", manifest.trip[:16]),
        ("清单", slip.digest[:16]),
    )
    for number, (name, line) in enumerate(lines):
        pdf.set_text_color(*_FAINT)
        pdf.text(6, 25 + number * 5.6, name)
        pdf.set_text_color(*_INK)
        pdf.text(15, 25 + number * 5.6, line)
    pdf.set_font("text", size=7.5)
    pdf.text(6, 55.8, "内容已加密，限接收网读取。拾获请交还不动产登记机构，请勿复制。")
    _qr(pdf, slip.code, LABEL_MM[0] - 32, 20, 29)
    return bytes(pdf.output())


def handover_pdf(slip: Slip, fonts: Fonts) -> bytes:
    """The handover sheet, A4, one medium a sheet, with room for each hand's signature."""
    pdf = _document(slip, fonts, "介质交接单", (210.0, 297.0))
    manifest = slip.manifest
    pdf.add_page()
    pdf.set_line_width(0.25)
    pdf.set_font("title", size=22)
    pdf.set_xy(_MARGIN, 18)
    pdf.cell(_WIDTH, 10, "介质交接单", align="C")
    pdf.set_font("text", size=10)
    pdf.set_text_color(*_FAINT)
    pdf.text(_MARGIN, 40, "一张介质一单，随介质流转，办结后由写盘侧存档")
    pdf.set_text_color(*_INK)
    _qr(pdf, slip.code, 210 - _MARGIN - 28, 14, 28)
    rows = (
        ("介质编号", f"{manifest.medium}（第 {manifest.volume} 张，共 {manifest.volumes} 张）"),
        ("介质种类", slip.kind),
        ("密级与用途", f"{slip.marking}，内容已加密；仅限不动产登记系统读取"),
        ("方向", f"{Zone(manifest.origin).label} → {Zone(manifest.destination).label}"),
        ("事由", manifest.purpose),
        ("内容", f"{len(manifest.files)} 个文件，{_size(manifest)}"),
        ("写出时间", f"{beijing_text(from_micros(manifest.created))}（北京时间）"),
        ("经办", slip.person(manifest.maker)),
        ("审批", slip.person(manifest.approver)),
        ("摆渡号", manifest.trip),
        ("清单摘要", slip.digest),
        ("台账链首", f"至第 {slip.ledger_lines} 行止，其摘要\n{slip.ledger_head}"),
    )
    y = 46.0
    for label, value in rows:
        y = _row(pdf, y, label, value)
    pdf.set_font("text", size=11)
    pdf.text(_MARGIN, y + 9, "签名（本人手签，不得代签）")
    hands = ("经办", "审批", "递送人接走", "读盘侧接收", "归还或销毁")
    _signatures(pdf, y + 12, hands)
    pdf.set_font("text", size=9)
    pdf.set_text_color(*_FAINT)
    for number, line in enumerate(
        (
            "接收前请核对：介质编号、标签、本单三者一致；封装完好；二维码与标签相同。",
            "介质遗失请立即报告，由递送人或介质管理员登记 ferry lost；不必自行补写。",
        )
    ):
        pdf.text(_MARGIN, 281 + number * 5, line)
    return bytes(pdf.output())


def _document(slip: Slip, fonts: Fonts, title: str, size: tuple[float, float]) -> FPDF:
    fallbacks = fonts.fallbacks_for(slip.text())
    orientation = "L" if size[0] > size[1] else "P"
    pdf = FPDF(orientation=orientation, unit="mm", format=(min(size), max(size)))
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.add_font("text", "", fonts.text)
    # The title font holds the certificates' own titles only.
    pdf.add_font("title", "", fonts.text)
    for number, font in enumerate(fallbacks):
        pdf.add_font(f"rare{number}", "", font.path, collection_font_number=font.face)
    pdf.set_fallback_fonts([f"rare{number}" for number in range(len(fallbacks))])
    pdf.set_title(f"{title} {slip.manifest.medium}")
    pdf.set_creator("Tongban")
    pdf.set_lang("zh-CN")
    pdf.set_creation_date(from_micros(slip.manifest.created))
    pdf.set_text_color(*_INK)
    return pdf


def _row(pdf: FPDF, y: float, label: str, value: str) -> float:
    """One row of the table with its text wrapped; answers where the next begins."""
    pdf.set_font("text", size=10.5)
    pdf.set_xy(_MARGIN + 30, y + 1.4)
    pdf.multi_cell(_WIDTH - 31, 5.4, value, align="L", wrapmode=WrapMode.CHAR)
    bottom = max(pdf.get_y() + 1.4, y + 8)
    pdf.set_text_color(*_FAINT)
    pdf.text(_MARGIN + 2, y + 5.6, label)
    pdf.set_text_color(*_INK)
    pdf.set_draw_color(*_FAINT)
    pdf.rect(_MARGIN, y, 28, bottom - y)
    pdf.rect(_MARGIN + 28, y, _WIDTH - 28, bottom - y)
    return bottom


def _signatures(pdf: FPDF, y: float, hands: Sequence[str]) -> None:
    widths = (34.0, 52.0, 52.0, _WIDTH - 138.0)
    pdf.set_draw_color(*_FAINT)
    for number, row in enumerate((("环节", "签名", "时间", "备注"), *((hand,) for hand in hands))):
        x, height = _MARGIN, 7.0 if number == 0 else 17.0
        for column, width in enumerate(widths):
            pdf.rect(x, y, width, height)
            if column < len(row):
                pdf.set_font("text", size=10)
                pdf.text(x + 2, y + height / 2 + 1.6, row[column])
            x += width
        y += height


def _qr(pdf: FPDF, content: str, x: float, y: float, size: float) -> None:
    picture = io.BytesIO()
    segno.make(content, error="m").save(picture, kind="png", scale=8, border=2)
    pdf.image(picture, x, y, size, size)


def _size(manifest: Manifest) -> str:
    total = sum(file.size for file in manifest.files)
    return f"{total / _MIB:.1f} MiB" if total >= _MIB else f"{total} 字节"
