"""Claims about the exchange pages: what they show in each state, and to whom."""

import re
from datetime import timedelta
from html import escape
from pathlib import Path

import pytest
from exchange_office import ExchangeOffice, Window
from integration.exchange.pair import Pair

from kernel.alarms import KINDS
from kernel.bundle.names import BeaconName, parse_name
from kernel.clock import now_micros
from kernel.errors import RejectedBundleError
from kernel.exchange.models import BundleOut
from kernel.facts import CarrierFacts
from kernel.remedies import remedy_of
from kernel.vocabulary.zones import Zone

PAGES = (
    "/exchange",
    "/exchange/alarms",
    "/exchange/carriers",
    "/exchange/bundles",
    "/exchange/quarantine",
)


def _rows(text: str) -> list[str]:
    return re.findall(r'data-bundle="([0-9a-f]+)"', text)


def facts(office: ExchangeOffice, program: str, **gauges: int) -> CarrierFacts:
    now = now_micros(office.pair.clock)
    return CarrierFacts(
        program, now - 5_000_000, now, {"files_sent": 3, "bytes_sent": 4096}, gauges
    )


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_for_those_who_may_see_the_exchange(extranet: ExchangeOffice, page: str) -> None:
    assert extranet.browser("sun").get(page).status_code == 200
    assert extranet.browser("li").get(page).status_code == 403
    assert extranet.app.test_client().get(page).status_code == 302


@pytest.mark.parametrize("page", PAGES)
def test_pages_say_where_one_is(extranet: ExchangeOffice, page: str) -> None:
    text = extranet.browser().text(page)
    assert f'<a href="{page}" aria-current="page">' in text
    assert text.count("<h1") == 1
    assert '<nav class="parts" aria-label="数据交换">' in text
    assert "<script" not in text


def test_a_stream_shows_what_is_in_flight_and_what_is_confirmed(
    pair: Pair, extranet: ExchangeOffice
) -> None:
    pair.post_review(1)
    pair.tick()
    window = extranet.browser()
    assert '<td class="count" data-label="待承运">1</td>' in window.text("/exchange")
    pair.carry(Zone.EXTRANET, Zone.INTRANET)
    pair.tick()
    pair.clock.advance(timedelta(minutes=7))
    text = window.text("/exchange")
    assert '<td class="count" data-label="在途">1</td>' in text
    assert "7 分" in text
    pair.carry(Zone.INTRANET, Zone.EXTRANET)
    pair.tick()
    text = window.text("/exchange")
    assert '<td class="count" data-label="已确认">1</td>' in text
    assert 'data-open="0"' in text


def test_a_gap_names_the_missing_numbers(pair: Pair, intranet: ExchangeOffice) -> None:
    for number in range(1, 5):
        pair.post_review(number)
        pair.tick()

    def second(name: str) -> bool:
        parsed = parse_name(name)
        return not isinstance(parsed, BeaconName) and parsed.sequence in {2, 3}

    pair.carry(Zone.EXTRANET, Zone.INTRANET, lose=second)
    pair.tick()
    text = intranet.browser().text("/exchange")
    assert '<span class="tag bad">2 个</span> <small>2 至 3</small>' in text
    assert '<td class="count" data-label="等前面的">1</td>' in text


def test_a_resend_is_counted(pair: Pair, extranet: ExchangeOffice) -> None:
    pair.post_review(1)
    pair.round()
    with extranet.side.database.begin() as session:
        session.query(BundleOut).update({"offers": 3})
    text = extranet.browser().text("/exchange")
    assert '<td class="count" data-label="补发">2</td>' in text
    assert "第 3 次投递" in extranet.browser().text("/exchange/bundles?wanted=resent")


def test_a_carrier_that_stopped_is_an_alarm(pair: Pair, extranet: ExchangeOffice) -> None:
    window = extranet.browser()
    assert 'data-alarm="carrier_silent"' in window.text("/exchange")
    facts(extranet, "gate-send").write(extranet.side.spool.folder)
    assert 'data-alarm="carrier_silent"' not in window.text("/exchange")
    pair.clock.advance(timedelta(minutes=6))
    text = window.text("/exchange")
    assert 'data-alarm="carrier_silent"' in text
    assert "已 6 分" in text
    assert 'href="/exchange/alarms#carrier_silent"' in text


def test_what_a_carrier_says_of_itself_is_shown(extranet: ExchangeOffice) -> None:
    said = facts(
        extranet,
        "gate-send",
        paused=1,
        backlog_files=12,
        disk_total_bytes=100 << 30,
        disk_free_bytes=9 << 30,
        disk_low_bytes=10 << 30,
        disk_stop_bytes=2 << 30,
        something_new=4,
    )
    alarmed = CarrierFacts(
        said.program,
        said.started_at,
        said.passed_at,
        said.counters,
        said.gauges,
        (("disk_low", "剩余 9.0 GB"), ("never_heard_of", "<b>怪事</b>")),
    )
    alarmed.write(extranet.side.spool.folder)
    text = extranet.browser().text("/exchange/carriers")
    for words in ("已暂停", "积压文件", "<dd>12</dd>", "something_new", "4 KB", "<meter", "9.0 GB"):
        assert words in text, words
    assert "<b>怪事" not in text
    assert "其他告警" in text
    assert 'low="2147483648" high="10737418240"' in text


def test_the_one_way_link_shows_what_it_lost_and_repaired(extranet: ExchangeOffice) -> None:
    now = extranet.desk.now()
    counters = {"datagrams_lost": 5230, "symbols_repaired": 5100, "files_lost": 2}
    alarm = ("link_loss_high", "丢失率 5.23%，超过设定值")
    CarrierFacts(
        "gate-link-receive", now, now, counters, {"link_loss_ppm": 52_300}, (alarm,)
    ).write(extranet.side.spool.folder)
    text = extranet.browser().text("/exchange/carriers")
    for words in ("单向链路接收端", "途中丢失的数据报", "<dd>5230</dd>", "<dd>5.23%</dd>"):
        assert words in text, words
    for words in (
        "由冗余复原的数据报",
        "<dd>5100</dd>",
        "未能复原的文件",
        "<dd>2</dd>",
        "超过设定值",
    ):
        assert words in text, words


def test_a_zone_without_a_gate_says_so(tmp_path: Path) -> None:
    made = Pair(
        tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db", (Zone.INTERNET, Zone.EXTRANET)
    )
    office = ExchangeOffice(tmp_path, made, made.internet)
    assert "本网没有光闸程序" in office.browser().text("/exchange/carriers")
    made.close()


def test_bundles_are_found_by_case_number_both_ways(
    pair: Pair, extranet: ExchangeOffice, intranet: ExchangeOffice
) -> None:
    for number in (1, 2):
        pair.post_review(number)
        pair.post_progress(number)
        pair.tick()
    pair.round()
    pair.round()
    for office in (extranet, intranet):
        window = office.browser()
        assert len(_rows(window.text("/exchange/bundles"))) == 4
        text = window.text("/exchange/bundles?case_no=w000000000000%20002")
        assert len(_rows(text)) == 2
        assert text.count("W000000000000002") == 3
        assert "发往" in text
        assert "来自" in text
        assert len(_rows(window.text("/exchange/bundles?way=in"))) == 2
        assert len(_rows(window.text("/exchange/bundles?way=out&wanted=open"))) == 0
        assert _rows(window.text("/exchange/bundles?case_no=W9")) == []


def test_a_bundles_page_shows_kinds_and_cases_and_no_content(
    pair: Pair, extranet: ExchangeOffice, intranet: ExchangeOffice
) -> None:
    pair.post_review(1)
    pair.round()
    pair.round()
    digest = _rows(extranet.browser().text("/exchange/bundles?way=out"))[0]
    text = extranet.browser().text(f"/exchange/bundles/out/{digest}")
    for words in ("空间审核请求", "W000000000000001", "承运方取走", "对端确认", digest):
        assert words in text
    assert "样例路" not in text
    text = intranet.browser().text(f"/exchange/bundles/in/{digest}")
    assert "核验无误并处理" in text
    assert "已办" in text
    assert 'aria-current="true">交换包' in text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/exchange/bundles/out/00", 404),
        ("/exchange/bundles/sideways/00", 404),
        ("/exchange/bundles?before=x", 422),
        ("/exchange/bundles?before=99999999999999999999999-a", 422),
        ("/exchange/bundles?way=x&wanted=y", 200),
        ("/exchange/quarantine?page=0", 422),
        ("/exchange/quarantine?page=99999", 422),
        ("/exchange/quarantine?page=２", 422),
        ("/exchange/quarantine?page=3", 200),
    ],
)
def test_what_is_no_page_is_refused(extranet: ExchangeOffice, address: str, status: int) -> None:
    assert extranet.browser().get(address).status_code == status


def test_lists_turn_their_pages_and_lose_nothing(pair: Pair, extranet: ExchangeOffice) -> None:
    for number in range(1, 121):
        pair.post_review(number)
        pair.extranet.exchange.tick()
        if number % 40 == 0:
            pair.clock.advance(timedelta(seconds=1))
    window = extranet.browser()
    seen: list[str] = []
    address = "/exchange/bundles"
    while address:
        text = window.text(address)
        rows = _rows(text)
        assert len(rows) <= 50
        seen += rows
        found = re.search(r'rel="next" href="([^"]+)"', text)
        address = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == 120


def _set_aside(office: ExchangeOffice, folder: Path, count: int) -> None:
    for number in range(count):
        path = folder / f"bad-{number}.tar"
        path.write_bytes(b"x" * number)
        error = RejectedBundleError("bad_signature", "签名不符")
        office.side.spool.quarantine(path, error, "gate", number + 1)


def test_quarantine_is_listed_the_newest_first_and_paged(
    tmp_path: Path, intranet: ExchangeOffice
) -> None:
    _set_aside(intranet, tmp_path, 51)
    window = intranet.browser()
    text = window.text("/exchange/quarantine")
    assert text.count("data-quarantined=") == 50
    assert "bad-50.tar" in text
    assert "签名不符" in text
    assert 'rel="next" href="/exchange/quarantine?page=2"' in text
    assert window.text("/exchange/quarantine?page=2").count("data-quarantined=") == 1


def test_every_alarm_is_explained(extranet: ExchangeOffice) -> None:
    text = Window(extranet.browser().client).text("/exchange/alarms")
    for code, kind in KINDS.items():
        assert f'id="{code}"' in text
        assert escape(kind.remedy) in text


def test_one_file_in_quarantine_has_its_page(tmp_path: Path, intranet: ExchangeOffice) -> None:
    _set_aside(intranet, tmp_path, 1)
    window = intranet.browser()
    found = re.search(r'href="(/exchange/quarantine/[^"?]+)"', window.text("/exchange/quarantine"))
    assert found is not None
    text = window.text(found[1])
    for words in ("签名不符", "bad_signature", "bad-0.tar", "两人放行"):
        assert words in text


@pytest.mark.parametrize("file", ["x", "..%2Fgate", f"{0:016d}-{'0' * 8}-gone"])
def test_a_file_that_is_not_in_quarantine_has_no_page(intranet: ExchangeOffice, file: str) -> None:
    assert intranet.browser().get(f"/exchange/quarantine/{file}").status_code == 404


@pytest.mark.parametrize(
    ("code", "carrier", "words"),
    [
        ("truncated", "gate", "自动补发"),
        ("key_unknown", "gate", "信任文件"),
        ("wrong_destination", "gate", "送错了网"),
        ("equivocation", "exchange", "交换流已停止"),
        ("case_unknown", "exchange", "业务人员"),
        ("content_refused", "gate", "重新核验"),
    ],
)
def test_every_reason_has_a_remedy(code: str, carrier: str, words: str) -> None:
    assert words in remedy_of(code, carrier)


def test_a_stray_file_in_quarantine_breaks_no_page(
    tmp_path: Path, intranet: ExchangeOffice
) -> None:
    _set_aside(intranet, tmp_path, 2)
    folder = intranet.side.spool.folder / "quarantine"
    (folder / "notes.json").write_text("[")
    (folder / f"{7:016d}-{'a' * 8}-bad.json").write_text("{}")
    window = intranet.browser()
    assert window.text("/exchange/quarantine").count("data-quarantined=") == 2
    assert "2 个文件" in window.text("/exchange")
