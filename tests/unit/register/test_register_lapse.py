"""Claims about what ends by law and about the queue of seizures."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extranet_zone.register.lapse import (
    NOTICE_DAYS,
    OBJECTION_DAYS,
    TERMS,
    settle,
    settle_queue,
    term_end,
)
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import RightState, SeizureState, UnitState
from kernel.clock import to_micros
from kernel.vocabulary.dictionaries import SeizureKind

MORNING = to_micros(datetime(2026, 1, 5, 1, 30, tzinfo=UTC))
RECORDED_ON = date(2026, 1, 5)
QUEUED = SeizureState("s", SeizureKind.QUEUED, "甲法院", "文1", "", "", MORNING, 12, "", "")


def seizure(name: str, arrived: int, months: int = 12, **changed: object) -> SeizureState:
    made = replace(QUEUED, id=name, arrived_at=arrived, term_months=months)
    return replace(made, **changed)  # type: ignore[arg-type]  # fields by name


def unit(*rights: RightState, seizures: tuple[SeizureState, ...] = ()) -> UnitState:
    return UnitState("u", "", "", "", "", "", rights, seizures)


def notice(kind: RightKind, **facts: str) -> RightState:
    return RightState("n", kind, "4", "证1", "0", (), facts, MORNING)


def standing(queue: tuple[SeizureState, ...]) -> list[tuple[str, str]]:
    return [(one.id, one.kind.value) for one in queue]


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        (date(2026, 1, 5), 36, date(2029, 1, 4)),
        (date(2026, 1, 1), 1, date(2026, 1, 31)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 14)),
    ],
)
def test_term_includes_its_first_and_last_day(first: date, months: int, last: date) -> None:
    assert term_end(first, months) == last


def test_first_to_arrive_is_in_effect_and_the_others_queue() -> None:
    queue = settle_queue([seizure("b", 2), seizure("a", 1), seizure("c", 3)], RECORDED_ON)
    assert standing(queue) == [("a", "1"), ("b", "2"), ("c", "2")]
    assert (queue[0].term_from, queue[0].term_to) == ("2026-01-05", "2027-01-04")
    assert [one.term_to for one in queue[1:]] == ["", ""]


def test_preliminary_seizures_stay_preliminary_in_queue_and_in_effect() -> None:
    kind = SeizureKind.QUEUED_PRELIMINARY
    queue = settle_queue([seizure("a", 1, kind=kind), seizure("b", 2, kind=kind)], RECORDED_ON)
    assert standing(queue) == [("a", "3"), ("b", "4")]


def test_seizure_stands_on_its_last_day_and_the_next_begins_on_the_day_after() -> None:
    queue = settle_queue([seizure("a", 1, 1), seizure("b", 2, 2)], RECORDED_ON)
    last = date(2026, 2, 4)
    assert standing(settle_queue(queue, last)) == [("a", "1"), ("b", "2")]
    after = settle_queue(queue, last + timedelta(days=1))
    assert standing(after) == [("b", "1")]
    assert (after[0].term_from, after[0].term_to) == ("2026-02-05", "2026-04-04")


def test_a_long_silence_runs_through_the_queue_one_after_the_other() -> None:
    queue = settle_queue([seizure("a", 1, 1), seizure("b", 2, 1), seizure("c", 3, 1)], RECORDED_ON)
    late = settle_queue(queue, date(2026, 3, 20))
    assert standing(late) == [("c", "1")]
    assert late[0].term_from == "2026-03-05"
    assert settle_queue(queue, date(2026, 4, 5)) == ()


def test_stock_without_a_term_does_not_lapse() -> None:
    queue = settle_queue([seizure("a", 1, 0)], RECORDED_ON)
    assert standing(settle_queue(queue, date(2099, 1, 1))) == [("a", "1")]


@pytest.mark.parametrize(
    ("facts", "days", "stands"),
    [
        ({}, OBJECTION_DAYS, True),
        ({}, OBJECTION_DAYS + 1, False),
        ({"suit_no": "（2026）样民初1号"}, OBJECTION_DAYS + 1, True),
    ],
)
def test_objection_lapses_when_no_suit_was_brought(
    facts: dict[str, str], days: int, *, stands: bool
) -> None:
    state = unit(notice(RightKind.OBJECTION, **facts))
    settled = settle(state, RECORDED_ON + timedelta(days=days))
    assert bool(settled.rights) is stands


@pytest.mark.parametrize(
    ("facts", "days", "stands"),
    [
        ({"registrable_on": "2026-01-05"}, NOTICE_DAYS, True),
        ({"registrable_on": "2026-01-05"}, NOTICE_DAYS + 1, False),
        ({}, 10 * NOTICE_DAYS, True),
    ],
)
def test_notice_lapses_ninety_days_after_registration_became_possible(
    facts: dict[str, str], days: int, *, stands: bool
) -> None:
    state = unit(notice(RightKind.ADVANCE_NOTICE, **facts))
    settled = settle(state, RECORDED_ON + timedelta(days=days))
    assert bool(settled.rights) is stands


def test_a_replaced_certificate_does_not_renew_an_objection() -> None:
    renewed = replace(
        notice(RightKind.OBJECTION, ranked_since=str(MORNING)),
        recorded_at=MORNING + 10 * 86_400_000_000,
    )
    assert settle(unit(renewed), RECORDED_ON + timedelta(days=16)).rights == ()


def test_every_term_names_its_basis() -> None:
    assert all(term.basis.endswith("[K]") for term in TERMS)


SEIZURES = st.lists(
    st.builds(
        lambda name, arrived, months, kind: seizure(name, arrived, months, kind=kind),
        st.uuids().map(lambda found: found.hex),
        st.integers(0, 50),
        st.integers(0, 36),
        st.sampled_from([SeizureKind.QUEUED, SeizureKind.QUEUED_PRELIMINARY]),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)
DAYS = st.dates(date(2026, 1, 5), date(2060, 1, 1))


@given(SEIZURES, DAYS)
def test_whatever_arrives_one_is_in_effect_and_ranks_hold(
    found: list[SeizureState], day: date
) -> None:
    queue = settle_queue(settle_queue(found, RECORDED_ON), day)
    assert [one.kind.is_queued for one in queue] == [place > 0 for place in range(len(queue))]
    arrivals = [one.arrived_at for one in queue]
    assert arrivals == sorted(arrivals)
    assert all(not one.term_to or one.term_to >= day.isoformat() for one in queue[:1])


@given(SEIZURES, DAYS, DAYS)
def test_it_does_not_matter_how_often_anybody_looked(
    found: list[SeizureState], one_day: date, other_day: date
) -> None:
    first, last = sorted((one_day, other_day))
    queue = settle_queue(found, RECORDED_ON)
    assert settle_queue(settle_queue(queue, first), last) == settle_queue(queue, last)
