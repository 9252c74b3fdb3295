"""Make the certificate's two fonts from Debian's fonts-noto-cjk; run only to renew them.

    python tests/setup/make_font_subset.py [FOLDER OF THE .ttc FILES]

The text font has Latin, punctuation, the hanzi of GB 2312 and those of the list of general
standard hanzi (通用规范汉字表, 8105); the title font has only what the headings say. Layout
features, hints and names that nobody reads are left out.
"""

import sys
from pathlib import Path
from typing import Final

from fontTools import subset
from fontTools.ttLib import TTFont

HERE: Final = Path(__file__).parent
TARGET: Final = HERE.parents[1] / "extranet_zone" / "certificates" / "fonts"
SOURCE: Final = Path("/usr/share/fonts/opentype/noto")
SIMPLIFIED: Final = "Noto Serif CJK SC"
RANGES: Final = ((0x20, 0x7E), (0xA0, 0xFF), (0x3000, 0x3017), (0xFF01, 0xFF5E), (0x2460, 0x2473))
MARKS: Final = "—…‘’“”·×÷±℃㎡№　○\u3007●□■△▲☆★→←↑↓"
TITLES: Final = (
    "中华人民共和国不动产权证书登记证明电子照样例根据民法典等律规为保护人合益对申请"
    " 所列利经审查核实准予颁发此机构章年月日自然资源部监制编号（）第0123456789附记"
)


def main() -> None:
    """Write both fonts and say how large they are."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE
    text = {chr(code) for first, last in RANGES for code in range(first, last + 1)}
    text |= set(MARKS) | set(gb2312()) | set(general_standard())
    write(folder / "NotoSerifCJK-Regular.ttc", text, TARGET / "tongban-serif.otf")
    write(folder / "NotoSerifCJK-Bold.ttc", set(TITLES), TARGET / "tongban-serif-title.otf")


def gb2312() -> list[str]:
    """The 6763 hanzi of GB 2312, rows 16 to 87."""
    found = []
    for row in range(16, 88):
        for cell in range(1, 95):
            try:
                found.append(bytes((row + 0xA0, cell + 0xA0)).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return found


def general_standard() -> str:
    """The hanzi of the 8105 that GB 2312 lacks."""
    return "".join((HERE / "general-standard-hanzi.txt").read_text("utf-8").split())


def write(source: Path, characters: set[str], target: Path) -> None:
    """Subset the simplified Chinese face of ``source``; the output is the same every time."""
    font = simplified_face(source)
    options = subset.Options(
        hinting=False,
        desubroutinize=False,
        layout_features=[],
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        name_languages=[0x409],
        notdef_outline=True,
        glyph_names=False,
        recalc_timestamp=False,
        drop_tables=["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "DSIG"],
    )
    worker = subset.Subsetter(options)
    worker.populate(text="".join(sorted(characters)))
    worker.subset(font)
    font.save(target)
    missing = sorted(characters - {chr(code) for code in font.getBestCmap()})
    print(f"{target.name}: {target.stat().st_size} bytes, {len(font.getBestCmap())} characters")
    print(f"  not in the source: {''.join(missing) or 'nothing'}")


def simplified_face(source: Path) -> TTFont:
    """The face of the collection whose name is :data:`SIMPLIFIED`."""
    for number in range(20):
        font = TTFont(source, fontNumber=number, recalcTimestamp=False)
        if str(font["name"].getDebugName(1)).startswith(SIMPLIFIED):
            return font
    raise SystemExit(f"{source} has no face {SIMPLIFIED}")


if __name__ == "__main__":
    main()
