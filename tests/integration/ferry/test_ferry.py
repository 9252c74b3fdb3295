"""A trip from request to receipt; anything else on a disc is refused with a code."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from appliance.ferryman import FerryError
from integration.exchange.pair import Pair
from integration.ferry.boat import Boat, make_boat
from pypdf import PdfReader

from ferry.manifest import FOLDER, MANIFEST_NAME, SIGNATURE_NAME
from ferry.repair.layout import Geometry
from ferry.repair.recover import OpenDevice, find_index
from ferry.settings import FerrySettings
from ferry.station import Station
from ferry.telling import tell
from ferry.writing import LABEL_PREFIX
from ferry.xorriso import SECTOR, list_files, write_image
from kernel.clock import SetClock
from kernel.facts import CarrierFacts
from kernel.program.settings import load_resolved
from kernel.vocabulary.zones import Zone

pytestmark = pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")


@pytest.fixture
def boat(tmp_path: Path) -> Iterator[Boat]:
    pair = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    yield make_boat(tmp_path, pair)
    pair.close()


def sectors_of(disc: Path, suffix: str = ".tar") -> range:
    """Where the first file of that kind lies."""
    file = next(file for file in list_files(disc).files if file.path.endswith(suffix))
    first = file.extents[0].sector
    return range(first, first + -(-file.size // SECTOR))


def spoil(disc: Path, sectors: range) -> None:
    content = bytearray(disc.read_bytes())
    content[sectors.start * SECTOR : sectors.stop * SECTOR] = os.urandom(len(sectors) * SECTOR)
    disc.write_bytes(content)


def forge(boat: Boat, folder: Path, label: str = LABEL_PREFIX + "JY000001") -> None:
    """Burn ``folder`` as somebody else would."""
    boat.disc.unlink(missing_ok=True)
    write_image(folder, boat.disc, label, 60, lambda _percent: None)


def unpacked(boat: Boat, folder: Path) -> Path:
    """The content of the disc as files."""
    subprocess.run(
        ["xorriso", "-osirrox", "on", "-indev", f"stdio:{boat.disc}", "-extract", "/", str(folder)],
        check=True,
        capture_output=True,
    )
    subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)
    return folder


def test_disc_carries_results_home_and_receipts_both_ways(boat: Boat) -> None:
    sent = boat.written(3)
    assert boat.people.read()["refused"] == []
    assert boat.arrived() == sent
    assert boat.states() == {"JY000001": "verified"}
    boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
    boat.pair.intranet.exchange.tick()
    assert boat.pair.intranet.spool.kept_names(Zone.EXTRANET) == set()
    assert boat.states() == {"JY000001": "acknowledged"}


def test_a_trip_needs_two_people(boat: Boat) -> None:
    boat.post()
    asked = boat.people.run("request", "--purpose", "试", *boat.people.by("maker"))
    trip = str(asked["trip"])
    assert boat.run("export", trip, expect=3)["error"] == "not_approved"
    with pytest.raises(FerryError) as refused:
        boat.people.run("approve", trip, *boat.people.by("maker"))
    assert refused.value.code == "role_not_allowed"
    assert not boat.disc.exists()
    boat.people.run("approve", trip, *boat.people.by("approver"))
    assert boat.run("export", trip)["medium"] == "JY000001"


def test_what_was_approved_is_what_is_written(boat: Boat, tmp_path: Path) -> None:
    """A file swapped after the request stops the trip, before and after the approval."""
    boat.post()
    asked = boat.people.run("request", "--purpose", "试", *boat.people.by("maker"))
    trip = str(asked["trip"])
    folder = tmp_path / "intranet" / "spool" / "ferry" / trip
    plan = folder / "plan.json"
    whole = plan.read_text()
    plan.write_text(whole.replace('"name": "beacon', '"name": "zeacon', 1))
    with pytest.raises(FerryError) as refused:
        boat.people.run("approve", trip, *boat.people.by("approver"))
    assert refused.value.code == "trip_changed"
    plan.write_text(whole)
    boat.people.run("approve", trip, *boat.people.by("approver"))
    name = str(json.loads(whole)[0]["files"][0]["name"])
    (folder / name).unlink()
    (folder / name).write_bytes(b"something else")
    assert boat.run("export", trip, expect=4)["error"] == "trip_changed"


def test_a_trip_taken_back_gives_its_media_back(boat: Boat) -> None:
    boat.post()
    asked = boat.people.run("request", "--purpose", "试", *boat.people.by("maker"))
    boat.people.run("withdraw", str(asked["trip"]), *boat.people.by("maker"))
    assert boat.states() == {}
    written = boat.people.write()
    assert written is not None
    assert written["medium"] == "JY000001"


def test_custody_is_signed_from_label_to_archive(boat: Boat, tmp_path: Path) -> None:
    boat.written()
    people = boat.people
    for command, role, mark in (("label", "maker", "标签"), ("handover", "courier", "交接单")):
        paper = tmp_path / f"{command}.pdf"
        people.run(command, "JY000001", *people.by(role), "--output", str(paper))
        assert mark in str(PdfReader(paper).metadata)
        again = ("--output", str(tmp_path / f"{command}-again.pdf"))
        people.run(command, "JY000001", *people.by(role), *again)
    people.read()
    boat.arrived()
    boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
    boat.pair.intranet.exchange.tick()
    people.run("archive", "JY000001", *people.by("custodian"), "--note", "柜 3")
    history = json.loads(json.dumps(boat.run("ledger", "JY000001")))
    assert [line["by"] for line in history if line["signature"]] == [
        "jiezhi01",
        "baidu01",
        "shenpi01",
        "baidu01",
        "disong01",
        "jiezhi01",
    ]


def test_second_reading_of_a_disc_changes_nothing(boat: Boat) -> None:
    sent = boat.written()
    assert boat.run("ingest")["already"] is False
    assert boat.arrived() == sent
    assert boat.run("ingest")["already"] is True
    assert boat.run("ingest", "--again")["already"] is False
    assert boat.arrived() == sent


def test_lost_disc_is_made_up_for_by_the_next(boat: Boat, tmp_path: Path) -> None:
    sent = boat.written()
    late = tmp_path / "found-later.iso"
    boat.disc.rename(late)
    paper = ("--output", str(tmp_path / "label.pdf"))
    boat.people.run("label", "JY000001", *boat.people.by("maker"), *paper)
    boat.people.run("lost", "JY000001", *boat.people.by("courier"), "--note", "途中遗失")
    for _ in range(3):
        boat.pair.clock.advance(timedelta(minutes=2))
        boat.pair.tick()
        boat.people.make_trip()
        boat.pair.tick()
        boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
    assert boat.pair.extranet.effects == sent
    late.rename(boat.disc)
    boat.run("ingest")
    assert boat.arrived() == sent
    assert boat.states()["JY000001"] == "lost"


def test_media_numbers_come_from_stock_and_are_never_given_twice(boat: Boat) -> None:
    boat.written()
    boat.people.read()
    boat.post()
    written = boat.people.write()
    assert written is not None
    assert written["medium"] == "JY000002"


def test_a_used_medium_is_never_written_over(boat: Boat) -> None:
    boat.written()
    before = boat.disc.read_bytes()
    boat.pair.post_progress(2)
    boat.pair.intranet.exchange.tick()
    with pytest.raises(FerryError) as refused:
        boat.people.write()
    assert refused.value.code == "medium_not_blank"
    assert boat.disc.read_bytes() == before
    assert boat.states()["JY000002"] == "staged"
    boat.disc.unlink()
    trip = next(one["trip"] for one in boat.run("ledger")["media"] if one["state"] == "staged")  # type: ignore[attr-defined,index]  # JSON
    assert boat.run("burn", str(trip))["medium"] == "JY000002"


def test_nothing_waiting_is_said(boat: Boat) -> None:
    boat.people.make_trip()
    answer = boat.run("plan")
    assert answer["files"] == 0
    assert boat.people.write() is None


def test_damage_within_the_promise_costs_nothing(boat: Boat) -> None:
    """Scratches over a bundle, over the disc's first sectors, over its directory."""
    sent = boat.written(3)
    whole = boat.disc.read_bytes()
    for sectors in (sectors_of(boat.disc), range(40), range(16, 24)):
        boat.disc.write_bytes(whole)
        spoil(boat.disc, sectors)
        found = boat.run("ingest", "--again")
        assert found["refused"] == []
        assert 0 < int(str(found["repaired_sectors"])) <= len(sectors)
        assert found["repaired_sectors"] == found["damaged_sectors"]
        assert boat.arrived() == sent
    assert list((boat.people.ingest.parent / "ingest-state" / "recovered").iterdir()) == []


def test_damage_past_repair_costs_only_the_files_it_hits(boat: Boat) -> None:
    boat.written(2)
    whole = boat.disc.read_bytes()
    handle = os.open(boat.disc, os.O_RDONLY)
    index = find_index(OpenDevice(handle))
    os.close(handle)
    assert index is not None
    hit = sectors_of(boat.disc)
    geometry = index.geometry
    row = hit.start % geometry.rows
    for column in range(geometry.data, geometry.data + geometry.parity):
        place = geometry.place(column, row)
        assert place is not None
        spoil(boat.disc, range(place, place + 1))
    spoil(boat.disc, range(hit.start, hit.start + 1))
    refused = boat.run("ingest", expect=4)["refused"]
    assert [item["code"] for item in refused] == ["medium_altered"]  # type: ignore[attr-defined,index]  # JSON
    assert boat.pair.extranet.spool.quarantined()
    boat.disc.write_bytes(whole)
    assert boat.run("ingest")["refused"] == []
    assert len(boat.arrived()) == 2


def test_recover_writes_a_repaired_image(boat: Boat, tmp_path: Path) -> None:
    boat.written()
    spoil(boat.disc, range(64))
    target = tmp_path / "repaired.iso"
    found = boat.run("recover", str(boat.disc), str(target))
    assert found["whole"] is True
    assert list_files(target).label == LABEL_PREFIX + "JY000001"
    assert boat.run("recover", str(boat.disc), str(target), expect=3)["error"] == "target_exists"


def test_verify_reads_a_disc_as_the_other_side_will(boat: Boat) -> None:
    boat.written(2)
    found = boat.run("verify")
    assert (found["medium"], found["volume"], found["volumes"]) == ("JY000001", 1, 1)
    spoil(boat.disc, sectors_of(boat.disc))
    assert boat.run("verify", expect=4)["error"] == "medium_altered"


def test_truncated_disc_gives_what_its_repair_region_allows(boat: Boat) -> None:
    sent = boat.written()
    whole = boat.disc.read_bytes()
    boat.disc.write_bytes(whole[: len(whole) * 9 // 10])
    boat.run("ingest")
    assert boat.arrived() == sent
    boat.disc.write_bytes(whole[: sectors_of(boat.disc).start * SECTOR])
    assert boat.run("ingest", "--again", expect=4)["error"] == "manifest_unreadable"


def test_blank_disc_is_refused(boat: Boat) -> None:
    boat.disc.write_bytes(b"\0" * 1_000_000)
    assert boat.run("ingest", expect=4)["error"] == "medium_blank"


def test_rubbish_is_no_disc(boat: Boat) -> None:
    boat.disc.write_bytes(b"\x17" * 1_000_000)
    assert boat.run("ingest", expect=4)["error"] in {"medium_unreadable", "medium_foreign"}


def test_missing_disc_is_named(boat: Boat) -> None:
    assert boat.run("ingest", expect=5)["error"] == "medium_missing"


def test_disc_without_a_signed_cover_sheet_is_refused(boat: Boat, tmp_path: Path) -> None:
    boat.written()
    folder = unpacked(boat, tmp_path / "files")
    (folder / SIGNATURE_NAME).unlink()
    forge(boat, folder)
    assert boat.run("ingest", expect=4)["error"] == "manifest_unreadable"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("destination", '"internet"', "signature_invalid"),
        ("approver", '"baidu01"', "signature_invalid"),
        ("volume", "7", "signature_invalid"),
    ],
)
def test_forged_cover_sheet_is_refused(
    boat: Boat, tmp_path: Path, name: str, value: str, code: str
) -> None:
    boat.written()
    folder = unpacked(boat, tmp_path / "files")
    sheet = json.loads((folder / MANIFEST_NAME).read_bytes())
    sheet[name] = json.loads(value)
    text = json.dumps(sheet, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    (folder / MANIFEST_NAME).write_text(text, "utf-8")
    forge(boat, folder)
    assert boat.run("ingest", expect=4)["error"] == code
    assert boat.arrived() == []


def test_disc_signed_by_a_revoked_station_is_refused(boat: Boat) -> None:
    boat.written()
    trust = boat.people.ingest.parent / "trust.toml"
    text = trust.read_text()
    trust.write_text(text.rstrip("\n") + "\nrevoked = true\n")
    assert boat.run("ingest", expect=4)["error"] == "key_revoked"


def test_disc_of_a_system_with_other_keys_is_refused(boat: Boat, tmp_path: Path) -> None:
    """A disc from a test system: its station is in nobody's trust file here."""
    boat.written()
    trust = tmp_path / "trust.toml"
    text = trust.read_text()
    trust.write_text(text[: text.rindex("[[key]]")])
    assert boat.run("ingest", expect=4)["error"] == "key_unknown"


def test_label_that_differs_from_the_cover_sheet_is_refused(boat: Boat, tmp_path: Path) -> None:
    boat.written()
    forge(boat, unpacked(boat, tmp_path / "files"), LABEL_PREFIX + "JY000002")
    assert boat.run("ingest", expect=4)["error"] == "label_differs"


@pytest.mark.parametrize("place", ["other", FOLDER, FOLDER + "/deeper"])
def test_disc_with_anything_unlisted_is_refused_whole(
    boat: Boat, tmp_path: Path, place: str
) -> None:
    boat.written()
    folder = unpacked(boat, tmp_path / "files")
    (folder / place).mkdir(exist_ok=True)
    (folder / place / "autorun.inf").write_text("open=evil.exe")
    forge(boat, folder)
    assert boat.run("ingest", expect=4)["error"] == "medium_foreign"
    assert boat.arrived() == []


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_links_and_pipes_on_a_disc_refuse_it_whole(boat: Boat, tmp_path: Path, kind: str) -> None:
    boat.written()
    folder = unpacked(boat, tmp_path / "files")
    strange = folder / FOLDER / ("review-000000000001-" + "a" * 64 + ".tar")
    if kind == "link":
        strange.symlink_to("/etc/passwd")
    else:
        os.mkfifo(strange)
    forge(boat, folder)
    assert boat.run("ingest", expect=4)["error"] == "medium_foreign"


def test_foreign_label_is_refused(boat: Boat, tmp_path: Path) -> None:
    folder = tmp_path / "foreign"
    folder.mkdir()
    (folder / "a").write_text("a")
    forge(boat, folder, "HOLIDAY_PHOTOS")
    assert boat.run("ingest", expect=4)["error"] == "medium_foreign"


def test_refused_media_are_on_record(boat: Boat) -> None:
    boat.disc.write_bytes(b"\x17" * 1_000_000)
    boat.run("ingest", expect=4)
    ledger = boat.people.ingest.parent / "ingest-state" / "ledger.jsonl"
    assert json.loads(ledger.read_text().splitlines()[-1])["act"] == "incident"


def test_full_disk_while_staging_leaves_everything_waiting(boat: Boat, tmp_path: Path) -> None:
    boat.post(2)
    waiting = boat.bundles_ready()
    asked = boat.people.run("request", "--purpose", "试", *boat.people.by("maker"))
    boat.people.run("approve", str(asked["trip"]), *boat.people.by("approver"))
    limit = f"ulimit -f 64; exec {sys.executable} -m ferry export {asked['trip']}"
    done = subprocess.run(
        ["bash", "-c", f"{limit} --settings {boat.people.export} --json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert boat.bundles_ready() == waiting
    assert boat.states() == {"JY000001": "approved"}
    assert boat.run("export", str(asked["trip"]))["medium"] == "JY000001"
    assert boat.bundles_ready() == []


def test_a_trip_too_large_for_one_medium_spans_several(tmp_path: Path) -> None:
    """Each is readable alone, in any order, and the middle one is damaged."""
    pair = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    disc = tmp_path / "disc.iso"
    capacity = Geometry(2048 + 16, 20, 3).sectors * SECTOR
    boat = make_boat(
        tmp_path, pair, lambda _side: f'[medium]\ndevice = "{disc}"\ncapacity = {capacity}\n'
    )
    sent = []
    for number in range(1, 7):
        sent.append(pair.post_progress(number))
        pair.intranet.exchange.tick()
    asked = boat.people.run("request", "--purpose", "试", *boat.people.by("maker"))
    media = asked["media"]
    assert isinstance(media, list)
    assert len(media) > 1
    boat.people.run("approve", str(asked["trip"]), *boat.people.by("approver"))
    discs: list[Path] = []
    for left in reversed(range(len(media))):
        assert boat.run("export", str(asked["trip"]))["left"] == left
        discs.append(disc.rename(tmp_path / f"{len(discs)}.iso"))
    spoil(discs[0], range(40))
    for order in [discs[-1], *discs[:-1]]:
        shutil.copy(order, disc)
        assert boat.run("ingest")["refused"] == []
    assert boat.arrived() == sent
    pair.close()


def test_a_medium_of_beacons_alone_is_not_called_confirmed_before_a_later_one_is(
    boat: Boat,
) -> None:
    boat.pair.intranet.exchange.tick()
    assert boat.people.make_trip() is not None
    assert boat.states() == {"JY000001": "verified"}
    boat.written()
    boat.people.read()
    boat.arrived()
    assert boat.states() == {"JY000001": "verified", "JY000002": "verified"}
    boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
    boat.pair.intranet.exchange.tick()
    assert boat.states() == {"JY000001": "acknowledged", "JY000002": "acknowledged"}


def test_the_station_tells_how_it_stands(boat: Boat) -> None:
    boat.written()
    facts = CarrierFacts.read(boat.pair.intranet.spool.folder, "ferry-export")
    assert facts is not None
    assert facts.gauges["media_underway"] == 1
    assert facts.gauges["media_blank"] == 999
    assert facts.alarms == ()


def test_an_overdue_medium_and_an_empty_stock_raise_alarms(boat: Boat) -> None:
    boat.written()
    settings = FerrySettings.model_validate(
        {
            **load_resolved(boat.people.export, FerrySettings).model_dump(),
            "release": {"overdue_hours": 1},
        }
    )
    clock = SetClock(datetime.now(UTC) + timedelta(hours=2))
    station = Station.open(settings, clock)
    tell(station)
    facts = CarrierFacts.read(station.spool.folder, "ferry-export")
    assert facts is not None
    assert [code for code, _words in facts.alarms] == ["medium_overdue"]
    usb = settings.medium.model_copy(update={"kind": "usb"})
    tell(Station.open(settings.model_copy(update={"medium": usb}), clock))
    facts = CarrierFacts.read(station.spool.folder, "ferry-export")
    assert facts is not None
    assert [code for code, _words in facts.alarms] == ["medium_overdue", "stock_low"]
