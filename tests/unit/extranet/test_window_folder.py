"""Claims about the scanner's folder: complete files once, in order, none lost, all bounded."""

import io
import os
import time
from pathlib import Path

import pytest
from PIL import Image

from extranet_zone.window.agent import folder as folders
from extranet_zone.window.agent.folder import ScanFolder
from extranet_zone.window.agent.settings import ScanSettings, WindowSettings
from kernel.errors import RefusedError, SettingsError
from kernel.program.settings import load_resolved


def picture(shade: int = 0) -> bytes:
    file = io.BytesIO()
    Image.new("L", (20, 20), shade).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def scans(tmp_path: Path) -> ScanFolder:
    return ScanFolder(ScanSettings(folder=tmp_path, settle_seconds=0.1, patience_seconds=10))


def settled(scans: ScanFolder) -> tuple[int, int]:
    assert scans.claim() == (0, 0)
    time.sleep(0.15)
    return scans.claim()


def test_a_file_that_still_grows_is_left_alone(scans: ScanFolder) -> None:
    path = scans.folder / "a.png"
    path.write_bytes(picture()[:20])
    assert scans.claim() == (0, 0)
    time.sleep(0.15)
    path.write_bytes(picture())
    assert scans.claim() == (0, 0)
    time.sleep(0.15)
    assert scans.claim() == (1, 0)


def test_files_are_claimed_in_the_order_in_which_they_were_scanned(scans: ScanFolder) -> None:
    for n, name in enumerate(("b.png", "a.png", "c.png")):
        (scans.folder / name).write_bytes(picture(n))
        os.utime(scans.folder / name, (1000 + n, 1000 + n))
    assert settled(scans) == (3, 0)
    assert [file.name for file in scans.claimed()] == ["b.png", "a.png", "c.png"]
    assert len({file.key for file in scans.claimed()}) == 3


def test_what_is_no_scan_is_left_alone(scans: ScanFolder, tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside.png"
    outside.write_bytes(picture())
    for name in (".a.png", "b.png.part", "c.TMP"):
        (scans.folder / name).write_bytes(picture())
    (scans.folder / "link.png").symlink_to(outside)
    (scans.folder / "folder.png").mkdir()
    assert settled(scans) == (0, 0)
    assert outside.exists()


def test_what_was_never_whole_is_put_aside_with_the_reason(scans: ScanFolder) -> None:
    for name, content in (("a.txt", b"text"), ("b.png", b""), ("c.png", picture()[:-30])):
        (scans.folder / name).write_bytes(content)
        os.utime(scans.folder / name, (1000, 1000))
    assert settled(scans) == (0, 3)
    reasons = sorted(path.read_text() for path in scans.refused_folder.glob("*.reason.txt"))
    codes = [reason.partition("\n")[0] for reason in reasons]
    assert codes == ["upload_damaged", "upload_empty", "upload_type_not_allowed"]
    assert scans.refused_count() == 3


def test_what_was_claimed_goes_on_after_a_crash(scans: ScanFolder, tmp_path: Path) -> None:
    (scans.folder / "a.png").write_bytes(picture())
    settled(scans)
    (before,) = scans.claimed()
    again = ScanFolder(ScanSettings(folder=tmp_path))
    assert again.claimed() == [before]
    again.delivered(before)
    assert (again.claimed(), len(list(again.delivered_folder.iterdir()))) == ([], 1)


def test_no_more_is_claimed_than_may_wait(
    scans: ScanFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "MAX_SENDING", 2)
    for n in range(3):
        (scans.folder / f"{n}.png").write_bytes(picture(n))
    assert settled(scans) == (2, 0)
    assert scans.claim() == (0, 0)
    assert (scans.folder / "2.png").exists()


@pytest.mark.parametrize("name", ["长" * 80 + ".png", "a\x01b.png", b"\xff.png"])
def test_any_name_can_be_sent(scans: ScanFolder, name: str | bytes) -> None:
    (scans.folder / os.fsdecode(name)).write_bytes(picture())
    assert settled(scans) == (1, 0)
    (file,) = scans.claimed()
    assert file.name.endswith(".png")
    assert file.name.isprintable()
    scans.refuse(file.path, file.name, RefusedError("no", "不收"))
    assert scans.refused_count() == 1


def test_delivered_files_go_when_their_time_is_over(tmp_path: Path) -> None:
    scans = ScanFolder(ScanSettings(folder=tmp_path, settle_seconds=0.1, keep_hours=1))
    (tmp_path / "a.png").write_bytes(picture())
    settled(scans)
    (file,) = scans.claimed()
    scans.delivered(file)
    assert scans.tidy() == 0
    (kept,) = scans.delivered_folder.iterdir()
    os.utime(kept, (time.time() - 3700, time.time() - 3700))
    assert scans.tidy() == 1


GOOD = (
    '[zone]\nurl = "https://zone"\ntoken_file = "t"\nauthority_file = "ca"\n[scan]\nfolder = "s"\n'
)
DRIVER = '[[drivers]]\nkind = "camera"\ncommand = ["x"]\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace('authority_file = "ca"\n', ""), "authority_file"),
        (GOOD.replace("https://zone", "http://zone"), "zone.url"),
        (GOOD + DRIVER + DRIVER, "每种设备只能有一个驱动"),
        (GOOD + DRIVER.replace("camera", "scan"), "drivers.0.kind"),
        (GOOD + DRIVER.replace('["x"]', "[]"), "drivers.0.command"),
        (GOOD + "more = 1\n", "more"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "window.toml"
    path.write_text(GOOD)
    assert load_resolved(path, WindowSettings).scan.folder == tmp_path / "s"
    path.write_text(text)
    with pytest.raises(SettingsError, match="settings_invalid") as refused:
        load_resolved(path, WindowSettings)
    assert said in refused.value.message
