"""Claims about a zone's metrics: the same numbers as its pages, in a form Prometheus parses."""

from exchange_office import ExchangeOffice
from integration.exchange.pair import Pair
from prometheus_client.parser import text_string_to_metric_families

from kernel.bundle.names import BeaconName, parse_name
from kernel.vocabulary.zones import Zone
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
