"""What goes wrong with media on their way; whatever it is, nothing is lost and nothing is twice."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from appliance.ferryman import FerryError
from integration.exchange.pair import Pair
from integration.ferry.boat import Boat, here, make_boat

from ferry import drives, writing
from ferry.manifest import FOLDER, MANIFEST_NAME, SIGNATURE_NAME, Manifest, sign_manifest
from ferry.progress import silent
from ferry.reading import ingest
from ferry.settings import FerrySettings
from ferry.station import Station
from ferry.writing import LABEL_PREFIX
from ferry.xorriso import MAX_FILES, SECTOR, list_files, write_image
from kernel.clock import SetClock
from kernel.errors import TongbanError
from kernel.keys import load_station
from kernel.program.settings import load_resolved
from kernel.vocabulary.zones import Zone

pytestmark = pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")
traced = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
LABEL = LABEL_PREFIX + "JY000001"


@pytest.fixture
def boat(tmp_path: Path) -> Iterator[Boat]:
    pair = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    yield make_boat(tmp_path, pair)
    pair.close()


def unpacked(boat: Boat, folder: Path) -> Path:
    arguments = ["-osirrox", "on", "-indev", f"stdio:{boat.disc}", "-extract", "/", str(folder)]
    subprocess.run(["xorriso", *arguments], check=True, capture_output=True)
    subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)
    return folder


def burned(boat: Boat, folder: Path, label: str = LABEL) -> None:
    """Write ``folder`` as somebody else's program would, without any repair region."""
    boat.disc.unlink(missing_ok=True)
    write_image(folder, boat.disc, label, 60, lambda _percent: None)


def resigned(boat: Boat, folder: Path, **changes: object) -> None:
    """Burn the disc again with a cover sheet that the station's own key has signed."""
    sheet = json.loads((folder / MANIFEST_NAME).read_bytes()) | changes
    manifest = Manifest.model_validate_json(json.dumps(sheet))
    key = load_station(boat.people.export.parent / "carry.key")
    (folder / MANIFEST_NAME).write_bytes(manifest.encode())
    (folder / SIGNATURE_NAME).write_bytes(sign_manifest(manifest, key))
    burned(boat, folder)


def put_away(boat: Boat, folder: Path) -> Path:
    """Take the disc out of the drive and keep it."""
    return boat.disc.rename(folder / f"kept-{len(list(folder.glob('kept-*')))}.iso")


def refused(boat: Boat, code: str) -> None:
    """The disc is refused with ``code``, nothing arrives, and the incident is on record."""
    assert boat.run("ingest", expect=4)["error"] == code
    assert boat.arrived() == []
    arrivals = boat.pair.extranet.spool.arrivals_folder(Zone.INTRANET)
    assert list(arrivals.iterdir()) == []
    ledger = boat.people.ingest.parent / "ingest-state" / "ledger.jsonl"
    last = json.loads(ledger.read_text().splitlines()[-1])
    assert (last["act"], last["detail"]["code"]) == ("incident", code)


@traced
@pytest.mark.parametrize(
    "fault",
    [
        "preadv2:error=EIO:when=1",  # the cover sheet
        "preadv2:error=EIO:when=2",  # its signature
        "preadv2:error=EIO:when=3",  # the first file
        "preadv2:error=EIO:when=5+",  # from somewhere in a file on
        "read:error=EIO:when=1+",  # everything xorriso reads: no directory
        "preadv2,pread64:error=EIO:when=1+9",  # and again and again while it is being repaired
    ],
)
def test_sectors_that_cannot_be_read_cost_nothing(boat: Boat, tmp_path: Path, fault: str) -> None:
    sent, trace = boat.written(3), tmp_path / "trace"
    command = [
        "strace",
        "-f",
        "-qq",
        "--seccomp-bpf",
        "-e",
        "trace=preadv2,pread64,read",
        "-o",
        str(trace),
        "-P",
        str(boat.disc),
        "-e",
        "inject=" + fault,
    ]
    ferry = [sys.executable, "-m", "ferry", "ingest", "--settings", str(boat.people.ingest)]
    done = subprocess.run([*command, *ferry, "--json"], capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert answer["refused"] == []
    assert "(INJECTED)" in trace.read_text("utf-8", "replace")
    assert boat.arrived() == sent


def test_discs_in_the_wrong_order_and_twice_and_copied(boat: Boat, tmp_path: Path) -> None:
    sent = []
    for number in (1, 2, 3):
        sent.append(boat.pair.post_progress(number))
        boat.pair.intranet.exchange.tick()
        boat.people.write()
        put_away(boat, tmp_path)
    for number, already in ((2, False), (0, False), (1, False), (0, True), (2, True)):
        shutil.copyfile(tmp_path / f"kept-{number}.iso", boat.disc)
        assert boat.run("ingest")["already"] is already
    assert boat.arrived() == sent


def test_a_disc_a_month_old_is_still_read_after_newer_ones(boat: Boat, tmp_path: Path) -> None:
    first = boat.written()
    old = put_away(boat, tmp_path)
    boat.pair.clock.advance(timedelta(days=31))
    later = boat.pair.post_progress(2)
    boat.pair.intranet.exchange.tick()
    boat.people.make_trip()
    boat.arrived()
    old.rename(boat.disc)
    assert boat.run("ingest")["refused"] == []
    assert boat.arrived() == [*first, later]


def test_disc_for_another_zone_is_refused(boat: Boat) -> None:
    boat.written()
    settings = boat.people.ingest
    text = settings.read_text()
    settings.write_text(text.replace('destination = "extranet"', 'destination = "internet"'))
    assert boat.run("ingest", expect=4)["error"] == "wrong_destination"
    settings.write_text(text)
    assert boat.run("ingest")["refused"] == []


@pytest.mark.parametrize(
    "name",
    ["../../../../../../tmp/evil.tar", "..", "/etc/cron.d/evil", "a\0b.tar", "bundle\n.tar"],
)
def test_a_cover_sheet_that_climbs_is_refused_though_it_is_signed(
    boat: Boat, tmp_path: Path, name: str
) -> None:
    """Whoever has captured the station's key can name anything, and gets nothing in."""
    boat.written()
    folder = unpacked(boat, tmp_path / "files")
    listed = json.loads((folder / MANIFEST_NAME).read_bytes())["files"]
    resigned(boat, folder, files=[*listed, {"name": name, "size": 5}])
    refused(boat, "medium_altered")


@pytest.mark.parametrize("climb", ["../../../../evil.tar", "bundles/../../ev.tar"])
def test_a_name_on_the_disc_that_climbs_is_refused(boat: Boat, tmp_path: Path, climb: str) -> None:
    boat.written()
    folder = unpacked(boat, tmp_path / "files")
    plain = "Z" * len(climb)
    (folder / FOLDER / plain).write_text("evil")
    burned(boat, folder)
    content = boat.disc.read_bytes()
    assert plain.encode() in content
    boat.disc.write_bytes(content.replace(plain.encode(), climb.encode()))
    refused(boat, "medium_foreign")
    assert not list(tmp_path.rglob("ev*.tar"))


@pytest.mark.root
def test_a_device_on_a_disc_refuses_it_whole(boat: Boat, tmp_path: Path) -> None:
    boat.written()
    folder = unpacked(boat, tmp_path / "files")
    try:
        os.mknod(folder / FOLDER / "disk", 0o60600, os.makedev(7, 0))
    except PermissionError:
        pytest.skip("making a device needs root")
    burned(boat, folder)
    refused(boat, "medium_foreign")


@pytest.mark.parametrize("folders", [21, pytest.param(100, marks=pytest.mark.slow)])
def test_a_hundred_thousand_files_are_too_many(boat: Boat, tmp_path: Path, folders: int) -> None:
    folder = tmp_path / "many"
    for part in range(folders):
        inner = folder / FOLDER / str(part)
        inner.mkdir(parents=True)
        for number in range(1000):
            (inner / str(number)).write_bytes(b"x")
    assert sum(1 for _ in folder.rglob("*") if _.is_file()) > MAX_FILES
    burned(boat, folder)
    refused(boat, "medium_too_many_files")


def test_a_disc_that_claims_to_be_huge_is_not_believed(boat: Boat, tmp_path: Path) -> None:
    """Its cover sheet says four gigabytes where some hundred bytes lie."""
    boat.written()
    folder = unpacked(boat, tmp_path / "files")
    size = (folder / MANIFEST_NAME).stat().st_size
    burned(boat, folder)
    content = boat.disc.read_bytes()
    both = size.to_bytes(4, "little") + size.to_bytes(4, "big")
    assert content.count(both) == 1
    boat.disc.write_bytes(content.replace(both, b"\xff" * 8))
    refused(boat, "manifest_too_large")


def taken(folder: Path) -> int:
    """Bytes that the files below ``folder`` take on the disk, holes not counted."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def test_a_file_longer_than_its_bundle_is_set_aside_not_filled_up(
    boat: Boat, tmp_path: Path
) -> None:
    """A bomb: megabytes of zeros behind a bundle, under the bundle's name."""
    boat.written()
    folder = unpacked(boat, tmp_path / "files")
    sheet = json.loads((folder / MANIFEST_NAME).read_bytes())
    bomb = next(file for file in sheet["files"] if file["name"].endswith(".tar"))
    bomb["size"] = 64 << 20
    os.truncate(folder / FOLDER / bomb["name"], bomb["size"])
    before = taken(tmp_path)
    resigned(boat, folder, files=sheet["files"])
    assert boat.run("ingest", expect=4)["error"] == "medium_altered"
    boat.disc.unlink()
    (folder / FOLDER / bomb["name"]).unlink()
    assert taken(tmp_path) - before < 64 << 20
    assert boat.arrived() == []


def test_a_second_partition_refuses_the_medium(boat: Boat) -> None:
    boat.written()
    content = bytearray(boat.disc.read_bytes())
    sectors = len(content) // 512
    entry = bytes([0, 0, 2, 0, 0x0C, 0, 2, 0]) + sectors.to_bytes(4, "little")
    content[446 : 446 + 16] = entry + (2048).to_bytes(4, "little")
    content[510:512] = b"\x55\xaa"
    boat.disc.write_bytes(content + b"\0" * (1 << 20))
    refused(boat, "medium_partitioned")


@pytest.mark.parametrize("years", [-10, -1, 1, 10])
def test_a_reading_clock_that_is_years_off_loses_nothing(boat: Boat, years: int) -> None:
    sent = boat.written(2)
    settings = load_resolved(boat.people.ingest, FerrySettings)
    wrong = Station.open(settings, SetClock(datetime.now(UTC) + timedelta(days=365 * years)))
    with suppress(TongbanError):
        ingest(wrong, boat.disc, silent)
    assert boat.arrived() in ([], sent)
    # The clock was set right, and the disc is put in again.
    assert boat.run("ingest", "--again")["refused"] == []
    assert boat.arrived() == sent


def test_a_burner_that_wrote_garbage_and_said_it_was_done(
    boat: Boat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    boat.post(2)
    waiting = boat.bundles_ready()
    right = drives.write

    def bad(image: Path, device: Path, timeout: int, progress: Callable[[float], None]) -> None:
        copy = tmp_path / "copy.iso"
        shutil.copyfile(image, copy)
        with copy.open("r+b") as file:
            file.seek(40 * SECTOR)
            file.write(b"\xa5" * SECTOR)
        right(copy, device, timeout, progress)

    monkeypatch.setattr(drives, "write", bad)
    with pytest.raises(FerryError) as told:
        boat.people.write()
    assert told.value.code == "readback_failed"
    assert boat.states() == {"JY000001": "rejected"}
    assert boat.bundles_ready() == waiting
    monkeypatch.undo()
    boat.disc.unlink()
    assert boat.people.make_trip() is not None
    assert len(boat.arrived()) == 2
    assert boat.states() == {"JY000001": "rejected", "JY000002": "verified"}


def test_a_run_that_died_after_the_proof_is_finished_by_the_same_command(
    boat: Boat, monkeypatch: pytest.MonkeyPatch
) -> None:
    boat.post(2)
    asked = boat.people.run("request", "--purpose", "试", *boat.people.by("maker"))
    trip = str(asked["trip"])
    boat.people.run("approve", trip, *boat.people.by("approver"))

    def dies(_station: Station, _medium: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "_carried", dies)
    code, _out, _words = here(("export", trip, "--settings", str(boat.people.export)))
    assert code != 0
    monkeypatch.undo()
    assert boat.states() == {"JY000001": "verified"}
    assert boat.bundles_ready() != []
    assert boat.run("export", trip)["medium"] == "JY000001"
    assert boat.bundles_ready() == []
    assert boat.run("ingest")["refused"] == []
    assert len(boat.arrived()) == 2


def test_a_number_that_comes_twice_with_another_content_is_refused(
    boat: Boat, tmp_path: Path
) -> None:
    sent = boat.written()
    folder = unpacked(boat, tmp_path / "files")
    boat.people.read()
    assert boat.arrived() == sent
    resigned(boat, folder, purpose="another one")
    assert boat.run("ingest", expect=4)["error"] == "medium_number_reused"


def test_a_cover_sheet_without_one_of_its_files_is_refused(boat: Boat, tmp_path: Path) -> None:
    boat.written()
    folder = unpacked(boat, tmp_path / "files")
    next((folder / FOLDER).glob("*.tar")).unlink()
    burned(boat, folder)
    refused(boat, "medium_altered")


def test_a_bundle_swapped_for_another_is_not_admitted(boat: Boat, tmp_path: Path) -> None:
    boat.written()
    folder = unpacked(boat, tmp_path / "files")
    bundle = next((folder / FOLDER).glob("*.tar"))
    bundle.write_bytes(hashlib.sha256(b"").digest() * (bundle.stat().st_size // 32))
    burned(boat, folder)
    refused(boat, "medium_altered")


@pytest.mark.root
def test_a_reading_side_that_is_full_says_so_and_goes_on_later(boat: Boat, tmp_path: Path) -> None:
    sent = boat.written(3)
    spool = tmp_path / "extranet" / "spool"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(spool)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("mounting needs root")
    try:
        assert boat.run("ingest", expect=5)["error"] == "disk_full"
    finally:
        subprocess.run(["umount", "-l", str(spool)], check=True)
    assert boat.arrived() == []
    assert boat.run("ingest")["refused"] == []
    assert boat.arrived() == sent
    assert len(list_files(boat.disc).files) >= len(sent)
