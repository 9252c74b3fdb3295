"""Claims about statistics and Excel files, over HTTP and on both kinds of database."""

import io
import re
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from extranet_console import ConsoleOffice
from extranet_office import HOME, OFFICE_HOURS, STAFF, Office, PlainWeeks
from sqlalchemy import select

from extranet_zone.cases.states import Action, State
from extranet_zone.clocks.working_time import Pause, used_days
from extranet_zone.roles import Role
from extranet_zone.sheets import MAX_ROWS, Sheet, workbook
from extranet_zone.statistics.services import MAX_DAYS, Measure, Scope, counts, times, trend
from extranet_zone.statistics.services.counts import reasons
from kernel.audit import AuditRecord
from kernel.clock import BEIJING

DAY = date(2026, 1, 5)
NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
EXPORT = "/statistics/export"


def scope(**change: str) -> Scope:
    return Scope(HOME, DAY, DAY, **change)


def cells(content: bytes, sheet: int = 1) -> list[list[str]]:
    """Every cell of a sheet as its text, read without the library that wrote it."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        shared = [
            "".join(part.text or "" for part in entry.iter(f"{NAMESPACE}t"))
            for entry in ET.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314 - our own file
        ]
        page = ET.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))  # noqa: S314 - our own file
    rows = []
    for row in page.iter(f"{NAMESPACE}row"):
        found = []
        for cell in row:
            value = cell.findtext(f"{NAMESPACE}v") or ""
            found.append(shared[int(value)] if cell.get("t") == "s" else value)
        rows.append(found)
    return rows


def worked(office: Office) -> None:
    """Three cases: one recorded and issued, one handed back, one not yet looked at."""
    office.advance_to(office.receive(1), State.ISSUED)
    office.receive(2, "change-details")
    office.do(office.receive(3), Action.HAND_BACK, STAFF[Role.PRELIMINARY_REVIEWER], "=1+1 缺页")


def test_acts_of_the_day_are_counted_by_item_and_mode(office: Office) -> None:
    worked(office)
    with office.database.reading() as session:
        found = counts(session, scope())
        assert found.total[Measure.RECEIVED] == 3
        assert found.total[Measure.RECORDED] == found.total[Measure.ISSUED] == 1
        assert found.total[Measure.HANDED_BACK] == 1
        assert found.by_item["transfer-existing"][Measure.RECEIVED] == 2
        assert found.by_item["change-details"] == {Measure.RECEIVED: 1}
        assert found.by_mode["fusion"][Measure.RECEIVED] == 3
        assert counts(session, scope(mode="court")).total == {}
        assert counts(session, scope(item="change-details")).total == {Measure.RECEIVED: 1}
        tomorrow = Scope(HOME, DAY + timedelta(days=1), DAY + timedelta(days=1))
        assert counts(session, tomorrow).total == {}


def test_another_authority_s_cases_are_not_ours_but_its_collecting_is_told(office: Office) -> None:
    worked(office)
    with office.database.begin() as session:
        office.work_on(session, office.application(2).case_no).collecting_authority = "410100"
    with office.database.reading() as session:
        found = counts(session, scope())
        assert found.from_others == {"410100": {Measure.RECEIVED: 1}}
        assert found.for_others == {}
        assert counts(session, scope(city="410100")).total == {Measure.RECEIVED: 1}
        seen = counts(session, Scope("410100", DAY, DAY))
        assert seen.for_others == {HOME: {Measure.RECEIVED: 1}}
        assert counts(session, Scope("410200", DAY, DAY)).total == {}


def test_a_clerk_s_figures_are_that_clerk_s_acts(office: Office) -> None:
    worked(office)
    with office.database.reading() as session:
        assert counts(session, scope(clerk="recorder")).total == {Measure.RECORDED: 1}
        assert counts(session, scope(clerk="nobody")).total == {}
        assert [line.recorded for line in trend(session, scope(clerk="recorder"))] == [1]


def test_the_picture_s_days_are_all_there_and_a_long_period_has_months(office: Office) -> None:
    worked(office)
    with office.database.reading() as session:
        days = trend(session, Scope(HOME, DAY - timedelta(days=2), DAY + timedelta(days=1)))
        assert [(line.label, line.received, line.recorded) for line in days] == [
            ("2026-01-03", 0, 0),
            ("2026-01-04", 0, 0),
            ("2026-01-05", 3, 1),
            ("2026-01-06", 0, 0),
        ]
        months = trend(session, Scope(HOME, date(2025, 11, 1), date(2026, 1, 31)))
        assert [(m.label, m.received) for m in months] == [
            ("2025-11", 0),
            ("2025-12", 0),
            ("2026-01", 3),
        ]


def test_a_period_longer_than_a_year_is_refused_by_the_scope() -> None:
    assert Scope(HOME, DAY, DAY + timedelta(days=MAX_DAYS - 1)).begin
    with pytest.raises(ValueError, match="at most a year"):
        Scope(HOME, DAY, DAY + timedelta(days=MAX_DAYS))
    with pytest.raises(ValueError, match="at most a year"):
        Scope(HOME, DAY, DAY - timedelta(days=1))


def test_a_promise_kept_and_one_broken_are_told_apart(office: Office) -> None:
    office.advance_to(office.receive(1), State.ISSUED)
    late = office.receive(2)
    office.advance_to(late, State.EXAMINED)
    office.clock.advance(timedelta(days=60))
    office.do(late, Action.RECORD)
    office.do(late, Action.ENGROSS)
    office.do(late, Action.ISSUE)
    with office.database.reading() as session:
        wide = Scope(HOME, DAY, DAY + timedelta(days=90))
        kept = times(session, office.work.clocks, wide)
        (promise,) = kept.by_item
        assert (promise.item, promise.ended, promise.late) == ("transfer-existing", 2, 1)
        assert promise.on_time + promise.amber == 1
        assert (promise.median, promise.ninety) == (0, 44)
        assert not kept.cut
        only = times(session, office.work.clocks, Scope(HOME, DAY, DAY, mode="court"))
        assert only.by_kind == []


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(date(2026, 1, day), time(hour, minute), BEIJING)


def test_time_used_is_counted_by_the_clock_s_own_rule() -> None:
    weeks = PlainWeeks()
    assert OFFICE_HOURS[0][0] == time(9)
    assert used_days(weeks, at(5, 10), at(5, 16), (), office_time=False) == 0
    # Monday to the Monday after: five working days, the day of the beginning not counted.
    assert used_days(weeks, at(5, 10), at(12, 10), (), office_time=False) == 5
    pause = Pause(at(6, 9), at(8, 9), "")
    assert used_days(weeks, at(5, 10), at(12, 10), (pause,), office_time=False) == 3
    # Seven hours of office a day; the hour of lunch does not count.
    assert used_days(weeks, at(5, 9), at(5, 16, 30), (), office_time=True) == 6.5 / 7
    lunch = Pause(at(5, 11), at(5, 14), "")
    assert used_days(weeks, at(5, 9), at(5, 16), (lunch,), office_time=True) == 4 / 7
    assert used_days(weeks, at(5, 20), at(6, 8), (), office_time=True) == 0


def test_reasons_are_counted_as_they_were_told(office: Office) -> None:
    worked(office)
    with office.database.reading() as session:
        found = [(line.act, line.words, line.count) for line in reasons(session, scope())]
    assert found == [("预审退回", "=1+1 缺页", 1)]


def test_the_head_of_office_sees_tables_and_pictures(console: ConsoleOffice) -> None:
    worked(console.office)
    page = console.browser(Role.HEAD_OF_OFFICE).get("/statistics").text
    assert '<td data-label="收到" data-measure="received">3</td>' in page
    assert page.count("<svg ") == 2
    assert not re.search(r"<svg[^>]*>.*?(style=|<script|href=).*?</svg>", page, re.DOTALL)
    assert "2026-01-05 收到 3" in page
    assert 'id="reasons"' in page
    assert "/register/log" in page


def test_a_clerk_sees_own_figures_alone_whoever_is_asked_for(console: ConsoleOffice) -> None:
    worked(console.office)
    browser = console.browser(Role.RECORDER)
    page = browser.get("/statistics?clerk=issuing-clerk").text
    assert 'data-measure="recorded">1<' in page
    assert 'data-measure="received">3<' not in page
    assert 'data-measure="issued">1<' not in page
    assert 'name="clerk" value="issuing-clerk"' not in page


def test_an_auditor_sees_figures_and_no_reason(console: ConsoleOffice) -> None:
    worked(console.office)
    browser = console.browser(Role.AUDIT_ADMINISTRATOR)
    page = browser.get("/statistics").text
    assert 'data-measure="received">3<' in page
    assert "缺页" not in page
    assert console.browser(Role.SYSTEM_ADMINISTRATOR).get("/statistics").status_code == 403


def test_nonsense_filters_filter_nothing(console: ConsoleOffice) -> None:
    browser = console.browser(Role.HEAD_OF_OFFICE)
    for query in (
        "first=x&last=y&mode=z&city=%00&item=" + "a" * 500,
        "first=9999-12-31&last=9999-12-31",
        "first=0001-01-01&last=0001-01-01",
        "first=1990-01-01&last=2026-01-05",
    ):
        assert browser.get(f"/statistics?{query}").status_code == 200


def test_an_export_needs_a_ground_and_is_audited_with_it(console: ConsoleOffice) -> None:
    worked(console.office)
    browser = console.browser(Role.HEAD_OF_OFFICE)
    refused = browser.post(EXPORT, "/statistics", ground=" ")
    assert refused.status_code == 422
    assert 'data-code="ground_missing"' in refused.text
    answer = browser.post(EXPORT, "/statistics", ground="月报〔2026〕1号")
    assert answer.headers["Cache-Control"] == "no-store"
    assert cells(answer.data)[2][:3] == ["全部", "合计", "3"]
    assert ["预审退回", "=1+1 缺页", "1"] in cells(answer.data, 3)
    with console.office.database.reading() as session:
        details = session.scalars(
            select(AuditRecord.body).where(AuditRecord.act == "statistics.exported")
        ).all()
    assert len(details) == 1
    assert "月报〔2026〕1号" in details[0]


def test_a_worklist_is_exported_masked_and_audited(console: ConsoleOffice) -> None:
    worked(console.office)
    browser = console.browser(Role.PRELIMINARY_REVIEWER)
    answer = browser.post("/cases/export", "/cases", ground="科室核对", all="1")
    rows = cells(answer.data)
    assert len(rows) == 2 + 3
    assert all("李*四" in row and "李小四" not in row for row in rows[2:])
    with console.office.database.reading() as session:
        assert session.scalars(
            select(AuditRecord.act).where(AuditRecord.act == "worklist.exported")
        ).all() == ["worklist.exported"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("x")'])
def test_what_begins_like_a_formula_stays_text(text: str) -> None:
    content = workbook([Sheet("表", ["名"], [[text]])])
    assert cells(content)[1] == [text]
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        page = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in page
        assert "hyperlink" not in page
        assert 'quotePrefix="1"' in book.read("xl/styles.xml").decode()


def test_a_sheet_that_is_too_long_is_cut_and_says_so(tmp_path: Path) -> None:
    content = workbook([Sheet("表", ["数"], [[n] for n in range(MAX_ROWS + 5)])])
    (tmp_path / "long.xlsx").write_bytes(content)
    rows = cells(content)
    assert len(rows) == 1 + MAX_ROWS + 1
    assert "已截断" in rows[-1][0]
    assert "已截断" in cells(workbook([Sheet("表", ["数"], [[1]], cut=True)]))[-1][0]


def test_characters_that_damage_a_file_are_left_out() -> None:
    assert cells(workbook([Sheet("表", ["字"], [["a\x00b\x1bc"]])]))[1] == ["abc"]
