"""A sheet to draw a certificate on: border, guilloche, table rows that fit their text, QR code."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fpdf import FPDF

from extranet_zone.certificates.wrap import wrap
from kernel.paper.code import draw_code
from kernel.paper.fonts import Fonts

WIDTH: Final = 297.0
HEIGHT: Final = 210.0
MARGIN: Final = 9.0
MIDDLE: Final = WIDTH / 2
"""Millimetres; the fold runs down the middle."""
MAROON: Final = (128, 24, 28)
INK: Final = (28, 24, 22)
FAINT: Final = (122, 108, 98)
PAPER: Final = (253, 250, 243)
TINT: Final = (243, 229, 212)
ROSE: Final = (232, 196, 178)
ROSETTE_STEPS: Final = 240
LEADING: Final = 1.36
SMALLEST: Final = 6.0
_POINT: Final = 0.352_777_8
_LABEL_WIDTH: Final = 30.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in millimetres from the upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height


class Canvas:
    """The document and how its parts are drawn; made for one certificate."""

    def __init__(
        self,
        fonts: Fonts,
        text: str,
        *,
        title: str,
        author: str,
        created: datetime,
        watermark: str,
    ) -> None:
        """Open a document that will print ``text``; raises ``glyph_missing`` as Fonts does."""
        fallbacks = fonts.fallbacks_for(text)
        pdf = FPDF(orientation="L", unit="mm", format="A4")
        pdf.set_auto_page_break(False)
        pdf.set_margin(0)
        pdf.c_margin = 0
        pdf.add_font("text", "", fonts.text)
        pdf.add_font("title", "", fonts.title)
        for number, font in enumerate(fallbacks):
            pdf.add_font(f"rare{number}", "", font.path, collection_font_number=font.face)
        pdf.set_fallback_fonts([f"rare{number}" for number in range(len(fallbacks))])
        pdf.set_title(title)
        pdf.set_author(author)
        pdf.set_creator("Tongban")
        pdf.set_producer("Tongban")
        pdf.set_lang("zh-CN")
        pdf.set_creation_date(created)
        self._pdf = pdf
        self._watermark = watermark

    def output(self, footer: str) -> bytes:
        """The finished file, each sheet with ``footer`` and its number."""
        total = self._pdf.pages_count
        for page in range(1, total + 1):
            self._pdf.page = page
            # The page's own stream must name the font: fpdf2 names it only when it changes.
            self._pdf.set_font("title", size=9)
            line = f"{footer}　　第{page}页 共{total}页"
            self.centred(line, Box(0, 0, WIDTH, HEIGHT), HEIGHT - MARGIN - 5.5, 8, FAINT)
        return bytes(self._pdf.output())

    def new_sheet(self) -> None:
        """A new page with paper colour, pattern, border, fold and watermark."""
        pdf = self._pdf
        pdf.add_page()
        pdf.set_fill_color(*PAPER)
        pdf.rect(0, 0, WIDTH, HEIGHT, style="F")
        self._pattern()
        pdf.set_draw_color(*MAROON)
        for inset, thickness in ((0.0, 0.9), (1.8, 0.25)):
            pdf.set_line_width(thickness)
            edge = MARGIN + inset
            pdf.rect(edge, edge, WIDTH - 2 * edge, HEIGHT - 2 * edge)
        self._corners()
        pdf.set_line_width(0.15)
        pdf.set_draw_color(*TINT)
        pdf.line(MIDDLE, MARGIN + 4, MIDDLE, HEIGHT - MARGIN - 9)
        if self._watermark:
            self._stamp()

    def display(self, text: str, box: Box, y: float, size: float) -> None:
        """The name of the document, spaced out and in the colour of its cover."""
        pdf = self._pdf
        pdf.set_font("title", size=size)
        pdf.set_text_color(*MAROON)
        glyph = pdf.get_string_width(text[0])
        pitch = min(glyph * 1.35, (box.width - glyph) / (len(text) - 1))
        x = box.x + (box.width - pitch * (len(text) - 1) - glyph) / 2
        for number, character in enumerate(text):
            pdf.text(x + number * pitch, y, character)

    def rosette(self, x: float, y: float, radius: float) -> None:
        """A guilloche flower, the ornament of the cover."""
        pdf = self._pdf
        pdf.set_draw_color(*ROSE)
        pdf.set_line_width(0.1)
        for ring in range(9):
            size = radius * (1 - ring * 0.055)
            points = []
            for step in range(ROSETTE_STEPS + 1):
                angle = 2 * math.pi * step / ROSETTE_STEPS
                reach = size * (0.86 + 0.14 * math.cos(16 * angle + ring * 0.7))
                points.append(
                    (round(x + reach * math.cos(angle), 2), round(y + reach * math.sin(angle), 2))
                )
            pdf.polyline(points)

    def heading(self, text: str, box: Box, size: float) -> None:
        """A heading above a frame."""
        self._pdf.set_font("title", size=size)
        self._pdf.set_text_color(*INK)
        width = self._pdf.get_string_width(text)
        self._pdf.text(box.x + (box.width - width) / 2, box.y + 7, text)

    def centred(
        self,
        text: str,
        box: Box,
        y: float,
        size: float,
        colour: tuple[int, int, int] = INK,
    ) -> None:
        """One line with its baseline at ``y``, in the middle of ``box``."""
        size = _fit(self._pdf, "text", text, box.width, size)
        self._write(text, box.x, y, box.width, size, colour)

    def right_aligned(self, text: str, box: Box, y: float, size: float) -> None:
        """One line in the middle of the right half of ``box``."""
        half = Box(box.x + box.width * 0.42, box.y, box.width * 0.58, box.height)
        self.centred(text, half, y, size)

    def small(self, text: str, x: float, y: float, width: float, *, centred: bool = True) -> None:
        """A caption."""
        self._write(text, x, y, width, 8, FAINT, centred=centred)

    def paragraph(self, text: str, box: Box, size: float) -> None:
        """Running text whose first line is indented by two characters."""
        self._set(size, INK)
        leading = size * _POINT * 2.05
        for number, line in enumerate(wrap(f"　　{text}", box.width, self._pdf.get_string_width)):
            self._line(line, box.x, box.y + number * leading, box.width)

    def framed_text(self, paragraphs: Sequence[str], box: Box) -> list[str]:
        """Text in a frame; answers the lines that found no room."""
        self._frame(box)
        size = 10.5
        leading = size * _POINT * 1.75
        self._set(size, INK)
        inner = box.width - 10
        lines = [
            line
            for paragraph in paragraphs
            for line in wrap(paragraph, inner, self._pdf.get_string_width)
        ]
        room = int((box.height - 8) / leading)
        for number, line in enumerate(lines[:room]):
            self._line(line, box.x + 5, box.y + 8 + number * leading, inner)
        return lines[room:]

    def row(self, label: str, text: str, box: Box, size: float = 11.5) -> list[str]:
        """One row of a table, its text as large as fits; answers the lines that found no room."""
        self._frame(box)
        self._pdf.line(box.x + _LABEL_WIDTH, box.y, box.x + _LABEL_WIDTH, box.bottom)
        self._label(label, box)
        inner = Box(box.x + _LABEL_WIDTH + 3, box.y, box.width - _LABEL_WIDTH - 6, box.height)
        while True:
            self._set(size, INK)
            lines = wrap(text, inner.width, self._pdf.get_string_width)
            leading = size * _POINT * LEADING
            room = max(1, int((inner.height - 1.5) / leading))
            if len(lines) <= room or size <= SMALLEST + 2:
                break
            size -= 0.5
        shown = lines[:room]
        top = inner.y + (inner.height - len(shown) * leading) / 2
        for number, line in enumerate(shown):
            self._line(line, inner.x, top + number * leading + leading * 0.72, inner.width)
        return lines[room:]

    def qr(self, url: str, x: float, y: float, side: float) -> None:
        """A QR code of ``url`` on a white ground."""
        self._pdf.set_fill_color(255, 255, 255)
        self._pdf.rect(x - 1.5, y - 1.5, side + 3, side + 3, style="F")
        draw_code(self._pdf, url, x, y, side, INK)

    def _label(self, label: str, box: Box) -> None:
        self._pdf.set_font("text", size=11)
        size = _fit(self._pdf, "text", label, _LABEL_WIDTH - 3, 11)
        cell = Box(box.x, box.y, _LABEL_WIDTH, box.height)
        self.centred(label, cell, box.y + box.height / 2 + size * _POINT * 0.36, size)

    def _write(
        self,
        text: str,
        x: float,
        y: float,
        width: float,
        size: float,
        colour: tuple[int, int, int],
        *,
        centred: bool = True,
    ) -> None:
        self._set(size, colour)
        free = width - self._pdf.get_string_width(text) if centred else 0
        self._line(text, x + free / 2, y, width)

    def _line(self, text: str, x: float, y: float, width: float) -> None:
        """One line with its baseline at ``y``; cell() is what knows fallback fonts."""
        height = self._pdf.font_size
        self._pdf.set_xy(x, y - height * 0.8)
        self._pdf.cell(width, height, text)

    def _set(self, size: float, colour: tuple[int, int, int]) -> None:
        self._pdf.set_font("text", size=size)
        self._pdf.set_text_color(*colour)

    def _frame(self, box: Box) -> None:
        self._pdf.set_draw_color(*INK)
        self._pdf.set_line_width(0.25)
        self._pdf.rect(box.x, box.y, box.width, box.height)

    def _pattern(self) -> None:
        """Fine waves behind everything, as on security paper."""
        pdf = self._pdf
        pdf.set_draw_color(*TINT)
        pdf.set_line_width(0.08)
        edge = MARGIN + 1.8
        step = 3.0
        count = int((WIDTH - 2 * edge) / step)
        with pdf.rect_clip(edge, edge, WIDTH - 2 * edge, HEIGHT - 2 * edge):
            for wave in range(34):
                base = edge + (HEIGHT - 2 * edge) * (wave + 0.5) / 34
                points = [
                    (
                        edge + number * (WIDTH - 2 * edge) / count,
                        base
                        + 5.5 * math.sin(number * 0.21 + wave * 0.35)
                        + 2.2 * math.cos(number * 0.55 - wave * 0.2),
                    )
                    for number in range(count + 1)
                ]
                pdf.polyline([(round(px, 2), round(py, 2)) for px, py in points])

    def _corners(self) -> None:
        pdf = self._pdf
        pdf.set_line_width(0.35)
        pdf.set_draw_color(*MAROON)
        near, far = MARGIN + 3.2, 6.0
        for right in (False, True):
            for low in (False, True):
                x = WIDTH - near - far if right else near
                y = HEIGHT - near - far if low else near
                horizontal = y + far if low else y
                vertical = x + far if right else x
                pdf.line(x, horizontal, x + far, horizontal)
                pdf.line(vertical, y, vertical, y + far)

    def _stamp(self) -> None:
        pdf = self._pdf
        pdf.set_font("title", size=96)
        pdf.set_text_color(*MAROON)
        width = pdf.get_string_width(self._watermark)
        for centre in (WIDTH / 4, WIDTH * 3 / 4):
            with (
                pdf.local_context(fill_opacity=0.08),
                pdf.rotation(30, centre, HEIGHT / 2),
            ):
                pdf.text(centre - width / 2, HEIGHT / 2 + 14, self._watermark)


def _fit(pdf: FPDF, family: str, text: str, width: float, size: float) -> float:
    """The largest size up to ``size`` at which ``text`` is no wider than ``width``."""
    pdf.set_font(family, size=size)
    actual = pdf.get_string_width(text)
    return size if actual <= width else max(SMALLEST, size * width / actual)
