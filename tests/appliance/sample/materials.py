"""Scanned materials of a case from a seed: the full set of a transfer, and tiny ones by the dozen.

Every page is stamped 样例数据 非真实材料.
"""

import io
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

from fpdf import FPDF

from appliance.sample.paper import FULL, SMALL, Ink, Scan, scanned_page
from appliance.sample.people import BUYER, SELLER
from appliance.sample.texts import PAGES, Named, invented_pair, lines_of

CONTRACT_PAGES: Final = 20
MAIN_PAGES: Final = 30
_WORKERS: Final = 2
_PDF_MADE: Final = datetime(2026, 1, 5, tzinfo=UTC)
_A4_MM: Final = (210, 297)
_MAIN_PAIR: Final = (
    # The buyer applies: the portal's applicant of a transfer is the transferee.
    Named(BUYER.name, BUYER.identity_no),
    Named(SELLER.name, SELLER.identity_no),
)
_MAIN: Final = (
    # code of the catalogue, title, pages, as one PDF
    ("application-form", "不动产登记申请书", 2, False),
    ("identity", "申请人身份证明", 2, False),
    ("title-certificate", "不动产权属证书", 2, False),
    ("contract", "存量房买卖合同", CONTRACT_PAGES, True),
    ("tax-proof", "契税完税凭证", 4, False),
)
MAIN_CODES: Final = tuple(code for code, _title, _pages, _pdf in _MAIN)
SMALL_OF_ITEM: Final = {
    "transfer-existing": ("application-form", "identity", "title-certificate", "contract"),
    "mortgage-first": (
        "application-form",
        "identity",
        "title-certificate",
        "loan-contract",
        "mortgage-contract",
    ),
    "mortgage-cancel": ("application-form", "identity", "extinction-proof"),
    "change-details": ("application-form", "identity", "title-certificate", "change-proof"),
}
"""The required materials of each item, by the catalogue's codes."""


Upload = tuple[str, Path, str]
"""The material's code in the catalogue, the file, its media type."""


@dataclass(frozen=True, slots=True)
class Material:
    """One file as an applicant uploads it."""

    code: str
    title: str
    file_name: str
    media_type: str
    pages: int
    data: bytes


def main_materials(seed: int, ink: Ink | None = None) -> tuple[Material, ...]:
    """Thirty pages A4 at 300 dpi: ten pictures, and the contract as one PDF."""
    ink = ink or Ink.find()
    wanted = [(code, page) for code, _title, pages, _pdf in _MAIN for page in range(1, pages + 1)]

    def draw(page: tuple[str, int]) -> bytes:
        return _page(ink, FULL, f"main:{seed}", *page, _MAIN_PAIR)

    # Pillow leaves the interpreter lock while it blends and compresses.
    with ThreadPoolExecutor(_WORKERS) as pool:
        scans = pool.map(draw, wanted)
        return tuple(
            material
            for code, title, pages, as_pdf in _MAIN
            for material in _bound(code, title, [next(scans) for _page in range(pages)], as_pdf)
        )


def small_materials(seed: int, n: int, ink: Ink | None = None) -> tuple[Material, ...]:
    """``n`` tiny pictures, all different, of materials in turn."""
    ink = ink or Ink.find()
    codes = tuple(PAGES)
    return tuple(
        _small(ink, f"small:{seed}:{index}", codes[index % len(codes)], index, None)
        for index in range(n)
    )


def case_materials(
    item_code: str,
    seed: str,
    pair: tuple[Named, Named] | None = None,
    ink: Ink | None = None,
) -> tuple[Material, ...]:
    """A tiny picture of each material that the item requires, naming ``pair`` where given."""
    ink = ink or Ink.find()
    return tuple(
        _small(ink, f"case:{seed}:{code}", code, index, pair)
        for index, code in enumerate(SMALL_OF_ITEM[item_code])
    )


def write_materials(folder: Path, materials: Sequence[Material]) -> tuple[Path, ...]:
    """Write each file under its own name; answers the paths in the same order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / material.file_name for material in materials)
    for path, material in zip(paths, materials, strict=True):
        path.write_bytes(material.data)
    return paths


def write_case_materials(
    folder: Path, seed: int, codes: Collection[str] = MAIN_CODES
) -> tuple[Upload, ...]:
    """Write the main case's materials, those of ``codes``, in the order of the upload."""
    return _written(folder, [made for made in main_materials(seed) if made.code in codes])


def write_small_materials(
    folder: Path, seed: int, item_code: str = "transfer-existing"
) -> tuple[Upload, ...]:
    """Write a tiny picture of each material that the item requires."""
    return _written(folder, case_materials(item_code, f"{seed}"))


def write_papers(folder: Path, seed: str, codes: Sequence[str]) -> tuple[Upload, ...]:
    """Write a tiny picture of each of ``codes``; any code of the catalogue will do."""
    ink = Ink.find()
    made = [_small(ink, f"paper:{seed}:{code}", code, n, None) for n, code in enumerate(codes)]
    return _written(folder, made)


def _written(folder: Path, materials: Sequence[Material]) -> tuple[Upload, ...]:
    paths = write_materials(folder, materials)
    return tuple(
        (material.code, path, material.media_type)
        for material, path in zip(materials, paths, strict=True)
    )


def pdf_of(pages: Sequence[bytes]) -> bytes:
    """One PDF that holds the JPEG pages as they are, one to a sheet."""
    document = FPDF(unit="mm", format="A4")
    document.set_creation_date(_PDF_MADE)
    document.set_auto_page_break(auto=False)
    for page in pages:
        document.add_page()
        document.image(io.BytesIO(page), x=0, y=0, w=_A4_MM[0], h=_A4_MM[1])
    return bytes(document.output())


def _small(
    ink: Ink, seed: str, code: str, index: int, pair: tuple[Named, Named] | None
) -> Material:
    data = _page(ink, SMALL, seed, code, 1, pair or invented_pair(Random(f"pair:{seed}")))
    title = PAGES.get(code, code)
    return Material(code, title, f"{index + 1:02d}-{title}.jpg", "image/jpeg", 1, data)


def _page(
    ink: Ink, scan: Scan, seed: str, code: str, number: int, pair: tuple[Named, Named]
) -> bytes:
    here = f"{seed}:{code}:{number}"
    heading = PAGES.get(code, code)
    title = heading if number == 1 else f"{heading}（第{number}页）"
    lines = lines_of(code, number, pair, Random(f"text:{here}"))
    return scanned_page(ink, scan, here, title, lines)


def _bound(code: str, title: str, scans: list[bytes], as_pdf: bool) -> Iterator[Material]:
    if as_pdf:
        yield Material(code, title, f"{title}.pdf", "application/pdf", len(scans), pdf_of(scans))
        return
    for number, scan in enumerate(scans, 1):
        yield Material(code, title, f"{title}-{number:02d}.jpg", "image/jpeg", 1, scan)
