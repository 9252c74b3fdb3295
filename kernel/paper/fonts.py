"""Fonts of what is printed: ours in the package, the system's for rare characters of names."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from fontTools.ttLib import TTFont

from kernel.errors import RefusedError

FOLDER: Final = Path(__file__).parent / "fonts"
MAX_NAMED: Final = 20
"""Code points an error names."""


@dataclass(frozen=True, slots=True)
class SystemFont:
    """A font of the system; ``face`` is its number in a collection."""

    path: Path
    face: int = 0


SYSTEM_FONTS: Final = (
    SystemFont(Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"), 2),
    SystemFont(Path("/usr/share/fonts/truetype/hanazono/HanaMinA.ttf")),
    SystemFont(Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf")),
)
"""Debian's fonts-noto-cjk and fonts-hanazono, in the order in which they are asked."""


@dataclass(frozen=True, slots=True)
class Fonts:
    """The fonts a renderer may use, and what the text font covers."""

    text: Path
    title: Path
    coverage: frozenset[int]
    system: tuple[SystemFont, ...]

    @classmethod
    def load(cls, system: Sequence[SystemFont] = SYSTEM_FONTS) -> Self:
        """Read the package's fonts once; system fonts that are not installed are left out."""
        text = FOLDER / "tongban-serif.otf"
        return cls(
            text=text,
            title=FOLDER / "tongban-serif-title.otf",
            coverage=_coverage(text, 0),
            system=tuple(font for font in system if font.path.is_file()),
        )

    def fallbacks_for(self, text: str) -> tuple[SystemFont, ...]:
        """The system fonts that ``text`` needs besides the text font, usually none.

        Raises :class:`RefusedError` (``glyph_missing``) naming the code points nobody has.
        """
        missing = {ord(character) for character in text if character != "\n"} - self.coverage
        needed = []
        for font in self.system:
            if not missing:
                break
            found = missing & _coverage(font.path, font.face)
            if found:
                needed.append(font)
                missing -= found
        if missing:
            named = [f"U+{code:04X}" for code in sorted(missing)[:MAX_NAMED]]
            raise RefusedError(
                "glyph_missing",
                f"字库缺少字形，无法打印：{'、'.join(named)}，请系统管理员安装生僻字字库",
                code_points=" ".join(named),
            )
        return tuple(needed)


def _coverage(path: Path, face: int) -> frozenset[int]:
    with TTFont(path, fontNumber=face, lazy=True) as font:
        return frozenset(font.getBestCmap())
