"""A lost medium: declared, its content sent again under the same numbers, a late find harmless."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from integration.exchange.pair import Pair, inbox
from integration.ferry.boat import Boat, is_beacon, make_boat

from ferry.xorriso import list_files
from kernel import requests
from kernel.vocabulary.zones import Zone

pytestmark = pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")


@pytest.fixture
def boat(tmp_path: Path) -> Iterator[Boat]:
    pair = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    yield make_boat(tmp_path, pair)
    pair.close()


def bundles_on(disc: Path) -> list[str]:
    """Names hold stream, sequence and digest: the same names are the same bytes."""
    names = [Path(file.path).name for file in list_files(disc).files if "bundles/" in file.path]
    return sorted(name for name in names if not is_beacon(name))


def hand_over(boat: Boat, folder: Path, number: str) -> None:
    for command, role in (("label", "maker"), ("handover", "courier")):
        paper = folder / f"{command}-{number}.pdf"
        boat.people.run(command, number, *boat.people.by(role), "--output", str(paper))


def test_a_lost_medium_is_made_up_for_by_the_next_under_the_same_numbers(
    boat: Boat, tmp_path: Path
) -> None:
    sent = boat.written(3)
    hand_over(boat, tmp_path, "JY000001")
    lost = boat.disc.rename(tmp_path / "lost.iso")
    on_lost = bundles_on(lost)
    assert len(on_lost) >= 1
    assert boat.bundles_ready() == []

    boat.people.run("lost", "JY000001", *boat.people.by("courier"), "--note", "途中遗失")
    boat.pair.intranet.exchange.tick()
    assert sorted(boat.bundles_ready()) == on_lost

    later = boat.pair.post_progress(9)
    boat.pair.intranet.exchange.tick()
    assert boat.people.write() is not None
    assert set(on_lost) < set(bundles_on(boat.disc))
    hand_over(boat, tmp_path, "JY000002")
    assert boat.people.read()["refused"] == []
    assert boat.arrived() == [*sent, later]
    boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
    boat.pair.intranet.exchange.tick()
    assert boat.states() == {"JY000001": "lost", "JY000002": "acknowledged"}

    # Somebody finds it a week later and puts it in.
    known = inbox(boat.pair.extranet)
    lost.rename(boat.disc)
    assert boat.run("ingest")["already"] is False
    assert boat.arrived() == [*sent, later]
    assert inbox(boat.pair.extranet) == known
    assert boat.pair.extranet.spool.quarantined() == []
    boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
    boat.pair.intranet.exchange.tick()
    assert boat.states() == {"JY000001": "lost", "JY000002": "acknowledged"}
    assert boat.bundles_ready() == []
    history = boat.run("ledger", "JY000001")
    assert [line["act"] for line in history][-1] == "declare_lost"  # type: ignore[index, call-overload]  # a list
    boat.people.run("destroy", "JY000001", *boat.people.by("custodian"), "--note", "找回后粉碎")
    assert boat.states()["JY000001"] == "destroyed"


def test_what_arrived_before_the_loss_is_not_sent_again(boat: Boat, tmp_path: Path) -> None:
    """The medium went missing on its way back, after it was read."""
    boat.written()
    hand_over(boat, tmp_path, "JY000001")
    boat.people.read()
    boat.arrived()
    boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
    boat.pair.intranet.exchange.tick()
    boat.people.run("lost", "JY000001", *boat.people.by("courier"), "--note", "归还途中遗失")
    assert requests.waiting(boat.pair.intranet.spool.folder, "resend") == ()
    boat.pair.intranet.exchange.tick()
    assert boat.bundles_ready() == []


def test_a_loss_nobody_declares_is_noticed_by_the_other_side(boat: Boat, tmp_path: Path) -> None:
    """The gap of the streams brings it back by itself, a trip later."""
    sent = boat.written()
    boat.disc.rename(tmp_path / "lost.iso")
    for _ in range(3):
        boat.pair.clock.advance(timedelta(minutes=2))  # A heartbeat further.
        boat.pair.tick()
        boat.people.make_trip()
        boat.pair.tick()
        boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
    assert boat.pair.extranet.effects == sent
