"""Claims about the ferry's pages: what each side shows of trips, media, custody and readings."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from appliance.chromium import PICTURES, open_page, require_fitting, sign_in
from exchange_office import PASSWORD, ExchangeOffice
from integration.exchange.pair import Pair
from integration.ferry.boat import Boat, make_boat
from playwright.sync_api import Browser
from test_exchange_pictures import serving

from kernel.clock import to_micros
from kernel.deadlines import DEADLINES, Deadline, Deadlines, Stage
from kernel.vocabulary.zones import Zone

pytestmark = pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")
TIMETABLE = '[timetable]\ntrips = ["30 10 * * mon-fri", "30 16 * * mon-fri"]\n'


@pytest.fixture
def boat(tmp_path: Path, pair: Pair) -> Boat:
    pair.clock.jump(datetime.now(UTC) - pair.clock.now())
    return make_boat(tmp_path, pair, lambda _side: TIMETABLE)


def make_history(boat: Boat, folder: Path) -> None:
    """A trip that arrived, one that is lost, one that waits with cases; a refusal, a reading."""
    boat.written(2)
    people = boat.people
    for command, role in (("label", "maker"), ("handover", "courier")):
        paper = folder / f"{command}.pdf"
        people.run(command, "JY000001", *people.by(role), "--output", str(paper))
    people.read()
    boat.arrived()
    boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
    boat.pair.intranet.exchange.tick()
    boat.pair.post_progress(7)
    boat.pair.intranet.exchange.tick()
    people.write()
    people.run("lost", "JY000002", *people.by("courier"), "--note", "途中遗失")
    boat.disc.write_bytes(b"rubbish " * 500_000)
    boat.run("ingest", expect=4)
    boat.pair.intranet.exchange.tick()
    file = boat.bundles_ready()[0]
    due = to_micros(datetime.now(UTC) + timedelta(hours=1))
    cases = [
        Deadline(case_no="W202611230000011", due_at=due, stage=Stage.WAITING, file=file),
        Deadline(case_no="W202611230000012", due_at=due + 9 * 10**11, stage=Stage.REVIEWING),
    ]
    Deadlines(cases=tuple(cases)).write(boat.pair.intranet.spool.folder, DEADLINES)
    boat.run("plan")


def test_a_station_that_never_spoke_is_said_to_be_silent(
    pair: Pair, extranet: ExchangeOffice, intranet: ExchangeOffice
) -> None:
    assert 'data-station="ferry-ingest"' in extranet.browser().text("/exchange/ferry")
    text = intranet.browser().text("/exchange/ferry")
    assert 'data-station="ferry-export"' in text
    assert 'data-alarm="station_silent"' in text
    assert intranet.browser().get("/exchange/ferry/ferry-export/media").status_code == 404


def test_the_writing_side_shows_what_waits_and_the_next_trip_with_its_cases(
    boat: Boat, tmp_path: Path, intranet: ExchangeOffice
) -> None:
    make_history(boat, tmp_path)
    text = intranet.browser().text("/exchange/ferry")
    assert 'data-proposal="extra"' in text
    assert 'data-call="W202611230000011"' in text
    assert 'data-call="W202611230000012"' in text
    assert 'data-alarm="deadline_at_risk"' in text
    assert "在库空白：image <strong>998</strong> 张（下一个编号 JY000003）" in text
    assert text.count("data-trip=") == 2
    assert ">遗失<" in text.replace("</span>", "<")


def test_the_ledger_is_searched_by_number_person_and_words(
    boat: Boat, tmp_path: Path, intranet: ExchangeOffice
) -> None:
    make_history(boat, tmp_path)
    window = intranet.browser()
    base = "/exchange/ferry/ferry-export/media"
    both = window.text(base)
    assert 'data-medium="JY000001"' in both
    assert 'data-medium="JY000002"' in both
    for query, found in (
        ("?words=jy000002", "JY000002"),
        ("?words=途中遗失", "JY000002"),
        ("?state=acknowledged", "JY000001"),
    ):
        text = window.text(base + query)
        assert text.count("data-medium=") == 1, query
        assert f'data-medium="{found}"' in text
    assert "没有符合条件的介质" in window.text(base + "?words=nobody")
    assert window.get(base + "?page=0").status_code == 422


def test_a_medium_shows_its_custody_at_each_hand(
    boat: Boat, tmp_path: Path, intranet: ExchangeOffice
) -> None:
    make_history(boat, tmp_path)
    window = intranet.browser()
    text = window.text("/exchange/ferry/ferry-export/media/JY000001")
    steps = [part.split('"')[0] for part in text.split('data-step="')[1:]]
    assert steps == [
        "登记入库",
        "申请",
        "批准",
        "备好内容",
        "写出",
        "回读核对",
        "贴标",
        "交接",
        "对端确认",
    ]
    for login in ("jiezhi01", "baidu01", "shenpi01", "disong01"):
        assert login in text
    for path in ("ferry-export/media/JY000999", "ferry-else/media", "..%2Fx/media"):
        assert window.get(f"/exchange/ferry/{path}").status_code == 404


def test_the_reading_side_shows_the_last_medium_and_why_it_was_refused(
    boat: Boat, tmp_path: Path, extranet: ExchangeOffice
) -> None:
    make_history(boat, tmp_path)
    window = extranet.browser()
    text = window.text("/exchange/ferry")
    assert 'data-last-reading="medium_' in text
    assert 'data-alarm="medium_refused"' in text
    assert "此前 1 次" in text
    assert "JY000001" in text
    assert "data-proposal" not in text
    assert 'data-medium="JY000001"' in window.text("/exchange/ferry/ferry-ingest/media")


@pytest.mark.parametrize("page", ["/exchange/ferry", "/exchange/ferry/ferry-export/media"])
def test_ferry_pages_are_for_those_who_may_see_the_exchange(
    intranet: ExchangeOffice, page: str
) -> None:
    assert intranet.browser("li").get(page).status_code == 403
    assert intranet.app.test_client().get(page).status_code == 302


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False])
def test_ferry_pages_fit_every_width(
    boat: Boat,
    tmp_path: Path,
    extranet: ExchangeOffice,
    intranet: ExchangeOffice,
    browser: Browser,
    *,
    scripts: bool,
) -> None:

    make_history(boat, tmp_path)
    export = "/exchange/ferry/ferry-export/media"
    pages = {
        "intranet": (intranet, ("/exchange/ferry", export, export + "/JY000001")),
        "extranet": (extranet, ("/exchange/ferry",)),
    }
    for zone, (office, addresses) in pages.items():
        with serving(office) as base:
            page, strays = open_page(browser, base, scripts=scripts)
            sign_in(page, base, "wang", PASSWORD)
            for number, address in enumerate(addresses):
                picture = PICTURES / f"ferry-{zone}-{number}"
                require_fitting(page, base + address, picture, scripts=scripts)
            assert strays == []
            page.context.close()
