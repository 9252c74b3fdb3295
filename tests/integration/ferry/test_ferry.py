"""A disc image written by export is admitted by ingest; anything else is refused with a code."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from integration.exchange.pair import Pair

from ferry.export import FOLDER, LABEL_PREFIX
from ferry.xorriso import list_files, write_image
from kernel.errors import RejectedBundleError
from kernel.keys import entry_text
from kernel.vocabulary.zones import Zone

pytestmark = pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")


@dataclass(slots=True)
class Boat:
    """Both sides' settings around one pair of zones."""

    pair: Pair
    disc: Path
    export: Path
    ingest: Path

    def run(self, *arguments: str, expect: int = 0) -> dict[str, object]:
        side = self.export if arguments[0] in {"plan", "export"} else self.ingest
        done = subprocess.run(
            [sys.executable, "-m", "ferry", *arguments, "--settings", str(side), "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer


@pytest.fixture
def boat(tmp_path: Path) -> Iterator[Boat]:
    pair = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    trust = tmp_path / "trust.toml"
    trust.write_text(
        "\n".join(
            entry_text(keys.public(purpose))
            for keys in pair.keys.values()
            for purpose in keys.purposes()
        )
    )
    disc = tmp_path / "disc.iso"
    for side, zone in (("export", "intranet"), ("ingest", "extranet")):
        (tmp_path / f"{side}.toml").write_text(
            f'side = "{side}"\norigin = "intranet"\ndestination = "extranet"\n'
            f'[spool]\nfolder = "{zone}/spool"\n[state]\nfolder = "{side}-state"\n'
            f'[medium]\ndevice = "{disc}"\n[trust]\nfile = "trust.toml"\n'
        )
    yield Boat(pair, disc, tmp_path / "export.toml", tmp_path / "ingest.toml")
    pair.close()


def test_disc_carries_results_home_and_receipts_both_ways(boat: Boat) -> None:
    sent = [boat.pair.post_progress(number) for number in range(1, 4)]
    boat.pair.intranet.exchange.tick()
    exported = boat.run("export")
    assert exported["medium"] == "JY000001"
    taken = boat.run("ingest")
    assert taken["refused"] == []
    boat.pair.extranet.exchange.tick()
    assert boat.pair.extranet.effects == sent
    boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
    boat.pair.intranet.exchange.tick()
    assert boat.pair.intranet.spool.kept_names(Zone.EXTRANET) == set()


def test_second_reading_of_a_disc_changes_nothing(boat: Boat) -> None:
    boat.pair.post_progress(1)
    boat.pair.intranet.exchange.tick()
    boat.run("export")
    for _ in range(2):
        boat.run("ingest")
        boat.pair.extranet.exchange.tick()
    assert len(boat.pair.extranet.effects) == 1


def test_lost_disc_is_made_up_for_by_the_next(boat: Boat) -> None:
    sent = [boat.pair.post_progress(1)]
    boat.pair.intranet.exchange.tick()
    boat.run("export")  # and lost
    boat.disc.unlink()
    for _ in range(3):
        boat.pair.clock.advance(timedelta(minutes=2))
        boat.pair.tick()
        boat.run("export")
        boat.run("ingest")
        boat.pair.tick()
        boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
    assert boat.pair.extranet.effects == sent


def test_media_get_numbers_that_are_never_given_twice(boat: Boat) -> None:
    boat.pair.intranet.exchange.tick()
    assert boat.run("export")["medium"] == "JY000001"
    boat.pair.post_progress(1)
    boat.pair.intranet.exchange.tick()
    assert boat.run("export")["medium"] == "JY000002"
    lines = subprocess.run(
        [sys.executable, "-m", "ferry", "ledger", "--settings", str(boat.export), "--json"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert [line["event"] for line in json.loads(lines)] == ["started", "written"] * 2


def test_blank_disc_is_refused(boat: Boat) -> None:
    boat.disc.write_bytes(b"\0" * 1_000_000)
    assert boat.run("ingest", expect=4)["error"] == "medium_blank"


def test_rubbish_is_no_disc(boat: Boat) -> None:
    boat.disc.write_bytes(b"\x17" * 1_000_000)
    assert boat.run("ingest", expect=4)["error"] in {"medium_unreadable", "medium_foreign"}


def test_missing_disc_is_named(boat: Boat) -> None:
    assert boat.run("ingest", expect=5)["error"] == "medium_missing"


def test_truncated_disc_is_quarantined_and_the_whole_one_still_works(boat: Boat) -> None:
    boat.pair.post_progress(1)
    boat.pair.intranet.exchange.tick()
    boat.run("export")
    whole = boat.disc.read_bytes()
    first = next(f for f in list_files(boat.disc).files if f.path.endswith(".tar"))
    boat.disc.write_bytes(whole[: first.extents[0].sector * 2048 + 1024])
    refused = boat.run("ingest", expect=4)["refused"]
    assert "truncated" in {item["code"] for item in refused}  # type: ignore[attr-defined,index]  # JSON
    assert boat.pair.extranet.spool.quarantined()
    boat.disc.write_bytes(whole)
    boat.run("ingest")
    boat.pair.extranet.exchange.tick()
    assert len(boat.pair.extranet.effects) == 1


def test_flipped_byte_on_the_disc_is_quarantined(boat: Boat) -> None:
    boat.pair.post_progress(1)
    boat.pair.intranet.exchange.tick()
    boat.run("export")
    content = bytearray(boat.disc.read_bytes())
    first = next(f for f in list_files(boat.disc).files if f.path.endswith(".tar"))
    content[first.extents[0].sector * 2048 + first.size // 2] ^= 1
    boat.disc.write_bytes(content)
    refused = boat.run("ingest", expect=4)["refused"]
    assert len(refused) == 1  # type: ignore[arg-type]  # JSON
    boat.pair.extranet.exchange.tick()
    assert boat.pair.extranet.effects == []


def test_disc_for_somebody_else_is_quarantined(boat: Boat, tmp_path: Path) -> None:
    boat.pair.post_review(1)
    boat.pair.extranet.exchange.tick()
    folder = tmp_path / "foreign" / FOLDER
    folder.mkdir(parents=True)
    for path in boat.pair.extranet.spool.ready_folder(Zone.INTRANET).iterdir():
        shutil.copy(path, folder)
    write_image(folder.parent, boat.disc, LABEL_PREFIX + "JY000009", 60, lambda _percent: None)
    refused = boat.run("ingest", expect=4)["refused"]
    codes = {item["code"] for item in refused}  # type: ignore[attr-defined,index]  # JSON
    assert codes == {"wrong_destination"}


@pytest.mark.parametrize("place", ["other", FOLDER + "/deeper"])
def test_disc_with_foreign_files_is_refused_whole(boat: Boat, tmp_path: Path, place: str) -> None:
    folder = tmp_path / "foreign" / place
    folder.mkdir(parents=True)
    (folder / "autorun.inf").write_text("open=evil.exe")
    write_image(tmp_path / "foreign", boat.disc, LABEL_PREFIX + "X", 60, lambda _percent: None)
    assert boat.run("ingest", expect=4)["error"] == "medium_foreign"


def test_links_on_a_disc_are_never_followed(boat: Boat, tmp_path: Path) -> None:
    folder = tmp_path / "foreign" / FOLDER
    folder.mkdir(parents=True)
    (folder / ("review-000000000001-" + "a" * 64 + ".tar")).symlink_to("/etc/passwd")
    write_image(folder.parent, boat.disc, LABEL_PREFIX + "X", 60, lambda _percent: None)
    assert boat.run("ingest")["admitted"] == 0
    assert boat.pair.extranet.spool.arrivals(Zone.INTRANET) == []


def test_foreign_label_is_refused(boat: Boat, tmp_path: Path) -> None:
    folder = tmp_path / "foreign"
    folder.mkdir()
    (folder / "a").write_text("a")
    write_image(folder, boat.disc, "HOLIDAY_PHOTOS", 60, lambda _percent: None)
    with pytest.raises(RejectedBundleError, match="medium_foreign"):
        raise RejectedBundleError(str(boat.run("ingest", expect=4)["error"]), "")


def test_full_disk_while_exporting_leaves_everything_waiting(boat: Boat, tmp_path: Path) -> None:
    boat.pair.post_progress(1)
    boat.pair.intranet.exchange.tick()
    waiting = [entry.name for entry in boat.pair.intranet.spool.ready(Zone.EXTRANET)]
    text = boat.export.read_text()
    boat.export.write_text(text.replace(str(boat.disc), "/dev/full"))
    answer = boat.run("export", expect=5)
    assert str(answer["error"]).startswith(("disk_", "medium_", "readback_"))
    assert [entry.name for entry in boat.pair.intranet.spool.ready(Zone.EXTRANET)] == waiting
