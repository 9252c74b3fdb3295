"""Claims about a zone's metrics: the same numbers as its pages, in a form Prometheus parses."""

from collections.abc import Callable
from pathlib import Path

import pytest
from exchange_office import ExchangeOffice
from integration.exchange.pair import Pair
from prometheus_client.parser import text_string_to_metric_families

from kernel.bundle.names import BeaconName, parse_name
from kernel.exchange.models import BundleOut
from kernel.vocabulary.zones import Zone
from kernel.web.exchange_console.bundles import Query, find, read_place
from kernel.web.exchange_console.metrics import zone_metrics


def _samples(office: ExchangeOffice) -> dict[str, float]:
    text = zone_metrics(office.desk).decode()
    return {
        f"{sample.name}{''.join(f'|{value}' for value in sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_both_sides_tell_what_is_in_flight_and_missing(
    pair: Pair, extranet: ExchangeOffice, intranet: ExchangeOffice
) -> None:
    for number in range(1, 4):
        pair.post_review(number)
        pair.tick()

    def first(name: str) -> bool:
        parsed = parse_name(name)
        return not isinstance(parsed, BeaconName) and parsed.sequence == 1

    pair.carry(Zone.EXTRANET, Zone.INTRANET, lose=first)
    pair.tick()
    sent, received = _samples(extranet), _samples(intranet)
    assert sent["tongban_exchange_out_sequence|intranet|review"] == 3
    assert sent["tongban_exchange_out_in_flight|intranet|review"] == 3
    assert sent["tongban_exchange_out_confirmed|intranet|review"] == 0
    assert "tongban_exchange_out_oldest_timestamp_seconds|intranet|review" in sent
    assert received["tongban_exchange_in_missing|extranet|review"] == 1
    assert received["tongban_exchange_in_waiting|extranet|review"] == 2
    assert received["tongban_exchange_in_halted|extranet|review"] == 0
    assert "tongban_exchange_beacon_received_timestamp_seconds|extranet" in received
    assert received["tongban_carrier_up|gate-receive"] == 0


def test_nothing_exchanged_yet_is_no_error(intranet: ExchangeOffice) -> None:
    assert _samples(intranet)["tongban_exchange_out_waiting_messages|extranet"] == 0


@pytest.mark.postgres
def test_postgresql_gives_the_same_numbers(
    tmp_path: Path, new_postgres_url: Callable[[], str]
) -> None:
    told = []
    for name, urls in (
        ("sqlite", lambda zone: f"sqlite:///{tmp_path / zone}.db"),
        ("postgres", lambda _zone: new_postgres_url()),
    ):
        folder = tmp_path / name
        folder.mkdir()
        pair = Pair(folder, urls)
        office = ExchangeOffice(folder, pair, pair.extranet)
        for number in range(1, 60):
            pair.post_review(number)
            pair.post_progress(number)
            pair.tick()
        pair.round()
        with office.side.database.begin() as session:
            session.query(BundleOut).update({"offers": 3})
        with office.side.database.reading() as session:
            rows, after = find(session, Query())
            more, end = find(session, Query(before=read_place(after)))
        counts = {(row.way, row.sequence, row.state) for row in (*rows, *more)}
        assert end
        told.append((_samples(office), counts))
        pair.close()
    assert told[0][1] == told[1][1]
    assert len(told[0][1]) == 118 - 18
    same = {name for name in told[0][0] if "timestamp" not in name}
    assert {name: told[0][0][name] for name in same} == {name: told[1][0][name] for name in same}
