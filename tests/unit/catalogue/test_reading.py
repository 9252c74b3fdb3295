"""Claims about reading an edition: one defect, one refusal, named by file and key."""

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from extranet_zone.catalogue.diff import diff
from extranet_zone.catalogue.reading import PACKAGED, read_archive, read_edition
from kernel.catalogue.edition import Edition
from kernel.errors import SettingsError

ITEM = "items/transfer-existing.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACKAGED, tmp_path / "edition"))


def change(folder: Path, file: str, before: str, after: str) -> None:
    text = (folder / file).read_text("utf-8")
    assert before in text
    (folder / file).write_text(text.replace(before, after, 1), "utf-8")


def archive(folder: Path) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for path in sorted(folder.rglob("*.toml")):
            file.write(path, path.relative_to(folder).as_posix())
    return made.getvalue()


def test_a_folder_and_its_archive_say_the_same(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "edition.zip"
    path.write_bytes(archive(folder))
    assert read_edition(path) == read_edition(folder)


@pytest.mark.parametrize(
    ("file", "before", "after", "words"),
    [
        (ITEM, "promised_working_days = 5", "promised_working_days = 31", "不能大于 30"),
        (ITEM, 'effect = "transfer"', 'effect = "gift"', "effect"),
        (ITEM, 'code = "transfer-existing"', 'code = "transfer-existing"\ncolour = 1', "colour"),
        (ITEM, 'registration_type = "200"', 'registration_type = "20"', "registration_type"),
        (ITEM, 'code = "identity"', 'code = "title-certificate"', "代码重复"),
        (ITEM, 'is = ["sale"]', 'is = ["theft"]', "申请情形"),
        (ITEM, "party.transferor.kind", "party.mortgagor.kind", "没有判断对象"),
        (ITEM, 'when_text = "因买卖转移时"\n', "", "when_text"),
        (ITEM, 'payer = "transferee"', 'payer = "mortgagee"', "没有角色"),
        (ITEM, 'waived_by = "tax"', 'waived_by = "oracle"', "oracle"),
        (ITEM, "open = true", 'open = true\nreason = "无"', "remote"),
        (
            "items/mortgage-first.toml",
            'not_before = "debt_from"',
            'not_before = "x"',
            "之前没有日期",
        ),
        ("slots/10-mortgage.toml", 'item = "mortgage-first"', 'item = "none"', "none"),
        ("slots/10-mortgage.toml", "number = 69", "number = 1", "序号"),
        ("fees.toml", "dwelling_fen = 8000", "dwelling_fen = -1", "dwelling_fen"),
        ("fees.toml", "fen = 8000\nbasis", "fen = 8000\npercent = 1\nbasis", "percent 或 fen"),
        ("exclusions.toml", "unit.ownership", "unit.colour", "unit.colour"),
        ("edition.toml", "phase = 3", "phase = 4", "phase"),
        ("edition.toml", 'valid_from = "2026-01-01"', 'valid_from = "2026"', "valid_from"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_key(
    folder: Path, file: str, before: str, after: str, words: str
) -> None:
    change(folder, file, before, after)
    with pytest.raises(SettingsError, match="catalogue_invalid") as refused:
        read_edition(folder)
    assert words in refused.value.message


def test_a_material_whose_source_is_live_may_not_be_required(folder: Path) -> None:
    """S-178: what can be shared is not asked for."""
    change(folder, "sources.toml", "live = false", "live = true")
    edition = read_edition(folder)
    assert edition.is_live("identity")
    change(folder, ITEM, 'form = "copy"\nwaived_by = "identity"', 'form = "copy"')
    with pytest.raises(SettingsError, match="catalogue_invalid") as refused:
        read_edition(folder)
    assert "要求提交 identity" in refused.value.message


def spoil(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


@pytest.mark.parametrize(
    ("spoiled", "code"),
    [
        (spoil("items/x.toml", b"code = "), "catalogue_unreadable"),
        (spoil("items/x.toml", b"\xff"), "catalogue_unreadable"),
        (spoil("items/x.toml", b"a = " + b"[" * 5000), "catalogue_unreadable"),
        (spoil("items/x.toml", b"#" * 300_000), "catalogue_layout"),
        (spoil("readme.txt", b"x"), "catalogue_layout"),
        (lambda folder: (folder / "fees.toml").unlink(), "catalogue_layout"),
        (lambda folder: (folder / ITEM).rename(folder / "items/other.toml"), "catalogue_invalid"),
        (lambda folder: shutil.rmtree(folder / "items"), "catalogue_invalid"),
    ],
)
def test_what_is_no_edition_is_refused_whole(
    folder: Path, spoiled: Callable[[Path], None], code: str
) -> None:
    spoiled(folder)
    with pytest.raises(SettingsError, match=code):
        read_edition(folder)
    with pytest.raises(SettingsError, match=code):
        read_archive(_whole(folder))


def _whole(folder: Path) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            file.write(path, path.relative_to(folder).as_posix())
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "catalogue_unreadable"),
        (b"PK\x03\x04 not an archive", "catalogue_unreadable"),
        (b"0" * (9 * 1024 * 1024), "catalogue_layout"),
    ],
)
def test_what_is_no_archive_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(SettingsError, match=code):
        read_archive(data)


def test_a_cut_archive_is_refused_wherever_it_is_cut(folder: Path) -> None:
    whole = archive(folder)
    for end in range(0, len(whole), len(whole) // 40):
        with pytest.raises(SettingsError, match="catalogue_unreadable"):
            read_archive(whole[:end])


def test_a_member_that_leads_out_of_the_edition_is_refused(folder: Path) -> None:
    made = io.BytesIO(archive(folder))
    with zipfile.ZipFile(made, "a") as file:
        file.writestr("items/../../escape.toml", "code = 'x'")
    with pytest.raises(SettingsError, match="catalogue_layout"):
        read_archive(made.getvalue())


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="catalogue_missing"):
        read_edition(tmp_path / "none.zip")


def test_the_difference_between_editions_names_every_key(packaged: Edition, folder: Path) -> None:
    change(folder, "edition.toml", "number = 2", "number = 3")
    change(folder, ITEM, "promised_working_days = 5", "promised_working_days = 4")
    change(folder, "sources.toml", "live = false", "live = true")
    (folder / "items/residence-cancel.toml").unlink()
    change(folder, "slots/15-residence.toml", 'item = "residence-cancel"', 'reason = "暂停"')
    found = diff(packaged, read_edition(folder))
    assert found.removed == ("residence-cancel",)
    assert found.added == ()
    changes = {change.where: (change.before, change.after) for change in found.changes}
    assert changes["items[transfer-existing].promised_working_days"] == ("5", "4")
    assert changes["sources[identity].live"] == ("否", "是")
    assert not [where for where in changes if where.startswith("items[residence-cancel]")]
    assert diff(packaged, packaged).changes == ()
