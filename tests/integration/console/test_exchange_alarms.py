"""Claims about alarms: each holds exactly while its cause does, and names what it is about."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from exchange_office import ExchangeOffice
from integration.exchange.pair import Pair

from kernel.alarms import KINDS, Alarm, Weight, carrier_alarms, worst_first
from kernel.bundle.names import BeaconName, parse_name
from kernel.clock import now_micros
from kernel.errors import RejectedBundleError
from kernel.exchange.models import (
    BeaconIn,
    BundleOut,
    StreamIn,
    StreamInState,
    StreamOut,
    StreamOutState,
)
from kernel.facts import CarrierFacts
from kernel.program.settings import ExchangeSettings
from kernel.retention import DiskMarks
from kernel.vocabulary.zones import Carrier, Zone
from kernel.web.exchange_console.carriers import Disk, disk_alarms
from kernel.web.exchange_console.patience import Patience
from kernel.web.exchange_console.watching import survey

HOUR = 3600 * 1_000_000


def held(office: ExchangeOffice, **gauges: int) -> dict[str, Alarm]:
    """By code, with ``gauges`` of the gate; alarms about zones not in this test are left out."""
    now = office.desk.now()
    for program in ("gate-send", "gate-receive"):
        CarrierFacts(program, now, now, {}, gauges).write(office.side.spool.folder)
    with office.side.database.reading() as session:
        found = survey(office.desk, session, now).alarms
    return {alarm.code: alarm for alarm in found if "互联网" not in alarm.words}


def is_bundle(name: str) -> bool:
    return not isinstance(parse_name(name), BeaconName)


def test_two_sides_that_hear_each_other_have_no_alarm(
    pair: Pair, extranet: ExchangeOffice, intranet: ExchangeOffice
) -> None:
    pair.post_review(1)
    pair.round()
    pair.round()
    assert held(extranet) == {}
    assert held(intranet) == {}


def test_a_side_that_never_spoke_is_silent(intranet: ExchangeOffice) -> None:
    assert held(intranet)["peer_silent"].since is None


def test_silence_is_told_by_the_side_that_can_only_listen(
    pair: Pair, extranet: ExchangeOffice, intranet: ExchangeOffice
) -> None:
    pair.round()
    pair.clock.advance(timedelta(minutes=11))
    said = held(intranet)["peer_silent"]
    assert "电子政务外网" in said.words
    assert "11 分" in said.words
    assert said.since is not None
    # A ferry comes once a day; the other side may not expect more.
    assert "peer_silent" not in held(extranet)
    pair.clock.advance(timedelta(hours=26))
    assert "peer_silent" in held(extranet)
    pair.round()
    pair.round()
    assert "peer_silent" not in held(intranet)
    assert "peer_silent" not in held(extranet)


def test_a_gap_is_an_alarm_until_it_is_mended(pair: Pair, intranet: ExchangeOffice) -> None:
    for number in range(1, 4):
        pair.post_review(number)
        pair.tick()

    def second(name: str) -> bool:
        parsed = parse_name(name)
        return not isinstance(parsed, BeaconName) and parsed.sequence == 2

    pair.carry(Zone.EXTRANET, Zone.INTRANET, lose=second)
    pair.tick()
    assert "缺 1 个：2" in held(intranet)["stream_gap"].words
    for _ in range(4):
        pair.round()
    assert held(intranet) == {}


def test_what_nobody_takes_is_an_alarm(pair: Pair, extranet: ExchangeOffice) -> None:
    pair.round()
    pair.post_review(1)
    pair.tick()
    assert held(extranet) == {}
    pair.clock.advance(timedelta(minutes=11))
    assert "1 个待承运" in held(extranet)["not_carried"].words


@pytest.mark.parametrize(
    ("held_by", "hours"),
    [({"paused": 1}, 4), ({"draining": 1}, 4), ({"within_hours": 0}, 9 * 24)],
    ids=["paused", "draining", "closed"],
)
def test_what_waits_because_the_gate_is_held_is_an_alarm_only_after_long(
    pair: Pair, extranet: ExchangeOffice, held_by: dict[str, int], hours: int
) -> None:
    pair.round()
    pair.post_review(1)
    pair.tick()
    pair.clock.advance(timedelta(hours=hours - 1))
    assert "not_carried" not in held(extranet, **held_by)
    assert "not_carried" in held(extranet, paused=0, draining=0, within_hours=1)
    pair.clock.advance(timedelta(hours=2))
    assert "not_carried" in held(extranet, **held_by)


def test_court_orders_keep_no_hours_and_a_dead_program_holds_nothing() -> None:
    settings, now = ExchangeSettings(), 1_000_000_000_000
    closed = CarrierFacts("gate-send", now, now, {}, {"within_hours": 0})
    patience = Patience.now(settings, closed, now)
    assert patience.to_take(Carrier.GATE, "review") > 8 * 24 * HOUR
    assert patience.to_take(Carrier.GATE, "urgent") == patience.live < HOUR
    assert patience.to_take(Carrier.FERRY, "review") == patience.ferry
    dead = Patience.now(settings, closed, now + HOUR)
    assert dead.to_take(Carrier.GATE, "review") == dead.live


def test_a_zone_says_how_often_a_ferry_goes(pair: Pair, extranet: ExchangeOffice) -> None:
    extranet.desk = replace(extranet.desk, settings=ExchangeSettings(ferry_hours=4))
    pair.round()
    pair.post_review(1)
    pair.tick()
    pair.carry(Zone.EXTRANET, Zone.INTRANET, lose=is_bundle)
    pair.tick()
    pair.clock.advance(timedelta(hours=3))
    assert "confirmation_late" not in held(extranet)
    pair.clock.advance(timedelta(hours=2))
    assert "confirmation_late" in held(extranet)


def test_what_was_taken_may_stay_unconfirmed_until_a_ferry_was_due(
    pair: Pair, extranet: ExchangeOffice
) -> None:
    pair.round()
    pair.post_review(1)
    pair.tick()
    pair.carry(Zone.EXTRANET, Zone.INTRANET, lose=is_bundle)
    pair.tick()
    pair.clock.advance(timedelta(hours=25))
    assert "confirmation_late" not in held(extranet)
    pair.clock.advance(timedelta(hours=3))
    assert "1 个在途" in held(extranet)["confirmation_late"].words


def test_a_bundle_that_is_missing_after_every_try_needs_a_person(
    pair: Pair, extranet: ExchangeOffice
) -> None:
    pair.round()
    pair.post_review(1)
    pair.tick()
    assert "resend_exhausted" not in held(extranet)
    with extranet.side.database.begin() as session:
        session.query(BundleOut).update({"exhausted_at": 7})
    said = held(extranet)["resend_exhausted"]
    assert said.since == 7
    assert "1 个包" in said.words


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (StreamOutState.DISAGREES, "receipt_disagrees"),
        (StreamOutState.RECONCILING, "stream_reconciling"),
    ],
)
def test_a_stream_that_may_not_be_sealed_is_told(
    pair: Pair, extranet: ExchangeOffice, state: StreamOutState, code: str
) -> None:
    pair.post_review(1)
    pair.round()
    pair.round()
    with extranet.side.database.begin() as session:
        session.query(StreamOut).update({"state": state, "state_at": 7})
    assert held(extranet)[code].since == 7


def test_a_halted_stream_is_an_alarm(pair: Pair, intranet: ExchangeOffice) -> None:
    pair.post_review(1)
    pair.round()
    with intranet.side.database.begin() as session:
        session.query(StreamIn).update({"state": StreamInState.HALTED})
    assert "停在第 1 号" in held(intranet)["stream_halted"].words


def test_quarantine_is_an_alarm(pair: Pair, intranet: ExchangeOffice, tmp_path: Path) -> None:
    path = tmp_path / "bad"
    path.write_bytes(b"x")
    pair.round()
    at = now_micros(pair.clock)
    intranet.side.spool.quarantine(path, RejectedBundleError("bad_signature", "x"), "gate", at)
    assert held(intranet)["quarantine_waiting"].since == at


def test_the_worst_comes_first_and_of_equals_the_oldest() -> None:
    alarms = [Alarm("paused", ""), Alarm("disk_low", "", 5), Alarm("stream_gap", "", 3)]
    alarms.append(Alarm("disk_full", "", 9))
    found = [alarm.code for alarm in worst_first(alarms)]
    assert found == ["disk_full", "stream_gap", "disk_low", "paused"]


def test_a_code_nobody_knows_is_a_warning_with_words() -> None:
    alarm = Alarm("unheard_of", "x")
    assert alarm.kind.weight is Weight.WARNING
    assert alarm.advice
    assert Alarm("disk_low", "x", remedy="换盘").advice == "换盘"


@pytest.mark.parametrize("code", KINDS)
def test_every_kind_is_complete(code: str) -> None:
    kind = KINDS[code]
    for words in (kind.label, kind.cause, kind.remedy):
        assert words
        assert words == words.strip()
    assert kind.cause.endswith("。")
    assert not kind.remedy.endswith("。")


def test_a_carrier_whose_clock_is_ahead_is_not_silent() -> None:
    facts = CarrierFacts("gate-send", 0, 10**15, {}, {})
    assert carrier_alarms("gate-send", facts, 10**14) == ()


@pytest.mark.parametrize(
    ("free", "code"), [(30, None), (15, "disk_low"), (7, "disk_full"), (1, "disk_full")]
)
def test_the_disks_marks_are_alarms(free: int, code: str | None) -> None:
    marks = DiskMarks(low=20, stop=10, floor=5)
    found = [alarm.code for alarm in disk_alarms(Disk(free, 100), marks)]
    assert found == ([code] if code else [])


def test_a_clock_that_is_ahead_is_told(pair: Pair, intranet: ExchangeOffice) -> None:
    pair.round()
    with intranet.side.database.begin() as session:
        session.query(BeaconIn).update({"created": now_micros(pair.clock) + 3_600_000_000})
    assert "快 " in held(intranet)["clock_skew"].words
