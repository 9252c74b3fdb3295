"""A QR code on a sheet of paper, drawn as rectangles so that it prints sharp at every size."""

import segno
from fpdf import FPDF


def draw_code(
    pdf: FPDF, text: str, x: float, y: float, side: float, ink: tuple[int, int, int] = (0, 0, 0)
) -> None:
    """Draw ``text`` as a square with its upper left corner at ``x``, ``y``; in the page's unit."""
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix]
    module = side / len(rows)
    pdf.set_fill_color(*ink)
    for down, row in enumerate(rows):
        across = 0
        while across < len(row):
            run = across
            while run < len(row) and row[run]:
                run += 1
            if run > across:
                # Runs are drawn whole and a trifle tall: no hairlines between modules.
                pdf.rect(
                    x + across * module,
                    y + down * module,
                    (run - across) * module,
                    module + 0.02,
                    style="F",
                )
            across = run + 1
