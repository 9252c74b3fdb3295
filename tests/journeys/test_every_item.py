"""The twenty commonest items in a real browser on PostgreSQL, from application to archive."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from appliance.chromium import ChromiumBrowser
from appliance.desks import Desks, Lived
from appliance.sample.twenty import Line, story
from appliance.station import Station
from integration.extranet.province_hub import TOKEN, running_hub
from journeys.other_city import Province
from playwright.sync_api import Browser

from kernel.vocabulary.zones import Zone

Build = Callable[..., Station]
pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def province() -> Iterator[Province]:
    with running_hub() as hub:
        yield Province(hub)


def test_every_item_goes_from_the_application_to_the_archive(
    build: Build,
    browser: Browser,
    province: Province,
    new_postgres_url: Callable[[], str],
    tmp_path: Path,
) -> None:
    databases = tuple((zone.value, new_postgres_url()) for zone in Zone)
    station = build(databases, province=(province.hub.url, TOKEN))
    with (station.layout.samples / "register.jsonl").open(encoding="utf-8") as lines:
        stock = [json.loads(line) for line in lines]

    def window(base: str) -> ChromiumBrowser:
        return ChromiumBrowser(base, browser)

    desks = Desks(station.layout, window, province, tmp_path / "papers", print)
    with closing(desks):
        for line in story(stock):
            lived = desks.live(line)
            require_filed(desks, line, lived)


def require_filed(desks: Desks, line: Line, lived: Lived) -> None:
    """The case is closed with its list, the register says what it did, every paper opens."""
    clerk = desks.clerk("archive_clerk")
    assert lived.states[-1] == "archived", line.item
    assert bool(lived.certificate_no) == bool(line.certificate), line.item
    papers = [address for _words, address in lived.page.links if "/documents/" in address]
    assert any(address.endswith("/archive_list") for address in papers), line.item
    for address in papers:
        assert clerk.browser.download(address).startswith(b"%PDF-"), address
    unit = clerk.open(f"/register/units/{line.unit_no}?purpose=case_work")
    [row] = [row for row in unit.html.split("<tr ") if f"/cases/{lived.case_no}" in row]
    assert line.effect.label in row, line.item
    if lived.certificate_no:
        assert f'data-certificate-no="{lived.certificate_no}"' in unit.html, line.item
