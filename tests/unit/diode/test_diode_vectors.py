"""Every vector of docs/spec/diode-v1.md through the receiving end."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import diode_forge as forge
import make_diode_v1
import pytest

from gate.diode.frame import LinkKey
from gate.diode.receive import LinkReceiver
from gate.diode.settings import BoundSettings
from kernel.clock import SetClock

FOLDER = make_diode_v1.FOLDER
EXPECTED = json.loads((FOLDER / "expected.json").read_text("utf-8"))
STEP = 2048


def receiver(landing: Path) -> LinkReceiver:
    clock = SetClock(datetime(2026, 6, 1, tzinfo=UTC))
    return LinkReceiver(landing, LinkKey(forge.KEY), BoundSettings(), clock, 0, lambda _: None)


@pytest.mark.parametrize("name", EXPECTED)
def test_what_lands_is_what_is_expected(name: str, tmp_path: Path) -> None:
    end = receiver(tmp_path)
    row = list(forge.unpack((FOLDER / f"{name}.datagrams").read_bytes()))
    end.take(memoryview(b"".join(one.ljust(STEP, b"\0") for one in row)), STEP, list(map(len, row)))
    end.settle()
    landed = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in tmp_path.iterdir()
        if not path.name.endswith(".part")
    }
    assert landed == EXPECTED[name]["files"]
    because = EXPECTED[name].get("because")
    counted = {
        "refused": end.totals.refused,
        "spare": end.totals.spare,
        "stale": end.totals.stale,
    } | {lost.reason: 1 for lost in end.losses}
    assert because is None or counted[because] > 0
    end.close()
    assert {path.name for path in tmp_path.iterdir()} == set(landed)


def test_the_vectors_are_what_their_maker_makes() -> None:
    made = make_diode_v1.files()
    kept = {
        path.relative_to(FOLDER).as_posix(): path.read_bytes()
        for path in FOLDER.rglob("*")
        if path.is_file()
    }
    assert kept == made


def test_the_seal_is_the_one_of_the_specification() -> None:
    content = b"a datagram"
    assert LinkKey(forge.KEY).seal(content) == forge.seal(content)
