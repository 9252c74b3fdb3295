"""Claims about clocks as rows, the loaded calendar, the report and the alarms."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from extranet_office import STAFF, Office
from sqlalchemy import update

from extranet_zone.cases.services.timing import recount
from extranet_zone.cases.states import Action, State
from extranet_zone.clocks.calendar import LoadedCalendar, load_edition, loaded_editions
from extranet_zone.clocks.calendar_file import YearCalendar, seed, sign, verify
from extranet_zone.clocks.commands import to_csv
from extranet_zone.clocks.models import CalendarEdition
from extranet_zone.clocks.rules import load_rules
from extranet_zone.clocks.services import ClockKeeper, Subject, explained
from extranet_zone.clocks.services.report import Grouping, ReportLine, clock_alarms, report
from extranet_zone.clocks.states import ClockKind, SuspensionReason
from extranet_zone.clocks.working_time import Tone
from extranet_zone.roles import Role
from kernel.errors import ConflictError, RefusedError
from kernel.keys import Purpose, TrustStore, generate_signer, load_station
from kernel.keys.__main__ import main as keys
from kernel.vocabulary.zones import Zone


class Calendars:
    """A key for calendars, and editions signed with it."""

    def __init__(self, office: Office, folder: Path) -> None:
        public = generate_signer(Zone.EXTRANET, Purpose.CALENDAR, folder / "calendar.key")
        self.office, self.trust = office, TrustStore([public])
        self.private = load_station(folder / "calendar.key")

    def load(self, calendar: YearCalendar) -> bool:
        signed = verify(sign(calendar, self.private), self.trust, self.office.clock.now())
        with self.office.database.begin() as session:
            return load_edition(session, signed, "admin", self.office.now)

    def in_force(self) -> LoadedCalendar:
        return LoadedCalendar(self.office.database, self.trust, self.office.clock)


@pytest.fixture
def calendars(office: Office, tmp_path: Path) -> Calendars:
    return Calendars(office, tmp_path)


def test_an_edition_is_loaded_once_and_only_a_newer_one_replaces_it(calendars: Calendars) -> None:
    first = seed(2026)
    assert calendars.load(first)
    assert not calendars.load(first)
    other = first.model_copy(update={"make_up": ()})
    with pytest.raises(ConflictError, match="calendar_edition_old"):
        calendars.load(other)
    assert calendars.load(other.model_copy(update={"edition": 2}))
    with calendars.office.database.reading() as session:
        assert [row["edition"] for row in loaded_editions(session)] == [2, 1]


def test_a_new_edition_is_noticed_and_a_forged_row_is_not_believed(calendars: Calendars) -> None:
    calendar = calendars.in_force()
    monday = calendars.office.clock.now().date()
    with pytest.raises(RefusedError, match="calendar_unknown_year"):
        calendar.is_working_day(monday)
    calendars.load(seed(2026))
    calendars.office.clock.advance(timedelta(seconds=20))
    assert calendar.is_working_day(monday)
    with calendars.office.database.begin() as session:
        session.execute(update(CalendarEdition).values(text="{}"))
    calendars.office.clock.advance(timedelta(seconds=20))
    with pytest.raises(RefusedError, match="calendar_unknown_year"):
        calendar.is_working_day(monday)


def test_a_clock_without_a_calendar_is_counted_when_the_calendar_comes(
    office: Office, calendars: Calendars
) -> None:
    keeper = ClockKeeper(calendars.in_force(), load_rules())
    object.__setattr__(office.work, "clocks", keeper)
    case_no = office.receive(item="change-details")
    office.advance_to(case_no, State.ACCEPTED)
    case = office.case(case_no)
    assert case.due_at is None
    assert "尚未装入工作日历" in case.due_note
    calendars.load(seed(2026))
    office.clock.advance(timedelta(seconds=20))
    with office.database.begin() as session:
        assert recount(session, office.work) == 1
    assert office.case(case_no).due_at is not None


def test_a_clock_is_started_paused_and_ended_once(office: Office) -> None:
    keeper, subject = office.work.clocks, Subject("C1", "item", "419001")
    kind, why = ClockKind.HANDLING, SuspensionReason.ORDER
    with office.database.begin() as session:
        keeper.resume(session, "C1", kind, why, office.now)
        keeper.end(session, "C1", kind, "x", office.now)
        keeper.start(session, subject, kind, office.now, days=3)
        keeper.start(session, subject, kind, office.tick(), days=5)
        keeper.suspend(session, "C1", kind, why, "", office.tick())
        keeper.suspend(session, "C1", kind, SuspensionReason.PAYMENT, "", office.tick())
        [row] = keeper.clocks_of(session, "C1")
        assert (row.length, len(row.pauses), row.due_at) == (3, 1, None)
        keeper.resume(session, "C1", kind, SuspensionReason.PAYMENT, office.tick())
        assert row.due_at is None
        keeper.resume(session, "C1", kind, why, office.tick())
        assert row.due_at is not None
        office.clock.advance(timedelta(days=30))
        keeper.end(session, "C1", kind, "wang", office.now)
        assert (row.late, row.ended_by) == (1, "wang")
    with office.database.begin() as session:
        keeper.start(session, subject, kind, office.now, days=3)
        assert len(keeper.clocks_of(session, "C1")) == 2


def test_a_clock_explains_each_interval_and_its_rule(office: Office) -> None:
    case_no = office.receive(item="change-details")
    office.advance_to(case_no, State.ACCEPTED)
    with office.database.reading() as session:
        rows = office.work.clocks.clocks_of(session, case_no)
        views = {row.kind: explained(office.work.clocks, row, office.now) for row in rows}
    promise, decision = views[ClockKind.HANDLING], views[ClockKind.DECISION]
    assert promise.number == "C4"
    assert [(line.when[:10], line.counted or line.why) for line in promise.lines] == [
        ("2026-01-05", "起算当日不计"),
        ("2026-01-06", "第 1 个工作日"),
        ("2026-01-07", "第 2 个工作日"),
        ("2026-01-08", "第 3 个工作日"),
    ]
    assert "第二十条" in promise.basis
    assert decision.ended
    assert [line.counted for line in decision.lines] == ["150 分钟", "60 分钟"]


def test_the_report_counts_by_item_clerk_and_authority(office: Office) -> None:
    late, running = office.receive(1, "change-details"), office.receive(2, "change-details")
    for case_no in (late, running):
        office.advance_to(case_no, State.COLLECTED)
    office.clock.advance(timedelta(days=1))
    office.do(late, Action.ACCEPT_DIRECT)
    with office.database.reading() as session:
        by = {grouping: report(session, grouping, office.now) for grouping in Grouping}
        alarms = {alarm.code: alarm.words for alarm in clock_alarms(session, office.now)}
    decision = ClockKind.DECISION.label
    [line] = [row for row in by[Grouping.ITEM] if row.kind == decision]
    assert line == ReportLine("change-details", decision, 1, 1, 1, 1, 0, 0)
    clerks = {row.group for row in by[Grouping.CLERK]}
    assert clerks == {STAFF[Role.ACCEPTANCE_CLERK].login, "（进行中）"}
    assert {row.group for row in by[Grouping.AUTHORITY]} == {"419001"}
    assert alarms["clock_overdue"].endswith("1 件已超期")
    assert "calendar_missing" in alarms


def test_a_spreadsheet_does_not_run_what_a_cell_says() -> None:
    text = to_csv([ReportLine("=1+1", "时限", 0, 0, 0, 0, 0, 0)])
    assert text.splitlines()[1].startswith("'=1+1,")


def test_the_due_moment_colours_the_worklist(office: Office) -> None:
    case_no = office.receive(item="change-details")
    office.advance_to(case_no, State.COLLECTED)
    office.clock.advance(timedelta(hours=3, minutes=50))
    with office.database.reading() as session:
        [clock, _] = office.work.clocks.clocks_of(session, case_no)
        view = explained(office.work.clocks, clock, office.now)
    assert view.tone is Tone.AMBER
    assert view.left == "剩余办公时间 0 小时 40 分"


def test_the_key_command_makes_a_key_that_signs_calendars_alone(tmp_path: Path) -> None:
    path = tmp_path / "calendar.key"
    answer = CliRunner().invoke(keys, ["calendar", str(path), "--json"])
    assert json.loads(answer.output)["purpose"] == "calendar"
    assert 'purpose = "calendar"' in path.with_suffix(".public.toml").read_text("utf-8")
