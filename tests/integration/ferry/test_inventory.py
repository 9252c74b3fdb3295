"""The shelf is counted by one, read again in part, and confirmed by another, all on the ledger."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from appliance.ferryman import FerryError
from integration.exchange.pair import Pair
from integration.ferry.boat import Boat, make_boat

from ferry.repair.recover import OpenDevice, find_index
from ferry.xorriso import SECTOR, list_files

pytestmark = pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")


@pytest.fixture
def boat(tmp_path: Path) -> Iterator[Boat]:
    pair = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    yield make_boat(tmp_path, pair)
    pair.close()


def inventory(boat: Boat, verb: str, *arguments: str, expect: int = 0) -> dict[str, object]:
    found = boat.run("inventory", verb, *arguments, expect=expect)
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]  # JSON


def begun(boat: Boat) -> dict[str, object]:
    return inventory(boat, "begin", "--share", "1", *boat.people.by("custodian"))


def test_everything_is_found_read_again_and_confirmed_by_another(boat: Boat) -> None:
    boat.written()
    found = begun(boat)
    assert found["expected"] == ["JY000001-JY001000"]
    assert found["sample"] == ["JY000001"]
    inventory(boat, "count", "JY000001-JY001000", *boat.people.by("custodian"))
    refused = inventory(boat, "close", *boat.people.by("courier"), expect=3)
    assert refused["error"] == "sample_unread"
    assert inventory(boat, "read", "JY000001")["result"] == "whole"
    refused = inventory(boat, "close", *boat.people.by("custodian"), expect=3)
    assert refused["error"] == "same_person"
    closed = inventory(boat, "close", *boat.people.by("courier"))
    assert (closed["missing"], closed["strange"], closed["bad"]) == ([], [], {})
    assert (closed["begun_by"], closed["closed_by"]) == ("jiezhi01", "disong01")
    assert inventory(boat, "close", *boat.people.by("maker"), expect=3)["error"] == "inventory_none"


def test_what_is_missing_and_what_nobody_knows_is_on_the_ledger(boat: Boat) -> None:
    begun(boat)
    inventory(boat, "count", "JY000001-JY000990", "XX000007", *boat.people.by("custodian"))
    closed = inventory(boat, "close", *boat.people.by("courier"), expect=4)
    assert closed["missing"] == ["JY000991-JY001000"]
    assert closed["strange"] == ["XX000007"]
    ledger = boat.people.export.parent / "export-state" / "ledger.jsonl"
    last = json.loads(ledger.read_text().splitlines()[-1])
    assert (last["act"], last["by"]) == ("inventory_close", "disong01")
    assert last["detail"]["missing"] == "JY000991-JY001000"
    assert last["signature"]
    # Whoever looks for them can still declare them lost, or count again.
    assert begun(boat)["missing"] == ["JY000001-JY001000"]


def test_a_medium_that_wore_out_is_named_though_its_files_are_whole(boat: Boat) -> None:
    boat.written()
    begun(boat)
    with boat.disc.open("r+b") as file:
        index = find_index(OpenDevice(file.fileno()))
        assert index is not None
        os.pwrite(file.fileno(), b"\xa5" * SECTOR, index.parity_at[0] * SECTOR)
    assert inventory(boat, "read", "JY000001", expect=4)["result"] == "medium_worn"
    assert inventory(boat, "show")["bad"] == {"JY000001": "medium_worn"}


def test_a_medium_with_other_content_than_the_ledger_knows_is_named(
    boat: Boat, tmp_path: Path
) -> None:
    boat.written()
    first = boat.disc.rename(tmp_path / "first.iso")
    boat.pair.post_progress(2)
    boat.pair.intranet.exchange.tick()
    boat.people.write()
    begun(boat)
    assert inventory(boat, "read", "JY000001", expect=4)["result"] == "label_differs"
    with boat.disc.open("r+b") as file:
        for one in list_files(boat.disc).files:
            if one.path.endswith(".tar"):
                os.pwrite(
                    file.fileno(), b"\xa5" * 64, one.extents[0].sector * SECTOR + one.size // 2
                )
    assert inventory(boat, "read", "JY000002", expect=4)["result"] == "medium_altered"
    shutil.copyfile(first, boat.disc)
    assert inventory(boat, "read", "JY000001")["result"] == "whole"
    assert inventory(boat, "read", "JY000777", expect=3)["error"] == "medium_empty"


def test_a_label_on_the_wrong_medium_is_noticed_when_it_is_scanned(boat: Boat) -> None:
    written = boat.post()
    assert written
    done = boat.people.write()
    assert done is not None
    begun(boat)
    code = f"TONGBAN-MEDIUM JY000001 {done['manifest_sha256']}"
    found = inventory(boat, "count", code, *boat.people.by("custodian"))
    assert found["found"] == ["JY000001"]
    wrong = f"TONGBAN-MEDIUM JY000002 {done['manifest_sha256']}"
    refused = inventory(boat, "count", wrong, *boat.people.by("custodian"), expect=3)
    assert refused["error"] == "label_differs"


@pytest.mark.parametrize("word", ["jy000001", "JY1", "JY000002-JY000001", "JY000001-XX000002", ""])
def test_what_is_no_number_is_not_counted(boat: Boat, word: str) -> None:
    begun(boat)
    refused = inventory(boat, "count", word, *boat.people.by("custodian"), expect=3)
    assert refused["error"] in {"medium_number", "nothing_counted"}


def test_an_inventory_in_the_programs_name_is_not_believed(boat: Boat) -> None:
    """Whoever can write to the file cannot confirm a count: its lines must be signed."""
    begun(boat)
    folder = boat.people.export.parent / "export-state"
    script = (
        "from pathlib import Path; from ferry.ledger.chain import Chain, Draft; "
        f"Chain(Path({str(folder)!r})).append([Draft('inventory_close', 'program:ferry', 1)])"
    )
    exec(script, {})  # noqa: S102 - what an intruder would run
    assert boat.run("ledger", expect=4)["error"] == "ledger_unsigned"


def test_the_reading_side_counts_what_arrived(boat: Boat) -> None:
    boat.written()
    boat.run("ingest")
    people = boat.people
    people.run(
        *("operator", "add", "jiezhi02", "--name", "何清和", "--role", "custodian"),
        *("--passphrase-file", str(people.passphrase)),
        side="ingest",
    )
    by = ("--by", "jiezhi02", "--passphrase-file", str(people.passphrase))
    begun_there = people.run("inventory", "begin", *by, side="ingest")
    assert begun_there["expected"] == ["JY000001"]
    assert people.run("inventory", "read", "JY000001", side="ingest")["result"] == "whole"
    with pytest.raises(FerryError) as refused:
        people.run("inventory", "begin", *by, side="ingest")
    assert refused.value.code == "inventory_open"
