"""One sheet handed to an applicant, as PDF: title, QR code, what it says, who signs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fpdf import FPDF

from kernel.clock import beijing_text, from_micros
from kernel.paper.code import draw_code
from kernel.paper.fonts import Fonts

MARGIN: Final = 20.0
LINE: Final = 8.0
LABEL_WIDTH: Final = 32.0
QR_SIZE: Final = 30.0
TITLE_SIZE: Final = 22
TEXT_SIZE: Final = 11
_WIDTH: Final = 210.0
_HEADING: Final = 16.0
_SEAL_SPACE: Final = 40.0
_PADDING: Final = 1.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed; ``at`` is when what it tells happened, in microseconds UTC."""

    title: str
    case_no: str
    lines: Sequence[tuple[str, str]]
    signed_by: str
    """Empty where the people of the case sign, in fields of their own."""
    at: int
    ruled: bool = False
    """Lines around the fields, as forms have them."""

    @property
    def text(self) -> str:
        """Everything that will be printed, to find the fonts for it."""
        words = [text for line in self.lines for text in line]
        return "".join((self.title, *words, self.signed_by))


def printed(sheet: Sheet) -> bytes:
    """The PDF.

    Raises :class:`kernel.errors.RefusedError` (``glyph_missing``) for a character no font has.
    """
    fonts = Fonts.load()
    fallbacks = fonts.fallbacks_for(sheet.text)
    pdf = FPDF(format="A4")
    pdf.set_title(f"{sheet.title} {sheet.case_no}")
    pdf.set_lang("zh-CN")
    pdf.set_creation_date(from_micros(sheet.at))
    pdf.add_font("text", fname=fonts.text)
    for number, font in enumerate(fallbacks):
        pdf.add_font(f"rare{number}", fname=font.path, collection_font_number=font.face)
    pdf.set_fallback_fonts([f"rare{number}" for number in range(len(fallbacks))])
    pdf.set_margin(MARGIN)
    pdf.set_auto_page_break(auto=True, margin=MARGIN)
    pdf.add_page()
    draw_code(pdf, sheet.case_no, _WIDTH - MARGIN - QR_SIZE, MARGIN, QR_SIZE)
    pdf.set_font("text", size=TITLE_SIZE)
    pdf.cell(0, _HEADING, sheet.title, align="C", new_x="LMARGIN", new_y="NEXT")
    # The lines begin below the code, so that no long one runs into it.
    pdf.set_y(MARGIN + QR_SIZE + LINE / 2)
    pdf.set_font("text", size=TEXT_SIZE)
    if sheet.ruled:
        _draw_form(pdf, sheet.lines)
    else:
        for label, text in sheet.lines:
            _draw_line(pdf, label, text)
    if sheet.signed_by:
        _draw_signature(pdf, sheet)
    return bytes(pdf.output())


def _draw_form(pdf: FPDF, lines: Sequence[tuple[str, str]]) -> None:
    with pdf.table(
        lines,
        col_widths=(LABEL_WIDTH, _WIDTH - 2 * MARGIN - LABEL_WIDTH),
        first_row_as_headings=False,
        line_height=LINE,
        padding=_PADDING,
        text_align="LEFT",
    ):
        pass


def _draw_line(pdf: FPDF, label: str, text: str) -> None:
    if pdf.will_page_break(LINE):
        pdf.add_page()
    pdf.cell(LABEL_WIDTH, LINE, label)
    pdf.set_left_margin(MARGIN + LABEL_WIDTH)
    pdf.multi_cell(_WIDTH - 2 * MARGIN - LABEL_WIDTH, LINE, text, new_x="LMARGIN", new_y="NEXT")
    pdf.set_left_margin(MARGIN)
    pdf.set_x(MARGIN)


def _draw_signature(pdf: FPDF, sheet: Sheet) -> None:
    """Who says it and when, at the right, with room for the seal; never torn over two pages."""
    if pdf.will_page_break(_SEAL_SPACE):
        pdf.add_page()
    pdf.ln(LINE)
    for text in (f"{sheet.signed_by}（盖章）", beijing_text(from_micros(sheet.at))):
        pdf.cell(0, LINE, text, align="R", new_x="LMARGIN", new_y="NEXT")
