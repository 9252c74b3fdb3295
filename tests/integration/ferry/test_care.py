"""Doctor, resume, eject, copies, rehearsals: what keeps a station going."""

import io
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from integration.exchange.pair import Pair
from integration.ferry.boat import Boat, here, make_boat

from ferry import drives, tray, writing
from ferry.doctor.machine import POLL_MSECS, RECEIVE_BUFFER, RULES, Machine
from ferry.doctor.state import State
from ferry.dvdisaster import is_good
from ferry.repair.recover import OpenDevice, find_index
from ferry.settings import FerrySettings
from ferry.station import Station
from ferry.xorriso import SECTOR
from kernel.clock import SetClock
from kernel.errors import UnavailableError
from kernel.exchange import post
from kernel.messages import BlobRef, Kind, ProgressReported
from kernel.program.settings import load_resolved
from kernel.vocabulary.zones import Zone

pytestmark = pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def boat(tmp_path: Path) -> Iterator[Boat]:
    pair = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    # A medium of this size fits the disk the tests run on.
    disc = tmp_path / "disc.iso"
    medium = f'[medium]\ndevice = "{disc}"\ncapacity = 64_000_000\n'
    yield make_boat(tmp_path, pair, lambda _side: medium)
    pair.close()


def examined(boat: Boat, side: str = "export", expect: int = 0) -> dict[str, tuple[str, str]]:
    """By check: grade and remedy, the worst of each."""
    settings = boat.people.export if side == "export" else boat.people.ingest
    code, out, words = here(("doctor", "--settings", str(settings), "--json"))
    assert code == expect, out + words
    order = ("bad", "warning", "good")
    found: dict[str, tuple[str, str]] = {}
    for one in sorted(json.loads(out)["findings"], key=lambda one: order.index(one["grade"])):
        found.setdefault(one["check"], (one["grade"], one["remedy"]))
        assert bool(one["remedy"]) == (one["grade"] != "good"), one
    return found


def test_a_sound_station_has_nothing_bad(boat: Boat) -> None:
    found = examined(boat)
    assert {"xorriso", "libisal", "drive", "trust", "station_key", "spool", "space"} <= set(found)
    assert {"ledger", "clock", "operators", "stock", "inventory"} <= set(found)
    assert [check for check, (grade, _) in found.items() if grade == "bad"] == []
    assert examined(boat, "ingest")["trust"][0] == "good"


def test_a_ledger_that_was_edited_is_found(boat: Boat) -> None:
    ledger = boat.people.export.parent / "export-state" / "ledger.jsonl"
    ledger.write_text(ledger.read_text().replace('"kind":"image"', '"kind":"dvd-r"'))
    assert examined(boat, expect=5)["ledger"][0] == "bad"


def test_a_revoked_or_open_station_key_is_found(boat: Boat) -> None:
    folder = boat.people.export.parent
    (folder / "carry.key").chmod(0o644)
    assert examined(boat, expect=5)["station_key"][0] == "bad"
    (folder / "carry.key").chmod(0o600)
    trust = folder / "trust.toml"
    trust.write_text(trust.read_text().rstrip("\n") + "\nrevoked = true\n")
    found = examined(boat, expect=5)
    assert (found["station_key"][0], found["trust"][0]) == ("bad", "bad")


def test_a_clock_behind_the_ledger_is_found(boat: Boat) -> None:
    settings = load_resolved(boat.people.export, FerrySettings)
    for instant in (datetime.now(UTC) - timedelta(days=1), datetime(1999, 1, 1, tzinfo=UTC)):
        station = Station.open(settings, SetClock(instant))
        grades = {one.check: one.grade for one in State(station).findings()}
        assert grades["clock"] == "bad", instant


def test_a_medium_larger_than_the_disk_and_an_empty_register_are_found(boat: Boat) -> None:
    file = boat.people.export
    file.write_text(file.read_text().replace("64_000_000", "128_001_769_472"))
    free = shutil.disk_usage(file.parent).free
    grade = "bad" if free < 128_001_769_472 else "warning"
    found = examined(boat, expect=5 if grade == "bad" else 0)
    assert found["space"][0] in {grade, "good"}
    (file.parent / "export-state" / "operators.toml").unlink()
    assert examined(boat, expect=5)["ledger"][0] == "bad"


@pytest.mark.root
def test_a_spool_over_two_file_systems_is_found(boat: Boat, tmp_path: Path) -> None:
    inner = tmp_path / "intranet" / "spool" / "out"
    mount = ["mount", "-t", "tmpfs", "tmpfs", inner]
    done = subprocess.run(mount, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("mounting needs root")
    try:
        assert examined(boat, expect=5)["spool"][0] == "bad"
    finally:
        subprocess.run(["umount", "-l", inner], check=True)


@pytest.mark.parametrize(("value", "grade"), [("2000\n", "good"), ("0\n", "bad"), ("", "warning")])
def test_a_kernel_that_does_not_look_for_discs_is_found(
    boat: Boat, tmp_path: Path, value: str, grade: str
) -> None:
    for name, content in ((POLL_MSECS, value), (RECEIVE_BUFFER, "4096\n")):
        (tmp_path / "root" / name).parent.mkdir(parents=True)
        (tmp_path / "root" / name).write_text(content)
    settings = load_resolved(boat.people.ingest, FerrySettings)
    watch = settings.watch.model_copy(update={"devices": ["/dev/sr77"]})
    machine = Machine(settings.model_copy(update={"watch": watch}), tmp_path / "root")
    found = {one.check: one for one in machine.findings()}
    assert found["polling"].grade == grade
    assert found["receive_buffer"].grade == "warning"
    assert found["udev_rules"].grade == "warning"
    drives = [one.grade for one in machine.findings() if one.check == "drive"]
    assert drives == ["bad", "good"]
    rules = tmp_path / "root/etc/udev/rules.d" / RULES
    rules.parent.mkdir(parents=True)
    rules.write_bytes((ROOT / "ferry/host" / RULES).read_bytes())
    assert machine.rules().grade == "good"
    rules.write_text("# older\n")
    assert machine.rules().grade == "warning"


def test_resume_goes_on_from_what_lies_on_disk(boat: Boat, monkeypatch: pytest.MonkeyPatch) -> None:
    boat.post(2)
    assert boat.run("resume", expect=3)["error"] == "nothing_unfinished"
    asked = boat.people.run("request", "--purpose", "试", *boat.people.by("maker"))
    trip = str(asked["trip"])
    waiting = boat.run("resume")
    assert waiting["written"] is None
    assert f"ferry approve {trip}" in str(waiting["todo"])
    boat.people.run("approve", trip, *boat.people.by("approver"))

    def dies(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing.drives, "read_back", dies)
    assert here(("export", trip, "--settings", str(boat.people.export)))[0] == 130
    monkeypatch.undo()
    assert boat.states() == {"JY000001": "burned"}
    seen = boat.run("resume", "--dry-run")
    assert seen["interrupted"] == ["JY000001"]
    assert boat.states() == {"JY000001": "burned"}
    # Nobody proved it: it is a coaster, and its content waits for another request.
    said = boat.run("resume", trip)
    assert (said["written"], said["rejected"]) == (None, ["JY000001"])
    assert "ferry request" in str(said["todo"])
    boat.disc.unlink()
    again = boat.people.run("request", "--purpose", "再试", *boat.people.by("maker"))
    assert again["media"] == ["JY000002"]
    boat.people.run("approve", str(again["trip"]), *boat.people.by("approver"))
    done = boat.run("resume")
    assert isinstance(done["written"], dict)
    assert done["written"]["medium"] == "JY000002"
    assert "ferry label JY000002" in str(done["todo"])


def test_resume_at_the_reading_side_reads_what_was_not_read_to_its_end(
    boat: Boat, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = boat.written(2)
    settings = str(boat.people.ingest)

    def dies(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ferry.reading._take_all", dies)
    assert here(("ingest", "--settings", settings))[0] == 130
    monkeypatch.undo()
    seen = boat.people.run("resume", "--dry-run", side="ingest")
    assert seen == {"half_read": ["JY000001"], "read": None}
    done = boat.people.run("resume", side="ingest")
    assert done["half_read"] == []
    assert boat.arrived() == sent
    assert boat.people.run("resume", side="ingest") == {"half_read": [], "read": None}


def test_rehearsals_change_nothing(boat: Boat) -> None:
    boat.post()
    ledger = boat.people.export.parent / "export-state" / "ledger.jsonl"
    dry = ("--dry-run",)
    before = ledger.read_bytes()
    seen = boat.people.run("request", "--purpose", "试", *boat.people.by("maker"), *dry)
    assert (seen["media"], seen["dry_run"]) == (["JY000001"], True)
    assert ledger.read_bytes() == before
    asked = boat.people.run("request", "--purpose", "试", *boat.people.by("maker"))
    trip = str(asked["trip"])
    assert boat.run("export", trip, *dry, expect=3)["error"] == "not_approved"
    before = ledger.read_bytes()
    refused = boat.run("approve", trip, *boat.people.by("maker"), *dry, expect=3)
    assert refused["error"] == "role_not_allowed"
    seen = boat.people.run("approve", trip, *boat.people.by("approver"), *dry)
    assert (seen["id"], seen["dry_run"]) == (trip, True)
    seen = boat.people.run("withdraw", trip, *boat.people.by("maker"), *dry)
    assert seen["media"] == ["JY000001"]
    assert ledger.read_bytes() == before
    boat.people.run("approve", trip, *boat.people.by("approver"))
    before = ledger.read_bytes()
    for verb in ("export", "burn"):
        seen = boat.run(verb, trip, *dry)
        assert (seen["medium"], seen["left"]) == ("JY000001", 1)
    assert not boat.disc.exists()
    assert ledger.read_bytes() == before
    written = boat.run("export", trip)
    # What it says leaves room for directories: never too little, never much too much.
    assert 0 <= int(str(seen["image_bytes"])) - boat.disc.stat().st_size < 8_000_000
    before = ledger.read_bytes()
    refused = boat.run("destroy", "JY000001", *boat.people.by("custodian"), *dry, expect=3)
    assert refused["error"] == "transition_not_allowed"
    boat.run("reject", "JY000002", *boat.people.by("custodian"), *dry, expect=3)
    boat.run("lost", "JY000001", *boat.people.by("custodian"), *dry)
    assert ledger.read_bytes() == before
    checked = boat.run("ingest", *dry)
    assert (checked["medium"], checked["already"]) == (written["medium"], False)
    assert boat.arrived() == []
    boat.run("ingest")
    assert boat.run("ingest", *dry)["already"] is True


def test_a_rehearsed_paper_is_neither_signed_nor_printed(boat: Boat, tmp_path: Path) -> None:
    boat.written()
    ledger = boat.people.export.parent / "export-state" / "ledger.jsonl"
    for verb, role in (("label", "maker"), ("handover", "courier")):
        paper = tmp_path / f"{verb}.pdf"
        words = (verb, "JY000001", *boat.people.by(role), "--output", str(paper))
        before = ledger.read_bytes()
        assert boat.people.run(*words, "--dry-run")["dry_run"] is True
        assert not paper.exists()
        assert ledger.read_bytes() == before
        boat.people.run(*words)
        assert paper.read_bytes().startswith(b"%PDF")
    trip = str(boat.people.run("ledger", "JY000001")[-1]["trip"])
    refused = boat.run("withdraw", trip, *boat.people.by("maker"), "--dry-run", expect=3)
    assert refused["error"] == "transition_not_allowed"


def test_a_rehearsal_says_why_the_medium_will_not_do(boat: Boat) -> None:
    boat.post()
    asked = boat.people.run("request", "--purpose", "试", *boat.people.by("maker"))
    boat.people.run("approve", str(asked["trip"]), *boat.people.by("approver"))
    boat.disc.write_bytes(b"used")
    refused = boat.run("export", str(asked["trip"]), "--dry-run", expect=3)
    assert refused["error"] == "medium_not_blank"


@pytest.mark.parametrize(("level", "told"), [("info", True), ("error", False)])
def test_the_log_holds_what_the_settings_ask_for(boat: Boat, level: str, told: bool) -> None:
    boat.written()
    settings = boat.people.ingest
    settings.write_text(settings.read_text("utf-8") + f'[log]\nlevel = "{level}"\n', "utf-8")
    code, _out, words = here(("ingest", "--settings", str(settings), "--json"))
    assert code == 0
    assert ("ferry.ingested" in words) is told


def test_inspect_recognises_what_lies_there(boat: Boat) -> None:
    boat.written()
    found = boat.run("inspect", str(boat.disc))
    assert found["label"] == "TONGBAN_JY000001"
    assert found["found"]["kind"] == "image"  # type: ignore[index]  # JSON
    boat.disc.write_bytes(b"")
    found = boat.run("inspect", str(boat.disc))
    assert found["found"]["blank"] is True  # type: ignore[index]  # JSON
    boat.disc.unlink()
    assert boat.run("inspect", str(boat.disc), expect=5)["error"] == "medium_missing"
    boat.disc.write_bytes(b"")
    assert "label" not in found


def test_eject_lets_go_of_an_image_and_not_while_somebody_works(boat: Boat) -> None:
    boat.written()
    assert boat.run("eject")["device"] == str(boat.disc)
    boat.disc.unlink()
    assert boat.run("eject", expect=5)["error"] == "medium_missing"


def test_a_tray_that_does_not_move_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "eject"
    fake.write_text('#!/bin/sh\necho "$@" >>"$0.log"\necho no >&2\nexit 1\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(UnavailableError) as told:
        tray.close_tray(Path("/dev/sr0"))
    assert told.value.code == "eject_failed"
    assert (tmp_path / "eject.log").read_text() == "-t /dev/sr0\n"
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UnavailableError) as told:
        tray.release(Path("/dev/sr0"))
    assert told.value.code == "eject_missing"


def test_a_copy_for_the_archive_is_whole_though_the_medium_is_not(
    boat: Boat, tmp_path: Path
) -> None:
    boat.written(2)
    whole = boat.disc.read_bytes()
    boat.disc.write_bytes(whole[: 40 * SECTOR] + b"\xa5" * SECTOR + whole[41 * SECTOR :])
    target = tmp_path / "archive.iso"
    by = boat.people.by("custodian")
    made = boat.run("copy", str(target), *by)
    assert (made["medium"], made["repaired_sectors"]) == ("JY000001", 1)
    assert target.read_bytes() == whole
    ledger = boat.people.export.parent / "export-state" / "ledger.jsonl"
    last = json.loads(ledger.read_text().splitlines()[-1])
    assert (last["act"], last["detail"]["sha256"]) == ("archive_copy", made["sha256"])
    assert boat.run("copy", str(target), *by, expect=3)["error"] == "target_exists"
    refused = boat.run("copy", str(tmp_path / "b.iso"), *boat.people.by("maker"), expect=3)
    assert refused["error"] == "role_not_allowed"


@pytest.mark.long
@pytest.mark.skipif(shutil.which("dvdisaster") is None, reason="dvdisaster is not installed")
def test_a_copy_with_rs03_is_mended_by_dvdisaster_alone(boat: Boat, tmp_path: Path) -> None:
    boat.written()
    refused = boat.run(
        *("copy", str(tmp_path / "small.iso"), "--rs03", *boat.people.by("custodian")), expect=3
    )
    assert refused["error"] == "rs03_too_small"
    boat.run("ingest")
    boat.disc.unlink()
    side = boat.pair.intranet
    stored = side.store.put(io.BytesIO(os.urandom(1 << 20)), 1 << 20)
    with side.database.begin() as session:
        post(
            session,
            origin=Zone.INTRANET,
            destination=Zone.EXTRANET,
            kind=Kind.PROGRESS_REPORTED,
            body=ProgressReported(
                case_no="W" + "7" * 15, step="arrived", label="已到达", zone="intranet", at=7
            ),
            case_no="W" + "7" * 15,
            now=7,
            blobs=[BlobRef(digest=stored.digest, size=1 << 20, media_type="image/png")],
        )
    side.exchange.tick()
    boat.people.write()
    target = tmp_path / "archive.iso"
    made = boat.run("copy", str(target), "--rs03", *boat.people.by("custodian"))
    assert made["rs03"] is True
    with target.open("r+b") as file:
        os.pwrite(file.fileno(), b"\0" * 40 * SECTOR, 30 * SECTOR)
    environment = {**os.environ, "LC_ALL": "C", "HOME": str(tmp_path)}
    fix = ["dvdisaster", "-i", str(target), "-f"]
    # A repair that worked ends with 1: exit codes are not believed.
    assert subprocess.run(fix, capture_output=True, check=False, env=environment).returncode == 1
    with boat.disc.open("rb") as disc, target.open("rb") as copied:
        index = find_index(OpenDevice(disc.fileno()))
        assert index is not None
        size = index.image_sectors * SECTOR
        disc.seek(0)
        same = disc.read(size) == copied.read(size)
    assert same
    target.rename(boat.disc)
    found = boat.run("ingest")
    assert (found["refused"], found["damaged_sectors"]) == ([], 0)
    assert len(boat.arrived()) == 2


def test_a_burner_that_hangs_in_silence_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "xorriso"
    fake.write_text('#!/bin/sh\necho "12 of 99 MB written"\nexec sleep 600\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    heard: list[float] = []
    (tmp_path / "image").write_bytes(bytes(SECTOR))
    with pytest.raises(UnavailableError) as told:
        drives.write(tmp_path / "image", Path("/dev/sr77"), 1, heard.append)
    assert (told.value.code, told.value.message) == ("medium_write_failed", "刻录超时，介质作废")
    assert heard == [pytest.approx(1200 / 99)]


@pytest.mark.parametrize(
    "said",
    [
        "- Ecc block test   : pass\n",
        "- good image/file  : all sectors present\n- Ecc block test   : 3 bad\n",
        "- good image/file  : all sectors present\n",
        "",
    ],
)
def test_only_the_words_of_a_good_image_will_do(said: str) -> None:
    assert not is_good(said)
    assert is_good("- good image/file  : all sectors present\n- Ecc block test   : pass\n")


def test_without_dvdisaster_the_option_is_refused(
    boat: Boat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boat.written()
    monkeypatch.setattr("ferry.dvdisaster.TOOL", "no-such-dvdisaster")
    target = tmp_path / "archive.iso"
    told = boat.run("copy", str(target), "--rs03", *boat.people.by("custodian"), expect=5)
    assert told["error"] == "dvdisaster_missing"
    assert [path for path in tmp_path.iterdir() if "archive" in path.name] == []


def test_progress_without_a_terminal_is_lines_with_speed(boat: Boat) -> None:
    boat.post()
    asked = boat.people.run("request", "--purpose", "试", *boat.people.by("maker"))
    boat.people.run("approve", str(asked["trip"]), *boat.people.by("approver"))
    code, out, words = here(("export", str(asked["trip"]), "--settings", str(boat.people.export)))
    assert code == 0, words
    assert re.findall("^(.+)……$", words, re.MULTILINE) == [
        *("制作映像", "计算修复数据", "写出介质", "回读核对")
    ]
    assert "JY000001" in out
