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
_ROW_LINE: Final = 6.8
_ROW_LINES: Final = 24
"""Of one row of a table, so that every row fits on a page."""
_SIGNER_WIDTH: Final = 80.0
_DAY_WIDTH: Final = 45.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed; ``at`` is when what it tells happened, in microseconds UTC."""

    title: str
    case_no: str
    lines: Sequence[tuple[str, str]]
    signed_by: str
    at: int
    ruled: bool = False
    """The lines are rows of a table."""
    signers: Sequence[str] = ()
    """Who signs by hand; nobody where the authority seals."""

    @property
    def text(self) -> str:
        """Everything that will be printed, to find the fonts for it."""
        words = [text for line in self.lines for text in line]
        return "".join((self.title, *words, self.signed_by, *self.signers))


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
    for label, text in sheet.lines:
        if sheet.ruled:
            _draw_row(pdf, label, text)
        else:
            _draw_line(pdf, label, text)
    if sheet.signers:
        _draw_signers(pdf, sheet.signers)
    else:
        _draw_signature(pdf, sheet)
    return bytes(pdf.output())


def _draw_line(pdf: FPDF, label: str, text: str) -> None:
    if pdf.will_page_break(LINE):
        pdf.add_page()
    pdf.cell(LABEL_WIDTH, LINE, label)
    pdf.set_left_margin(MARGIN + LABEL_WIDTH)
    pdf.multi_cell(_WIDTH - 2 * MARGIN - LABEL_WIDTH, LINE, text, new_x="LMARGIN", new_y="NEXT")
    pdf.set_left_margin(MARGIN)
    pdf.set_x(MARGIN)


def _draw_row(pdf: FPDF, label: str, text: str) -> None:
    """A label and its text in two boxes of one height; a long text goes on in further rows."""
    wide = _WIDTH - 2 * MARGIN - LABEL_WIDTH
    labels = _wrapped(pdf, label, LABEL_WIDTH)
    lines = _wrapped(pdf, text, wide)
    while lines or labels:
        high = max(len(labels), min(len(lines), _ROW_LINES)) * _ROW_LINE
        if pdf.will_page_break(high):
            pdf.add_page()
        x, y = MARGIN, pdf.get_y()
        pdf.rect(x, y, LABEL_WIDTH, high)
        pdf.rect(x + LABEL_WIDTH, y, wide, high)
        for left, width, words in ((x, LABEL_WIDTH, labels), (x + LABEL_WIDTH, wide, lines)):
            for n, line in enumerate(words[:_ROW_LINES]):
                pdf.set_xy(left, y + n * _ROW_LINE)
                pdf.cell(width, _ROW_LINE, line)
        labels, lines = [], lines[_ROW_LINES:]
        pdf.set_xy(MARGIN, y + high)


def _wrapped(pdf: FPDF, text: str, width: float) -> list[str]:
    # What fpdf2 answers depends on ``output``, which its types cannot say.
    lines = pdf.multi_cell(width, LINE, text, dry_run=True, output="LINES")
    return [str(line) for line in lines] if isinstance(lines, list) else []


def _draw_signers(pdf: FPDF, signers: Sequence[str]) -> None:
    """A line to sign on and the day, for each; no one's is torn over two pages."""
    pdf.ln(LINE)
    for signer in signers:
        lines = [*_wrapped(pdf, signer, _SIGNER_WIDTH)]
        high = len(lines) * LINE + LINE
        if pdf.will_page_break(high):
            pdf.add_page()
        y = pdf.get_y()
        for n, line in enumerate(lines):
            pdf.set_xy(MARGIN, y + n * LINE)
            pdf.cell(_SIGNER_WIDTH, LINE, line)
        ruled_at = y + len(lines) * LINE
        pdf.line(MARGIN + _SIGNER_WIDTH, ruled_at, _WIDTH - MARGIN - _DAY_WIDTH, ruled_at)
        pdf.set_xy(_WIDTH - MARGIN - _DAY_WIDTH, ruled_at - LINE)
        pdf.cell(_DAY_WIDTH, LINE, "　　　年　　月　　日", align="R")
        pdf.set_xy(MARGIN, y + high)


def _draw_signature(pdf: FPDF, sheet: Sheet) -> None:
    """Who says it and when, at the right, with room for the seal; never torn over two pages."""
    if pdf.will_page_break(_SEAL_SPACE):
        pdf.add_page()
    pdf.ln(LINE)
    for text in (f"{sheet.signed_by}（盖章）", beijing_text(from_micros(sheet.at))):
        pdf.cell(0, LINE, text, align="R", new_x="LMARGIN", new_y="NEXT")
