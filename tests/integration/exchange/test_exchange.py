"""Exactly once in effect, in order, whatever the carrier does; every loop is closed by receipts."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.exchange.pair import Pair, inbox, unconfirmed

from kernel.audit import verify_chain
from kernel.exchange.models import StreamIn, StreamInState
from kernel.vocabulary.zones import Stream, Zone


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    yield made
    made.close()


def test_messages_arrive_once_and_in_order_and_are_receipted(pair: Pair) -> None:
    sent = [pair.post_review(number) for number in range(1, 6)]
    pair.round()
    pair.round()
    assert pair.intranet.effects == sent
    assert unconfirmed(pair.extranet) == 0
    assert pair.extranet.spool.kept_names(Zone.INTRANET) == set()


def test_encrypted_way_home_arrives_too(pair: Pair) -> None:
    sent = [pair.post_progress(number) for number in range(1, 4)]
    pair.round()
    pair.round()
    pair.round()
    assert pair.extranet.effects == sent
    assert unconfirmed(pair.intranet) == 0


def test_lost_bundle_is_a_gap_and_comes_again_by_itself(pair: Pair) -> None:
    sent = []
    for number in range(1, 6):
        sent.append(pair.post_review(number))
        pair.tick()
    pair.carry(
        Zone.EXTRANET,
        Zone.INTRANET,
        lose=lambda name: name.startswith("review-000000000002"),
    )
    pair.tick()
    assert pair.intranet.effects == sent[:1]
    for _ in range(3):
        pair.round()
    assert pair.intranet.effects == sent
    assert unconfirmed(pair.extranet) == 0


def test_lost_tail_is_noticed_through_the_beacon(pair: Pair) -> None:
    sent = [pair.post_review(1)]
    pair.tick()
    pair.carry(Zone.EXTRANET, Zone.INTRANET, lose=lambda name: name.endswith(".tar"))
    for _ in range(3):
        pair.round()
    assert pair.intranet.effects == sent


@pytest.mark.parametrize("seed", range(5))
def test_loss_repetition_and_disorder_for_a_while_end_balanced(pair: Pair, seed: int) -> None:
    chance = random.Random(seed)
    sent = []
    for number in range(1, 30):
        sent.append(pair.post_review(number))
        pair.post_progress(number)
        pair.round(
            lose=lambda _name: chance.random() < 0.3, order=chance, repeat=chance.choice((1, 2))
        )
    for _ in range(140):
        pair.round()
        if unconfirmed(pair.extranet) == 0 and unconfirmed(pair.intranet) == 0:
            break
    assert pair.intranet.effects == sent
    assert len(set(pair.extranet.effects)) == len(pair.extranet.effects) == 29
    assert inbox(pair.intranet) == len(sent)
    assert unconfirmed(pair.extranet) == unconfirmed(pair.intranet) == 0
    with pair.extranet.database.reading() as session:
        assert verify_chain(session).intact


def test_replayed_bundle_has_no_second_effect(pair: Pair, tmp_path: Path) -> None:
    pair.post_review(1)
    pair.tick()
    ready = pair.extranet.spool.ready_folder(Zone.INTRANET)
    old = {path.name: path.read_bytes() for path in ready.glob("*.tar")}
    pair.round()
    for name, content in old.items():
        with pair.intranet.spool.delivering(Zone.EXTRANET, name) as copy:
            copy.write(content)
    assert pair.intranet.exchange.tick().duplicates == 1
    assert len(pair.intranet.effects) == 1
    assert pair.intranet.spool.quarantined() == []


def test_equivocation_halts_the_stream_and_is_quarantined(pair: Pair, tmp_path: Path) -> None:
    pair.post_review(1)
    pair.round()
    twin = Pair(_made(tmp_path / "twin"), lambda zone: f"sqlite:///{tmp_path / 'twin' / zone}.db")
    # The same keys, the same stream and epoch, another content under number 1: a restored backup.
    twin.extranet.exchange = twin.extranet.exchange.__class__(
        Zone.EXTRANET,
        twin.extranet.database,
        twin.extranet.spool,
        twin.extranet.store,
        pair.keys[Zone.EXTRANET],
        pair.trust,
        pair.clock,
        {},
    )
    twin.post_review(2)
    _adopt_epoch(pair, twin)
    twin.extranet.exchange.tick()
    for path in twin.extranet.spool.ready_folder(Zone.INTRANET).glob("*.tar"):
        with pair.intranet.spool.delivering(Zone.EXTRANET, path.name) as copy:
            copy.write(path.read_bytes())
    pair.intranet.exchange.tick()
    assert [found.code for found in pair.intranet.spool.quarantined()] == ["equivocation"]
    with pair.intranet.database.reading() as session:
        stream = session.get_one(StreamIn, (Zone.EXTRANET, Stream.REVIEW))
        assert stream.state is StreamInState.HALTED
    twin.close()


def test_crash_between_writing_and_recording_a_bundle_leaves_no_trace(pair: Pair) -> None:
    pair.post_review(1)
    with pair.extranet.spool.sealing(Zone.INTRANET) as part:
        part.file.write(b"half")
        part.keep("review-000000000001-" + "a" * 64 + ".tar")
    pair.extranet.exchange.recover()
    assert pair.extranet.spool.kept_names(Zone.INTRANET) == set()
    pair.round()
    assert len(pair.intranet.effects) == 1


def test_sealed_but_never_offered_is_offered_after_a_restart(pair: Pair) -> None:
    pair.post_review(1)
    pair.tick()
    for path in pair.extranet.spool.ready_folder(Zone.INTRANET).glob("*.tar"):
        path.unlink()
    pair.extranet.exchange.recover()
    pair.round()
    assert len(pair.intranet.effects) == 1


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _adopt_epoch(pair: Pair, twin: Pair) -> None:
    from kernel.exchange.models import StreamOut  # noqa: PLC0415 - only the forger needs it

    with pair.extranet.database.reading() as session:
        epoch = session.get_one(StreamOut, (Zone.INTRANET, Stream.REVIEW)).epoch
    with twin.extranet.database.begin() as session:
        session.add(
            StreamOut(
                destination=Zone.INTRANET, stream=Stream.REVIEW, epoch=epoch, sequence=0, head=None
            )
        )
