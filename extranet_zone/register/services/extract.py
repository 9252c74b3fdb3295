"""The extract (登记簿查询结果证明) as a PDF: what a page shows, on paper, with its ground.

The same record printed for the same look at the same instant gives the same bytes. A table goes on
over as many sheets as it needs; each sheet names the unit and its number of all sheets.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fpdf import FPDF, FontFace
from fpdf.enums import Align, WrapMode, XPos, YPos

from extranet_zone.register.services.pages import RightShown, SeizureShown, UnitPage
from extranet_zone.register.services.search import Look
from kernel.clock import beijing_text, from_micros
from kernel.paper.fonts import Fonts

TITLE: Final = "不动产登记簿查询结果证明"
SAMPLE: Final = "样例"
MARGIN: Final = 18.0
_LABEL: Final = 32
_TEXT: Final = 174 - _LABEL
"""Millimetres of the two columns."""
_SIZE: Final = 10.0
_LINE: Final = 6.0
_HEADING_AND_ROW: Final = 40.0
DISCLAIMER: Final = (
    "本证明载明的是查询时点登记簿的记载，仅供所填查询目的使用；登记簿其后的变化不在其内。"
    "查询人不得泄露查询所得的不动产登记资料（《不动产登记暂行条例》第二十八条 [K]）。"
)


@dataclass(frozen=True, slots=True)
class ExtractPaper:
    """In whose name it is printed, and with what; ``sample`` says so on every sheet."""

    authority: str
    fonts: Fonts
    sample: bool


def render_extract(page: UnitPage, look: Look, paper: ExtractPaper) -> bytes:
    """The extract of ``page`` as a PDF.

    Raises :class:`kernel.errors.RefusedError` with code ``glyph_missing``.
    """
    sections = list(_sections(page, look))
    printed = "".join(
        [TITLE, SAMPLE, DISCLAIMER, paper.authority, look.actor.display_name]
        + [title + "".join(label + text for label, text in rows) for title, rows in sections]
    )
    pdf = _Sheet(page.grouped, paper, printed)
    pdf.set_creation_date(from_micros(page.at))
    pdf.add_page()
    pdf.headline(TITLE)
    for title, rows in sections:
        pdf.section(title, rows)
    pdf.paragraph(DISCLAIMER)
    pdf.paragraph(f"{paper.authority}　　{beijing_text(from_micros(page.at))}")
    return bytes(pdf.output())


Row = tuple[str, str]


def _sections(page: UnitPage, look: Look) -> Iterator[tuple[str, Sequence[Row]]]:
    yield (
        "查询",
        (
            ("查询目的", look.purpose.label),
            ("查询依据", look.ground),
            ("经办人", look.actor.display_name),
            ("查询时点", beijing_text(from_micros(page.at))),
            ("姓名、证件号", "部分遮蔽" if page.masked else "完整显示"),
        ),
    )
    yield "不动产单元", (("不动产单元号", page.grouped), *page.facts)
    yield "现势权利", _rights(page.current) or (("—", "没有现势权利"),)
    yield "查封", _seizures(page.seizures) or (("—", "没有查封"),)


def _rights(rights: Sequence[RightShown]) -> tuple[Row, ...]:
    return tuple((right.title, "\n".join(_lines(right))) for right in rights)


def _lines(right: RightShown) -> Iterator[str]:
    if right.certificate_no:
        yield f"证号：{right.certificate_no}"
    for holder in right.holders:
        share = f"，份额 {holder.share}" if holder.share else ""
        document = f"，{holder.document}" if holder.document else ""
        yield f"权利人：{holder.name}{document}{share}"
    if right.sharing:
        yield f"共有方式：{right.sharing}"
    yield from (f"{label}：{text}" for label, text in right.facts)
    yield f"登簿时间：{beijing_text(from_micros(right.recorded_at))}"


def _seizures(seizures: Sequence[SeizureShown]) -> tuple[Row, ...]:
    return tuple(
        (f"第{seizure.place}顺位　{seizure.kind}", _seizure_text(seizure)) for seizure in seizures
    )


def _seizure_text(seizure: SeizureShown) -> str:
    return (
        f"{seizure.court}\n文号：{seizure.document_no}\n期限：{seizure.term}\n"
        f"送达：{beijing_text(from_micros(seizure.arrived_at))}"
    )


class _Sheet(FPDF):
    """A4 upright with our fonts; header and footer are what fpdf2 asks for on every sheet."""

    def __init__(self, grouped: str, paper: ExtractPaper, printed: str) -> None:
        super().__init__(orientation="P", unit="mm", format="A4")
        self._grouped = grouped
        self._watermark = SAMPLE if paper.sample else ""
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, margin=MARGIN)
        self.add_font("text", "", paper.fonts.text)
        fallbacks = paper.fonts.fallbacks_for(printed)
        for number, font in enumerate(fallbacks):
            self.add_font(f"rare{number}", "", font.path, collection_font_number=font.face)
        self.set_fallback_fonts([f"rare{number}" for number in range(len(fallbacks))])
        self.set_title(TITLE)
        self.set_author(paper.authority)
        self.set_creator("Tongban")
        self.set_producer("Tongban")
        self.set_lang("zh-CN")
        self.alias_nb_pages("{pages}")

    def header(self) -> None:
        """The watermark of samples, behind everything."""
        if self._watermark:
            self.set_font("text", size=80)
            self.set_text_color(200, 60, 60)
            with self.local_context(fill_opacity=0.08), self.rotation(35, 105, 148):
                self.text(70, 160, self._watermark)
            self.set_text_color(0)

    def footer(self) -> None:
        """Unit and number of the sheet."""
        self.set_y(-13)
        self.set_font("text", size=8)
        self.cell(0, 5, f"{self._grouped}　　第{self.page_no()}页 共{{pages}}页", align=Align.C)

    def headline(self, text: str) -> None:
        """The name of the document."""
        self.set_font("text", size=18)
        self.cell(0, 14, text, align=Align.C, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def section(self, title: str, rows: Sequence[Row]) -> None:
        """A heading and a table of label and text; a heading never stands alone at the bottom."""
        if self.will_page_break(_HEADING_AND_ROW):
            self.add_page()
        self.set_font("text", size=12)
        self.cell(0, 10, title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_font("text", size=_SIZE)
        with self.table(
            col_widths=(_LABEL, _TEXT),
            first_row_as_headings=False,
            headings_style=FontFace(emphasis=None),
            line_height=_LINE,
            text_align=Align.L,
            wrapmode=WrapMode.CHAR,
            padding=1,
        ) as table:
            for label, text in rows:
                row = table.row()
                row.cell(label)
                row.cell(text)

    def paragraph(self, text: str) -> None:
        """Running text below the tables."""
        self.ln(3)
        self.set_font("text", size=9)
        self.multi_cell(0, 5, text, wrapmode=WrapMode.CHAR, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
