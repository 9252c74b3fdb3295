"""Claims about the benchmark's rows, and statistics over them on both kinds of server."""

from collections import Counter
from datetime import date, timedelta

import pytest
from appliance.bench.register_rows import (
    CASE_EVERY,
    HOME,
    ITEM,
    OPEN_STATES,
    RARE_EVERY,
    RIGHTS,
    certificate_no,
    fill,
    location,
    owner,
    state_of,
    unit_no,
)
from integration.register.stock_samples import NOW, RECORDER
from sqlalchemy import func, select

from extranet_zone.cases.models import Case, CaseStep
from extranet_zone.cases.states import State
from extranet_zone.clocks.rules import load_rules
from extranet_zone.clocks.services import ClockKeeper
from extranet_zone.register.models import Right
from extranet_zone.register.services import Purpose, SearchBy, search, unit_state
from extranet_zone.register.services.search import Look
from extranet_zone.statistics.services import Measure, Scope
from extranet_zone.statistics.services.report import make_report, sheets
from kernel.clock import BEIJING, from_micros
from kernel.db import Database
from kernel.vocabulary.unit import UnitNo

UNITS = 1400
LOOK = Look(Purpose.CASE_WORK, "样例查询单", RECORDER)


class Weekdays:
    """A calendar without holidays."""

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < 5

    def reason_of(self, _day: date) -> str:
        return ""

    def hours_on(self, _day: date) -> tuple[()]:
        raise AssertionError("without a pause no hour is asked for")


@pytest.fixture
def filled(database: Database) -> Database:
    fill(database, UNITS, NOW)
    return database


def test_rows_are_as_many_as_the_size_says_and_lawful(filled: Database) -> None:
    with filled.reading() as session:
        assert session.scalar(select(func.count()).select_from(Right)) == UNITS * RIGHTS
        states = Counter(session.scalars(select(Case.state)))
        state = unit_state(session, unit_no(7))
    assert sum(states.values()) == UNITS // CASE_EVERY
    assert states == Counter(state_of(number) for number in range(UNITS // CASE_EVERY))
    assert set(states) == {State.ARCHIVED, *OPEN_STATES}
    assert UnitNo.parse(unit_no(UNITS - 1)).text == unit_no(UNITS - 1)
    assert state is not None
    assert state.ownership is not None
    assert state.ownership.holders[0].name == owner(7)[0]


def test_every_search_of_the_benchmark_finds_its_unit(filled: Database) -> None:
    number = RARE_EVERY // 2
    with filled.begin() as session:
        for by, words in (
            (SearchBy.UNIT_NO, unit_no(number)),
            (SearchBy.CERTIFICATE_NO, certificate_no(number, "ownership")),
            (SearchBy.LOCATION, f"样例{number}号巷"),
            (SearchBy.OWNER, " ".join(owner(number))),
        ):
            found = search(session, by, words, LOOK)
            assert unit_no(number) in [unit.unit_no for unit in found], by
        assert found[0].location in {location(number), location(number ^ 1)}


def test_figures_of_a_period_are_what_the_rows_say(filled: Database) -> None:
    last = from_micros(NOW).astimezone(BEIJING).date()
    scope = Scope(HOME, last - timedelta(days=99), last)
    keeper = ClockKeeper(Weekdays(), load_rules())
    with filled.reading() as session:
        report = make_report(
            session, keeper, lambda _session, code, _now: code, scope, NOW, with_reasons=True
        )
        received = session.scalars(select(Case.received_at)).all()
        recorded = session.scalars(select(CaseStep.at).where(CaseStep.action == "record")).all()
    came = sum(scope.begin <= at < scope.end for at in received)
    done = sum(scope.begin <= at < scope.end for at in recorded)
    assert 0 < done < came < len(received)
    assert report.counts.total[Measure.RECEIVED] == came
    assert report.counts.by_item == {ITEM: report.counts.total}
    assert report.counts.by_mode == {"online": report.counts.total}
    assert report.counts.total[Measure.RECORDED] == done
    assert sum(line.received for line in report.trend) == came
    assert sum(line.recorded for line in report.trend) == done
    (promise,) = report.kept.by_item
    assert promise.ended == len(promise.used)
    assert promise.late == 0
    assert promise.median in (0, 1)
    assert sheets(report)[0].title == "办件数量"
