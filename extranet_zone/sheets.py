"""Excel files that open safely: every text is a text cell, never a formula; rows are bounded.

A spreadsheet runs what begins with ``=``, ``+``, ``-`` or ``@``. Cells are written as strings with
Excel's own mark for text (quote prefix), so that they stay text when somebody edits them, too.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import xlsxwriter
from flask import Response

MAX_ROWS: Final = 10_000
"""Rows of one sheet; beyond this the filters are for it."""
MIME: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MAX_TITLE: Final = 31
_MAX_TEXT: Final = 32_000
_RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_WIDTH: Final = 18

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: a title of at most 31 characters, headings, rows; ``cut`` says rows are missing.

    ``note`` stands above the table: what was counted, for whom, on what ground.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    cut: bool = False


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """The sheets as one ``.xlsx``; a sheet with too many rows is cut and says so in its last."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        quoted = book.add_format({"quote_prefix": True})
        strong = book.add_format({"bold": True})
        for sheet in sheets:
            page = book.add_worksheet(sheet.title[:_MAX_TITLE])
            page.set_column(0, max(len(sheet.headings) - 1, 0), _WIDTH)
            lines: list[Sequence[Cell]] = [[sheet.note]] if sheet.note else []
            lines += [sheet.headings, *sheet.rows[:MAX_ROWS]]
            if sheet.cut or len(sheet.rows) > MAX_ROWS:
                lines.append([f"已截断：只导出前 {min(len(sheet.rows), MAX_ROWS)} 行，请缩小范围"])
            for place, line in enumerate(lines):
                heading = line is sheet.headings
                for column, cell in enumerate(line):
                    if cell is None:
                        continue
                    if isinstance(cell, str):
                        form = strong if heading else quoted if cell.startswith(_RISKY) else None
                        page.write_string(place, column, _printable(cell), form)
                    else:
                        page.write_number(place, column, cell)
    return file.getvalue()


def as_download(sheets: Sequence[Sheet], name: str) -> Response:
    """The workbook as an answer that a browser saves under ``name`` (ASCII) and keeps nowhere."""
    return Response(
        workbook(sheets),
        mimetype=MIME,
        headers={
            "Content-Disposition": f'attachment; filename="{name}.xlsx"',
            "Cache-Control": "no-store",
        },
    )


def _printable(text: str) -> str:
    # Control characters cannot stand in XML; Excel would call the file damaged.
    kept = "".join(sign for sign in text if sign >= " " or sign in "\t\n")
    return kept[:_MAX_TEXT]
