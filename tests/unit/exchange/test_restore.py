"""Restored from a backup, a zone goes on: nothing twice, nothing lost, whichever side it was."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from unit.exchange.invariants import require_ending
from unit.exchange.world import EX, NT, Side, Template, World, without_fsync

from kernel.errors import InvalidValueError, UnavailableError
from kernel.exchange.restore import start_new_epochs
from kernel.vocabulary.zones import Stream, Zone

REASON = "磁盘损坏，从备份恢复"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template.make(tmp_path_factory.mktemp("template"))


@pytest.fixture
def world(template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    without_fsync(monkeypatch.setattr)
    made = World(template, tmp_path)
    yield made
    made.close()


def renew(world: World, zone: Zone) -> None:
    side = world.sides[zone]
    start_new_epochs(side.database, side.spool, zone, REASON, world.clock)
    world.start(side)


def forget(side: Side, count: int) -> None:
    """The last ``count`` messages were posted after the backup: with the database they are gone."""
    del side.posted[len(side.posted) - count :]


@pytest.mark.parametrize("zone", [EX, NT])
@pytest.mark.parametrize("spool", [True, False])
def test_restored_zone_goes_on_and_nothing_is_lost_or_doubled(
    world: World, zone: Zone, *, spool: bool
) -> None:
    for _ in range(3):
        world.post(EX, Stream.REVIEW, 2)
        world.post(NT, Stream.REVIEW, 1)
        world.settle()
    world.post(zone, Stream.REVIEW, 3)
    world.back_up(zone)
    # After the backup: what waited goes out, the other side sends and is receipted.
    world.settle()
    world.post(world.peer(zone).zone, Stream.REVIEW, 4)
    world.settle()
    world.bring_back(zone, spool=spool)
    renew(world, zone)
    world.post(EX, Stream.REVIEW, 2)
    world.post(NT, Stream.MATERIALS if zone is EX else Stream.REVIEW, 1)
    world.settle(least=8)
    require_ending(world)


def test_bundle_on_its_way_while_its_origin_is_restored_has_one_effect(world: World) -> None:
    world.post(EX, Stream.REVIEW, 1)
    world.settle()
    world.post(EX, Stream.REVIEW, 2)
    world.back_up(EX)
    world.tick(EX)
    late = world.take(EX)
    world.bring_back(EX, spool=True)
    renew(world, EX)
    world.settle()
    for file in late:
        world.deliver(EX, file)
    world.settle()
    require_ending(world)
    assert world.sides[NT].spool.quarantined() == []


def test_messages_posted_after_the_backup_are_the_only_ones_the_origin_forgets(
    world: World,
) -> None:
    world.post(EX, Stream.REVIEW, 1)
    world.settle()
    world.back_up(EX)
    world.post(EX, Stream.REVIEW, 2)
    world.settle()
    applied = world.sides[NT].rows("SELECT count(*) FROM effect")
    world.bring_back(EX, spool=True)
    renew(world, EX)
    world.post(EX, Stream.REVIEW, 2)
    world.settle()
    effects = world.sides[NT].rows("SELECT count(*), count(DISTINCT message) FROM effect")
    assert applied == [(3,)]
    assert effects == [(5, 5)]
    unknown = world.sides[EX].rows(
        "SELECT count(*) FROM audit_record WHERE act = 'exchange.epoch_reconciled'"
        " AND body LIKE '%\"unknown_here\":1%'"
    )
    assert unknown == [(1,)]


def test_worker_refuses_a_database_that_is_older_than_its_spool(world: World) -> None:
    world.post(EX, Stream.REVIEW, 1)
    world.settle()
    world.back_up(EX)
    for _ in range(2):
        world.post(EX, Stream.REVIEW, 1)
        world.tick(EX)
    world.bring_back(EX, spool=False)
    with pytest.raises(UnavailableError) as refused:
        world.start(world.sides[EX])
    assert refused.value.code == "database_older"
    forget(world.sides[EX], 2)
    renew(world, EX)
    world.settle()
    require_ending(world)
    assert {found.code for found in world.sides[EX].spool.quarantined()} == {"epoch_unknown"}


def test_origin_stops_sealing_when_the_destination_knows_more_than_it(world: World) -> None:
    world.post(EX, Stream.REVIEW, 1)
    world.settle()
    world.back_up(EX)
    world.post(EX, Stream.REVIEW, 1)
    world.settle()
    world.bring_back(EX, spool=True)
    forget(world.sides[EX], 1)
    world.start(world.sides[EX])
    world.clock.advance(timedelta(minutes=2))
    world.tick(NT)
    for file in world.take(NT):
        world.deliver(NT, file)
    world.tick(EX)
    world.post(EX, Stream.REVIEW, 1)
    world.tick(EX)
    states = world.sides[EX].rows("SELECT state FROM stream_out WHERE stream = 'review'")
    assert states == [("disagrees",)]
    assert world.sides[EX].rows("SELECT count(*) FROM outbox_message WHERE bundle IS NULL") == [
        (1,)
    ]
    renew(world, EX)
    world.settle()
    assert world.sides[NT].rows("SELECT count(DISTINCT message), count(*) FROM effect") == [(3, 3)]


def test_restored_destination_asks_for_what_it_lost_even_when_nobody_said_so(world: World) -> None:
    world.post(EX, Stream.REVIEW, 2)
    world.settle()
    world.back_up(NT)
    world.post(EX, Stream.REVIEW, 3)
    world.settle()
    world.bring_back(NT, spool=True)
    world.start(world.sides[NT])
    # Nobody runs new-epoch: the origin's beacon proves that receipts were given and forgotten.
    world.post(EX, Stream.REVIEW, 1)
    world.settle(least=8)
    require_ending(world)


def test_epoch_that_nobody_announced_is_quarantined(world: World) -> None:
    world.post(EX, Stream.REVIEW, 1)
    world.settle()
    side = world.sides[EX]
    with side.database.begin() as session:
        session.connection().exec_driver_sql(
            "UPDATE stream_out SET epoch = 'ffffffffffffffff', sequence = 0, head = NULL"
        )
    world.post(EX, Stream.REVIEW, 1)
    world.tick(EX)
    for file in world.take(EX):
        world.deliver(EX, file)
    world.tick(NT)
    assert [found.code for found in world.sides[NT].spool.quarantined()] == ["epoch_changed"]
    assert world.sides[NT].rows("SELECT count(*) FROM effect") == [(1,)]


def test_reason_must_be_given(world: World) -> None:
    side = world.sides[EX]
    with pytest.raises(InvalidValueError, match="原因"):
        start_new_epochs(side.database, side.spool, EX, "  ", world.clock)
