"""Scanned pages: text on textured paper, stamped as a sample, as JPEG bytes.

A page depends on its arguments alone: the paper's grain comes from the seed, and the fonts decide
the rest, so the same seed gives the same bytes on one machine.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final, Self

from PIL import Image, ImageDraw, ImageFont

STAMP: Final = "样例数据 非真实材料"
LATIN_STAMP: Final = "SAMPLE DATA - NOT A REAL DOCUMENT"
A4_300_DPI: Final = (2480, 3508)
A4_SMALL: Final = (620, 877)
_OTF: Final = Path(__file__).parents[3] / "kernel/paper/fonts/tongban-serif.otf"
_FONTS: Final = (
    # Noto Sans CJK is lighter to draw than Serif; face 2 is simplified Chinese.
    (Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"), 2),
    (Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"), 2),
    (_OTF, 0),
)
_INK: Final = 42
_STAMP_INK: Final = (206, 38, 38)
_WARMTH: Final = (2, 10)
"""By how much green and blue of old paper stay behind red."""


@dataclass(frozen=True, slots=True)
class Ink:
    """The fonts of a page; without a Chinese font only Latin text is drawn."""

    path: Path | None
    face: int = 0

    @classmethod
    def find(cls) -> Self:
        """The system's Noto CJK, otherwise the font of the certificates, otherwise Latin only."""
        return next((cls(path, face) for path, face in _FONTS if path.is_file()), cls(None))

    def font(self, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        """The font at a size in pixels."""
        if self.path is None:
            return ImageFont.load_default(size)
        return ImageFont.truetype(self.path, size, index=self.face)

    def drawable(self, text: str) -> str:
        """What of ``text`` the font has."""
        if self.path is not None:
            return text
        return "".join(character if character.isascii() else " " for character in text)


@dataclass(frozen=True, slots=True)
class Scan:
    """How a page is scanned."""

    size: tuple[int, int]
    grain: float
    """Share of noise in the paper, 0 to 1."""
    quality: int
    """Of the JPEG."""
    dpi: int


FULL: Final = Scan(A4_300_DPI, 0.055, 80, 300)
"""As a window's scanner does it: about one megabyte."""
SMALL: Final = Scan(A4_SMALL, 0.01, 60, 75)
"""Legible, and some twenty kilobytes."""


def scanned_page(ink: Ink, scan: Scan, seed: str, title: str, lines: Sequence[str]) -> bytes:
    """One page as JPEG; ``lines`` that do not fit on it are left out."""
    width, height = scan.size
    paper = Image.new("L", scan.size, 246)
    _write(ImageDraw.Draw(paper), ink, scan.size, title, lines)
    coarse = (width // 2, height // 2)
    noise = Image.frombytes("L", coarse, Random(seed).randbytes(coarse[0] * coarse[1]))
    paper = Image.blend(paper, noise.resize(scan.size, Image.Resampling.BILINEAR), scan.grain)
    green, blue = (paper.point([max(0, value - less) for value in range(256)]) for less in _WARMTH)
    page = Image.merge("RGB", (paper, green, blue))
    _stamp(page, ink)
    written = io.BytesIO()
    page.save(written, "JPEG", quality=scan.quality, dpi=(scan.dpi, scan.dpi))
    return written.getvalue()


def _write(
    draw: ImageDraw.ImageDraw, ink: Ink, size: tuple[int, int], title: str, lines: Sequence[str]
) -> None:
    width, height = size
    margin = width // 10
    body = width // 46
    heading = ink.font(width // 26)
    draw.text((width // 2, margin), ink.drawable(title), font=heading, fill=_INK, anchor="mt")
    font = ink.font(body)
    top = margin + width // 10
    for line in lines:
        for part in _wrapped(line, (width - 2 * margin) // body):
            if top > height - 2 * margin:
                return
            draw.text((margin, top), ink.drawable(part), font=font, fill=_INK)
            top += body * 17 // 10


def _wrapped(line: str, columns: int) -> list[str]:
    return [line[start : start + columns] for start in range(0, len(line), columns)] or [""]


def _stamp(page: Image.Image, ink: Ink) -> None:
    """The words that nobody can overlook, in red across the foot of the page."""
    width, height = page.size
    text = LATIN_STAMP if ink.path is None else STAMP
    draw = ImageDraw.Draw(page)
    middle = (width // 2, height - width // 8)
    font = ink.font(width // 18)
    left, top, right, bottom = draw.textbbox(middle, text, font=font, anchor="mm")
    edge = width // 50
    draw.rectangle(
        (left - edge, top - edge, right + edge, bottom + edge),
        outline=_STAMP_INK,
        width=max(2, width // 300),
    )
    draw.text(middle, text, font=font, fill=_STAMP_INK, anchor="mm")
