"""``new-epoch``, as an operator runs it after a restore."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from integration.exchange.pair import Pair, unconfirmed

from kernel.clock import Clock
from kernel.db import Database
from kernel.durable import exclusive
from kernel.errors import ConflictError
from kernel.exchange.models import StreamOut, StreamOutState
from kernel.program.epochs import new_epoch_command
from kernel.spool import Spool
from kernel.vocabulary.zones import Stream, Zone


@dataclass(frozen=True, slots=True)
class Parts:
    zone: Zone
    database: Database
    spool: Spool
    clock: Clock


@pytest.fixture
def pair(tmp_path: Path, database_url: str) -> Iterator[Pair]:
    """The restored zone's database is of either kind."""

    def urls(zone: str) -> str:
        return database_url if zone == "extranet" else f"sqlite:///{tmp_path / zone}.db"

    made = Pair(tmp_path, urls)
    yield made
    made.close()


def command(pair: Pair) -> click.Command:
    side = pair.extranet
    parts = Parts(side.zone, side.database, side.spool, pair.clock)
    return new_epoch_command(lambda _settings: parts)


def run(pair: Pair, *arguments: str) -> str:
    given = [*arguments, "--settings", "x.toml", "--json"]
    done = CliRunner().invoke(command(pair), given, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_streams_reconcile_and_go_on(pair: Pair) -> None:
    sent = [pair.post_review(1)]
    pair.round()
    pair.round()
    assert f'"streams": {2 * len(Stream)}' in run(pair, "--reason", "从备份恢复")
    sent.append(pair.post_review(2))
    pair.extranet.exchange.tick()
    with pair.extranet.database.reading() as session:
        row = session.get_one(StreamOut, (Zone.INTRANET, Stream.REVIEW))
        assert (row.state, row.sequence) == (StreamOutState.RECONCILING, 0)
    for _ in range(4):
        pair.round()
    assert pair.intranet.effects == sent
    assert unconfirmed(pair.extranet) == 0
    with pair.extranet.database.reading() as session:
        row = session.get_one(StreamOut, (Zone.INTRANET, Stream.REVIEW))
        assert (row.state, row.sequence, row.renews_sequence) == (StreamOutState.ACTIVE, 1, 1)


def test_it_is_refused_while_the_worker_runs(pair: Pair) -> None:
    with exclusive(pair.extranet.spool.lock), pytest.raises(ConflictError) as refused:
        run(pair, "--reason", "从备份恢复")
    assert refused.value.code == "already_running"


def test_the_announced_epoch_must_begin_where_the_old_one_was_left(pair: Pair) -> None:
    pair.post_review(1)
    pair.round()
    pair.round()
    run(pair, "--reason", "从备份恢复")
    for _ in range(2):
        pair.round()
    with pair.extranet.database.begin() as session:
        session.get_one(StreamOut, (Zone.INTRANET, Stream.REVIEW)).renews_head = "f" * 64
    pair.post_review(2)
    pair.round()
    assert [found.code for found in pair.intranet.spool.quarantined()] == ["epoch_changed"]
    assert len(pair.intranet.effects) == 1
