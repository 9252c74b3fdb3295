"""Claims about the timetable: no promise breaks for want of a trip, and the cases are named."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ferry.settings import TimetableSettings
from ferry.timetable import Timetable
from kernel.clock import BEIJING, from_micros, to_micros
from kernel.deadlines import Deadline, Stage

MONDAY = datetime(2026, 11, 23, tzinfo=BEIJING)
SETTINGS = TimetableSettings(
    trips=["30 10 * * mon-fri", "30 16 * * mon-fri"],
    opens="0 8 * * mon-fri",
    closes="0 18 * * mon-fri",
    travel_minutes=120,
    finish_minutes=60,
    prepare_minutes=45,
    grace_minutes=30,
)
TABLE = Timetable(SETTINGS)


def at(days: int, hour: int, minute: int = 0) -> datetime:
    return MONDAY + timedelta(days=days, hours=hour, minutes=minute)


def case(
    due: datetime, number: int = 1, *, stage: Stage = Stage.WAITING, file: str = "f"
) -> Deadline:
    return Deadline(case_no=f"W{number:015d}", due_at=to_micros(due), stage=stage, file=file)


def waiting(*files: str, since: datetime = MONDAY) -> dict[str, int]:
    return dict.fromkeys(files or ("f",), to_micros(since))


def test_without_a_case_that_presses_the_regular_trip_is_proposed() -> None:
    found = TABLE.outlook([case(at(3, 12))], waiting(), at(0, 9)).proposal
    assert found is not None
    assert (from_micros(found.leave_at), found.extra) == (at(0, 10, 30), False)
    assert found.leave_by == to_micros(at(3, 9))
    assert (len(found.must), len(found.may), found.late) == (0, 1, ())


def test_a_case_that_only_the_next_trip_can_keep_is_named() -> None:
    found = TABLE.outlook([case(at(0, 15), 1), case(at(3, 12), 2)], waiting(), at(0, 9)).proposal
    assert found is not None
    assert not found.extra
    assert [call.case_no for call in found.must] == [f"W{1:015d}"]
    assert [call.case_no for call in found.may] == [f"W{2:015d}"]


def test_a_case_before_the_regular_trip_calls_for_an_extra_one() -> None:
    found = TABLE.outlook([case(at(0, 17))], waiting(), at(0, 11)).proposal
    assert found is not None
    assert (from_micros(found.leave_at), found.extra) == (at(0, 14), True)


def test_the_moment_to_leave_lies_within_office_hours() -> None:
    """Due at nine on Tuesday, three hours of way and work: six in the morning is nobody's hour."""
    found = TABLE.outlook([case(at(1, 9))], waiting(), at(0, 17)).proposal
    assert found is not None
    assert (from_micros(found.leave_at), found.extra) == (at(0, 18), True)


def test_a_case_over_a_weekend_leaves_on_friday() -> None:
    call = TABLE.leave_by(to_micros(at(7, 9)))
    assert call == to_micros(at(4, 18))


def test_what_is_too_late_already_is_to_leave_at_once_or_at_the_next_opening() -> None:
    found = TABLE.outlook([case(at(0, 11))], waiting(), at(0, 9)).proposal
    assert found is not None
    assert (from_micros(found.leave_at), found.extra) == (at(0, 9), True)
    assert [call.case_no for call in found.late] == [f"W{1:015d}"]
    night = TABLE.outlook([case(at(1, 9))], waiting(), at(0, 23)).proposal
    assert night is not None
    assert from_micros(night.leave_at) == at(1, 8)


def test_nothing_that_waits_calls_for_no_trip() -> None:
    assert TABLE.outlook([], {}, at(0, 9)).proposal is None
    beacon = TABLE.outlook([], {}, at(0, 9), anything=True).proposal
    assert beacon is not None
    assert from_micros(beacon.leave_at) == at(0, 10, 30)


def test_cases_are_told_apart_by_where_their_result_is() -> None:
    found = TABLE.outlook(
        [
            case(at(3, 12), 1, file="here"),
            case(at(3, 12), 2, file="gone", stage=Stage.CARRIED),
            case(at(3, 12), 3, file="written", stage=Stage.CARRIED),
            case(at(3, 12), 4, file="", stage=Stage.REVIEWING),
            case(at(3, 12), 5, file=""),
            case(at(3, 12), 6, file="gone"),
        ],
        waiting("here", "written"),
        at(0, 9),
    )
    assert found.proposal is not None
    assert [call.case_no[-1] for call in found.proposal.may] == ["1", "3", "5"]
    assert [call.case_no[-1] for call in found.reviewing] == ["4"]
    assert found.underway == 2


def test_a_regular_trip_that_left_without_what_was_ready_is_missed() -> None:
    ready = waiting(since=at(0, 9))
    assert TABLE.outlook([], ready, at(0, 10, 59)).missed_at is None
    assert TABLE.outlook([], ready, at(0, 11)).missed_at == to_micros(at(0, 10, 30))
    # What came while the trip was being made waits for the next one.
    late = waiting(since=at(0, 10))
    assert TABLE.outlook([], late, at(0, 11)).missed_at is None
    assert TABLE.outlook([], {}, at(0, 11)).missed_at is None


def test_a_case_presses_from_when_its_trip_must_be_prepared() -> None:
    due = [case(at(0, 17))]
    assert TABLE.outlook(due, waiting(), at(0, 13, 14)).pressing == ()
    assert len(TABLE.outlook(due, waiting(), at(0, 13, 15)).pressing) == 1
    assert len(TABLE.outlook(due, waiting(), at(0, 16)).pressing) == 1
    assert TABLE.outlook(due, {}, at(0, 16)).pressing == ()


@given(
    st.lists(st.integers(-24 * 60, 24 * 60 * 10), min_size=1, max_size=8),
    st.integers(0, 60 * 24 * 7),
)
def test_following_every_proposal_breaks_no_promise_that_could_be_kept(
    dues: list[int], start: int
) -> None:
    now = MONDAY + timedelta(minutes=start)
    cases = [case(now + timedelta(minutes=due), n, file=f"f{n}") for n, due in enumerate(dues)]
    left = {one.file for one in cases}
    kept = {
        one.file for one in cases if (by := TABLE.leave_by(one.due_at)) and by >= to_micros(now)
    }
    moment = now
    while left:
        found = TABLE.outlook(
            [one for one in cases if one.file in left], waiting(*left), moment
        ).proposal
        assert found is not None
        leaves = from_micros(found.leave_at)
        assert leaves >= moment
        # Only what must go goes: the hardest case, as everything may go with any trip.
        going = {*found.must, *found.late}
        for one in cases:
            if one.file in left and any(call.case_no == one.case_no for call in going):
                left.discard(one.file)
                by = TABLE.leave_by(one.due_at)
                assert one.file not in kept or (by is not None and by >= found.leave_at)
        moment = leaves + timedelta(minutes=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"opens": "0 8 * * mon-fri"},
        {"trips": ["whenever"]},
        {"trips": ["0 8 * * *"] * 49},
        {"travel_minutes": 0},
        {"unknown": 1},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TimetableSettings.model_validate(wrong)
