"""Scanned materials, whole and spoilt."""

import io
from pathlib import Path

import pytest
from appliance.sample.bad_files import write_bad_files
from appliance.sample.materials import (
    CONTRACT_PAGES,
    MAIN_CODES,
    MAIN_PAGES,
    SMALL_OF_ITEM,
    Material,
    case_materials,
    main_materials,
    pdf_of,
    small_materials,
    write_materials,
    write_small_materials,
)
from appliance.sample.paper import FULL, SMALL, Ink, scanned_page
from PIL import Image

from extranet_zone.catalogue.reading import PACKAGED, read_edition
from kernel.catalogue.demands import Standing, demands
from kernel.catalogue.subjects import Stated, subjects_of_case
from kernel.errors import InvalidValueError
from kernel.materials.inspect import inspect


@pytest.fixture(scope="module")
def main() -> tuple[Material, ...]:
    return main_materials(1)


def test_the_main_case_has_thirty_pages_of_realistic_size(main: tuple[Material, ...]) -> None:
    assert sum(material.pages for material in main) == MAIN_PAGES
    assert 20e6 < sum(len(material.data) for material in main) < 60e6
    for material in main:
        assert 0.6e6 < len(material.data) / material.pages < 1.8e6


def test_pages_are_a4_at_300_dpi(main: tuple[Material, ...]) -> None:
    with Image.open(io.BytesIO(main[0].data)) as page:
        assert page.size == (2480, 3508)
        assert page.info["dpi"] == (300, 300)


def test_an_upload_takes_every_file_for_what_it_is(
    main: tuple[Material, ...], tmp_path: Path
) -> None:
    for path, material in zip(write_materials(tmp_path, main), main, strict=True):
        found = inspect(path, material.file_name)
        assert (found.media_type, found.pages) == (material.media_type, material.pages)


def test_one_file_is_a_pdf_of_many_pages(main: tuple[Material, ...]) -> None:
    documents = [material for material in main if material.media_type == "application/pdf"]
    assert [document.pages for document in documents] == [CONTRACT_PAGES]


def test_the_same_seed_gives_the_same_bytes() -> None:
    ink = Ink.find()
    pages = [scanned_page(ink, FULL, "1", "标题", ["第1条"]) for _again in range(2)]
    assert pages[0] == pages[1]
    assert pdf_of(pages) == pdf_of(pages)
    assert small_materials(5, 3) == small_materials(5, 3)


def test_no_two_files_are_the_same() -> None:
    files = [
        *small_materials(1, 12),
        *small_materials(2, 12),
        *case_materials("transfer-existing", "1:1"),
        *case_materials("transfer-existing", "1:2"),
    ]
    assert len({material.data for material in files}) == len(files)
    assert max(len(material.data) for material in files) < 80_000


def test_every_item_gets_what_the_catalogue_requires() -> None:
    edition = read_edition(PACKAGED)
    for code, ours in SMALL_OF_ITEM.items():
        item = edition.item(code)
        assert item is not None
        # The sample's transfers are sales of a natural person's commodity flat.
        stated = Stated("", "online", {"situation": "sale"}, ())
        required = {
            demand.rule.code
            for demand in demands(edition, item, subjects_of_case(item, stated))
            if demand.standing is Standing.REQUIRED
        }
        assert set(ours) == required
        assert {material.code for material in case_materials(code, "1")} == required


def test_the_main_case_has_every_material_of_a_transfer() -> None:
    assert set(SMALL_OF_ITEM["transfer-existing"]) < set(MAIN_CODES)


def test_small_materials_come_as_an_upload_wants_them(tmp_path: Path) -> None:
    for code, path, media_type in write_small_materials(tmp_path, 1):
        assert code in MAIN_CODES
        assert inspect(path, path.name).media_type == media_type


def test_every_page_is_stamped_in_red_even_without_a_chinese_font() -> None:
    for ink in (Ink.find(), Ink(None)):
        with Image.open(io.BytesIO(scanned_page(ink, SMALL, "1", "标题", ["第1条"]))) as page:
            width, height = page.size
            foot = page.crop((0, height - width // 4, width, height))
        channels = (channel.tobytes() for channel in foot.split())
        stamped = sum(r > 150 and g < 100 and b < 100 for r, g, b in zip(*channels, strict=True))
        assert stamped > 1000


def test_each_bad_file_is_refused_for_its_own_defect(tmp_path: Path) -> None:
    for bad in write_bad_files(tmp_path, 1):
        if bad.code is None:
            inspect(bad.path, bad.path.name)
            continue
        with pytest.raises(InvalidValueError) as refused:
            inspect(bad.path, bad.path.name)
        assert refused.value.code == bad.code, bad.path.name
