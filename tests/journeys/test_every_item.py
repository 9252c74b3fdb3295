"""Each mode and each of the twenty commonest items in a real browser, on PostgreSQL.

One office serves all of it: the story of ``appliance/sample/twenty.toml`` from application to
archive, then what courts ask and what we collect for another city. Only the surveyor's browser
runs scripts, for the map.
"""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from appliance.chromium import ChromiumBrowser
from appliance.desks import CHECKS, Desks, Lived
from appliance.layout import Layout, free_ports
from appliance.sample.materials import write_papers
from appliance.sample.people import SELLER
from appliance.sample.twenty import Line, story
from appliance.station import Station
from integration import postgres
from integration.extranet.province_hub import TOKEN, running_hub
from journeys.other_city import COURT, Province
from playwright.sync_api import Browser

from kernel.vocabulary.zones import Zone

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.postgres]
UNITS = 60
OTHER_UNIT = "410105001001GB00001F00010001"
HEAD = b"%PDF-"


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    with running_hub(tmp_path_factory.mktemp("hub")) as hub:
        yield Province(hub)


@pytest.fixture(scope="module")
def desks(
    browser: Browser,
    province: Province,
    postgres_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desks]:
    """The people of a running appliance on PostgreSQL, each in a window of their own."""
    folder = tmp_path_factory.mktemp("every-item")
    databases = tuple((zone.value, postgres.new_database(postgres_folder)) for zone in Zone)
    link = (province.hub.url, TOKEN)
    layout = Layout(folder / "appliance", free_ports(), databases, 0.5, 2, link)
    station = Station(layout, UNITS)

    def window(base: str) -> ChromiumBrowser:
        return ChromiumBrowser(base, browser, scripts=base == layout.url("intranet"))

    try:
        station.prepare()
        station.start()
        with closing(Desks(layout, window, province, folder / "papers", print)) as people:
            yield people
        for name in station.supervisor.names():
            assert "Traceback" not in station.supervisor.tail(name, 10_000), name
    finally:
        station.stop()


def test_every_item_goes_from_the_application_to_the_archive(desks: Desks) -> None:
    seen: set[str] = set()
    lines = story(stock_of(desks))
    assert len({line.item for line in lines}) == len(lines) == 20
    assert {line.way for line in lines} >= {"window", "handed_over", "fusion", "online"}
    for line in lines:
        lived = desks.live(line)
        require_papers(desks, line, lived, seen)
        require_filed(desks, line, lived)
        require_four_eyes(line, lived)
    assert seen >= {"intake_receipt", "acceptance_notice", "fee_notice", "archive_list"}


def stock_of(desks: Desks) -> list[dict[str, object]]:
    with (desks.layout.samples / "register.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def require_filed(desks: Desks, line: Line, lived: Lived) -> None:
    """The case is closed, and the register says what it did, with its certificate where due."""
    assert lived.states[-1] == "archived", line.item
    assert bool(lived.certificate_no) == bool(line.certificate), line.item
    kind = {"title": "不动产权", "registration": "不动产证明"}.get(line.certificate, "")
    assert kind in lived.certificate_no, line.item
    assert 'class="tag good"' in lived.page.html, line.item
    unit = desks.clerk("archive_clerk").open(f"/register/units/{line.unit_no}?purpose=case_work")
    [row] = [row for row in unit.html.split("<tr ") if f"/cases/{lived.case_no}" in row]
    assert f">{line.effect.label}</td>" in row, line.item
    assert f'data-certificate-no="{lived.certificate_no}"' in unit.html or not line.certificate


def require_four_eyes(line: Line, lived: Lived) -> None:
    """Whoever examined did so once, and somebody else recorded it."""
    steps = re.findall(r"<strong>(.*?)</strong> <time>.*?</time> ([^<\n]+)", lived.page.html)
    acts = ("初审通过", "复审通过", "核定通过", "登簿")
    people = [actor for act, actor in steps if act in acts]
    levels = {"first_examined", "second_examined"} & set(lived.states)
    assert len(people) == len(set(people)) == 2 + len(levels), line.item


def require_papers(desks: Desks, line: Line, lived: Lived, seen: set[str]) -> None:
    """The list of the closed file opens, and so does every kind of paper that was not seen yet."""
    clerk = desks.clerk("archive_clerk")
    papers = {
        address.rpartition("/")[2]: address
        for _words, address in lived.page.links
        if "/documents/" in address
    }
    assert "archive_list" in papers, line.item
    for code in papers.keys() - seen | {"archive_list"}:
        assert clerk.browser.download(papers[code]).startswith(HEAD), (line.item, code)
    seen.update(papers)


def test_what_a_court_asks_is_answered_by_itself_and_filed(
    desks: Desks, province: Province
) -> None:
    unit_no = str(stock_of(desks)[0]["unit_no"])
    request_no = province.ask_court("inquiry", unit_no)
    clerk = desks.clerk("archive_clerk")
    case_no = found_case(desks, unit_no, "restraint_answered")
    page = clerk.open(f"/cases/{case_no}")
    assert (COURT in page.text, "网络司法查控" in page.text) == (True, True)
    assert clerk.act(case_no, "archive", {"archived"}) == "archived"
    answers = province.awaited("answerRestraint")
    assert [answer["request_no"] for answer in answers] == [request_no]
    assert clerk.open(f"/cases/{case_no}").has_form("reveal")


def test_what_a_court_names_wrongly_is_settled_by_a_person(
    desks: Desks, province: Province
) -> None:
    unit_no = "419001001001GB99999F00010001"
    request_no = province.ask_court("seizure", unit_no)
    case_no = found_case(desks, unit_no, "restraint_with_person")
    reason = "登记簿上没有该不动产单元"
    examiner = desks.clerk("first_examiner")
    answered = {"restraint_answered"}
    examiner.act(case_no, "reject_restraint", answered, note=reason)
    assert desks.clerk("archive_clerk").act(case_no, "archive", {"archived"}) == "archived"
    [answer] = [a for a in province.awaited("answerRestraint", 2) if a["request_no"] == request_no]
    assert (answer["controlled"], answer["reason"]) == (False, reason)


def test_what_we_collect_for_another_city_is_handed_over_and_concluded_there(
    desks: Desks, province: Province
) -> None:
    clerk = desks.clerk("intake_clerk")
    codes = ("application-form", "identity", "title-certificate", "change-proof")
    values: dict[str, str | tuple[str, ...]] = {
        "checks": CHECKS,
        "role_0": "holder",
        "name_0": "样例新名",
        "document_no_0": SELLER.identity_no,
        "fact_reason": "改名",
        "fact_former_name": "样例旧名",
        "fact_former_document_no": SELLER.identity_no,
    }
    files = write_papers(desks.folder / "elsewhere", "elsewhere", codes)
    case_no = clerk.enter("change-details", OTHER_UNIT, values, files)
    clerk.act(case_no, "collect_for_other", {"collected_for_other"})
    [handed] = province.awaited("handOverCase")
    assert (handed["case_no"], len(handed["materials"])) == (case_no, len(codes))
    clerk.act(case_no, "post_paper", {"paper_posted"}, reference="样例快递 0002")
    clerk.until("属地办结", lambda: clerk.state(case_no) == "remote_concluded")
    receipt = clerk.open(f"/cases/{case_no}").link("收件回执")
    assert clerk.browser.download(receipt).startswith(HEAD)


def found_case(desks: Desks, unit_no: str, state: str) -> str:
    clerk = desks.clerk("archive_clerk")
    found: list[str] = []

    def look() -> bool:
        page = clerk.open(f"/cases?all=1&state={state}&unit_no={unit_no}")
        found[:] = re.findall(r'href="/cases/([CW]\d+)"', page.html)
        return bool(found)

    clerk.until(state, look)
    return found[0]
