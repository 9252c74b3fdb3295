"""The exchange pages in Chromium, in every state an operator may meet, on three widths.

Two real zones with real bundles; pictures lie in build/screenshots afterwards.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from appliance.chromium import PICTURES, open_page, require_fitting, sign_in
from exchange_office import PASSWORD, ExchangeOffice
from integration.exchange.pair import Pair
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from kernel.bundle.names import BeaconName, parse_name
from kernel.clock import now_micros
from kernel.errors import RejectedBundleError
from kernel.exchange.models import StreamIn, StreamInState
from kernel.facts import CarrierFacts
from kernel.vocabulary.zones import Zone

pytestmark = [pytest.mark.slow, pytest.mark.browser]
GB = 1 << 30
PAGES = {
    "overview": "/exchange",
    "carriers": "/exchange/carriers",
    "bundles": "/exchange/bundles",
    "quarantine": "/exchange/quarantine",
}


@contextmanager
def serving(office: ExchangeOffice) -> Iterator[str]:
    """The console on a real port."""
    server = make_server("127.0.0.1", 0, office.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def publish(office: ExchangeOffice, program: str, *alarms: tuple[str, str], **gauges: int) -> None:
    """What the gate's program would say now."""
    now = now_micros(office.pair.clock)
    CarrierFacts(
        program,
        now - 86_400_000_000,
        now - 4_000_000,
        {
            "passes": 8_640,
            "files_sent": 1_204,
            "bytes_sent": 3 * GB,
            "beacons_sent": 1_440,
            "repeats_sent": 310,
        },
        {
            "backlog_files": 2,
            "backlog_bytes": 5 << 20,
            "beacon_sent_at": now - 40_000_000,
            "file_sent_at": now - 90_000_000,
            "rate_bytes_per_second": 2 << 20,
            "paused": 0,
            "within_hours": 1,
            "scan_seconds": 10,
            "retained_bytes": 40 << 20,
            "disk_total_bytes": 200 * GB,
            "disk_free_bytes": 140 * GB,
            "disk_low_bytes": 20 * GB,
            "disk_stop_bytes": 5 * GB,
            **gauges,
        },
        alarms,
    ).write(office.side.spool.folder)


def normal(pair: Pair, extranet: ExchangeOffice, intranet: ExchangeOffice, _tmp: Path) -> None:
    for number in range(1, 5):
        pair.post_review(number)
        pair.post_progress(number)
        pair.round()
    pair.round()
    pair.post_review(5)
    pair.tick()
    publish(extranet, "gate-send")
    publish(intranet, "gate-receive")


def gap(pair: Pair, extranet: ExchangeOffice, intranet: ExchangeOffice, tmp: Path) -> None:
    normal(pair, extranet, intranet, tmp)
    for number in range(6, 12):
        pair.post_review(number)
        pair.tick()

    def some(name: str) -> bool:
        parsed = parse_name(name)
        return not isinstance(parsed, BeaconName) and parsed.sequence in {7, 8, 10}

    pair.carry(Zone.EXTRANET, Zone.INTRANET, lose=some)
    pair.tick()
    pair.clock.advance(timedelta(minutes=6))
    publish(extranet, "gate-send")
    publish(intranet, "gate-receive")


def silent(pair: Pair, extranet: ExchangeOffice, intranet: ExchangeOffice, tmp: Path) -> None:
    normal(pair, extranet, intranet, tmp)
    pair.clock.advance(timedelta(hours=5))


def halted(pair: Pair, extranet: ExchangeOffice, intranet: ExchangeOffice, tmp: Path) -> None:
    normal(pair, extranet, intranet, tmp)
    for office in (extranet, intranet):
        with office.side.database.begin() as session:
            for stream in session.query(StreamIn):
                stream.state = StreamInState.HALTED


def quarantine(pair: Pair, extranet: ExchangeOffice, intranet: ExchangeOffice, tmp: Path) -> None:
    normal(pair, extranet, intranet, tmp)
    reasons = (
        ("signature_invalid", "签名不正确，内容可能被改动或伪造"),
        ("truncated", "文件不完整"),
        ("wrong_destination", "交换包不是发给本网的"),
        ("content_refused", "材料内含有不允许的内容"),
    )
    for office in (extranet, intranet):
        for number, (code, words) in enumerate(reasons):
            path = tmp / f"review-{number:012d}-{'0123456789abcdef' * 4}.tar"
            path.write_bytes(b"x" * (1000 << number * 3))
            at = now_micros(pair.clock) - number * 3_600_000_000
            office.side.spool.quarantine(path, RejectedBundleError(code, words), "gate", at)


def paused(pair: Pair, extranet: ExchangeOffice, intranet: ExchangeOffice, tmp: Path) -> None:
    normal(pair, extranet, intranet, tmp)
    words = ("paused", "光闸设备检修，预计 18:00 恢复")
    publish(extranet, "gate-send", words, paused=1, backlog_files=41, backlog_bytes=380 << 20)
    publish(intranet, "gate-receive", within_hours=0)


def disk(pair: Pair, extranet: ExchangeOffice, intranet: ExchangeOffice, tmp: Path) -> None:
    normal(pair, extranet, intranet, tmp)
    low = ("disk_low", "交换目录所在磁盘剩余 12.0 GB，低于预警线 20.0 GB")
    publish(extranet, "gate-send", low, disk_free_bytes=12 * GB)
    full = ("disk_full", "交换目录所在磁盘剩余 3.0 GB，低于停收线 5.0 GB")
    publish(intranet, "gate-receive", full, disk_free_bytes=3 * GB)


State = Callable[[Pair, ExchangeOffice, ExchangeOffice, Path], None]
STATES: dict[str, tuple[State, str]] = {
    "normal": (normal, "没有告警"),
    "gap": (gap, "缺失"),
    "silent": (silent, "carrier_silent"),
    "halted": (halted, "已停止"),
    "quarantine": (quarantine, "隔离区"),
    "paused": (paused, "已被暂停"),
    "disk": (disk, "磁盘空间"),
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_fits_every_width(
    state: str,
    pair: Pair,
    extranet: ExchangeOffice,
    intranet: ExchangeOffice,
    browser: Browser,
    tmp_path: Path,
) -> None:
    build, words = STATES[state]
    build(pair, extranet, intranet, tmp_path)
    overviews = ""
    for zone, office in (("extranet", extranet), ("intranet", intranet)):
        with serving(office) as base:
            page, strays = open_page(browser, base, scripts=True)
            sign_in(page, base, "wang", PASSWORD)
            for name, address in PAGES.items():
                picture = PICTURES / f"exchange-{state}-{zone}-{name}"
                require_fitting(page, base + address, picture, scripts=True)
            page.goto(f"{base}/exchange")
            overviews += page.content()
            assert strays == []
            page.context.close()
    assert words in overviews


def test_one_bundle_and_the_alarms_are_pages_too(
    pair: Pair,
    extranet: ExchangeOffice,
    intranet: ExchangeOffice,
    browser: Browser,
    tmp_path: Path,
) -> None:
    normal(pair, extranet, intranet, tmp_path)
    with serving(extranet) as base:
        page, _strays = open_page(browser, base, scripts=False)
        sign_in(page, base, "wang", PASSWORD)
        page.goto(f"{base}/exchange/bundles?way=out&case_no=W000000000000001")
        page.locator("[data-bundle] a").click()
        require_fitting(page, page.url, PICTURES / "exchange-bundle", scripts=False)
        require_fitting(
            page, f"{base}/exchange/alarms", PICTURES / "exchange-alarms", scripts=False
        )
        page.context.close()


def test_a_decision_is_made_by_two_people_without_scripts(
    pair: Pair,
    extranet: ExchangeOffice,
    intranet: ExchangeOffice,
    browser: Browser,
    tmp_path: Path,
) -> None:
    quarantine(pair, extranet, intranet, tmp_path)
    halted(pair, extranet, intranet, tmp_path)
    file = intranet.side.spool.quarantined()[0].file
    places = {
        "quarantined": f"/exchange/quarantine/{file}",
        "stream": "/exchange/streams/extranet/review",
    }
    with serving(intranet) as base:
        wang, _strays = open_page(browser, base, scripts=False)
        sign_in(wang, base, "wang", PASSWORD)
        zhao, _strays = open_page(browser, base, scripts=False)
        sign_in(zhao, base, "zhao", PASSWORD)
        for name, place in places.items():
            picture = PICTURES / f"exchange-decision-{name}"
            require_fitting(
                wang, base + place, picture.with_name(f"{picture.name}-0"), scripts=False
            )
            wang.fill("#note", "已电话核对摘要，与对端记录一致；信任文件已补齐。")
            with wang.expect_navigation():
                wang.click("button[value=propose]")
            require_fitting(
                wang, base + place, picture.with_name(f"{picture.name}-1"), scripts=False
            )
            require_fitting(
                zhao, base + place, picture.with_name(f"{picture.name}-2"), scripts=False
            )
            with zhao.expect_navigation():
                zhao.click("button[value=agree]")
            assert zhao.locator('[data-decision="agreed"]').count() == 1
            require_fitting(
                zhao, base + place, picture.with_name(f"{picture.name}-3"), scripts=False
            )
        for page in (wang, zhao):
            page.context.close()


def test_the_parts_are_reached_by_keyboard(
    pair: Pair, extranet: ExchangeOffice, browser: Browser
) -> None:
    with serving(extranet) as base:
        page, _strays = open_page(browser, base, scripts=False)
        sign_in(page, base, "wang", PASSWORD)
        page.goto(f"{base}/exchange")
        for _ in range(20):
            page.keyboard.press("Tab")
            focused = page.locator(":focus")
            if focused.inner_text() == "隔离区":
                break
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.url == f"{base}/exchange/quarantine"
        page.context.close()
