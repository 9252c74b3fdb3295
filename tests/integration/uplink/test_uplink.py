"""Claims about the uplink over real mutual TLS: both ways, after any cut, for one client."""

import io
import json
import random
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from crossing import HOST, Crossing, Server, free_port, write_certificates, write_settings
from integration.exchange.pair import Pair
from requests.adapters import BaseAdapter

from extranet_zone.uplink.client import CHUNK_BYTES
from internet_zone.uplink import deliveries
from internet_zone.uplink.deliveries import Deliveries
from internet_zone.uplink.views import create_uplink
from kernel.clock import SystemClock
from kernel.errors import UnavailableError
from kernel.vocabulary.zones import Zone

BIG = random.Random(1).randbytes(10 * 1024 * 1024)  # larger than what sockets hold for us
SMALL = b"%PDF-1.7 small %%EOF"


@pytest.fixture
def crossing(tmp_path: Path) -> Iterator[Crossing]:
    pair = Pair(
        tmp_path,
        lambda zone: f"sqlite:///{tmp_path / zone}.db",
        (Zone.INTERNET, Zone.EXTRANET),
    )
    port = free_port()
    pin = write_certificates(tmp_path)
    opened = Crossing(tmp_path, pair, Server(write_settings(tmp_path, pair, port, pin), port))
    yield opened
    opened.close()


@pytest.fixture
def listening(crossing: Crossing) -> Crossing:
    crossing.server.start()
    return crossing


def test_bundles_and_receipts_go_both_ways(listening: Crossing) -> None:
    down, up = listening.down(SMALL), listening.up(SMALL)
    uplink = listening.dial()
    moved = uplink.run()
    assert (moved.fetched > 0, moved.brought > 0, moved.refused) == (True, True, 0)
    assert listening.effects(Zone.EXTRANET) == [down]
    assert listening.effects(Zone.INTERNET) == [up]
    uplink.run()
    for zone, other in ((Zone.INTERNET, Zone.EXTRANET), (Zone.EXTRANET, Zone.INTERNET)):
        listening.effects(zone)
        assert listening.pair.sides[zone].spool.kept_names(other) == set()


def test_download_goes_on_where_a_killed_server_cut_it(
    listening: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = listening.down(BIG)
    uplink = listening.dial()
    chunks = requests.Response.iter_content

    def cut(answer: requests.Response, size: int) -> Iterator[bytes]:
        for piece in chunks(answer, size):
            yield piece
            if "/files/" in str(answer.url):
                listening.server.kill()

    with monkeypatch.context() as patch:
        patch.setattr(requests.Response, "iter_content", cut)
        with pytest.raises(UnavailableError) as caught:
            uplink.run()
    assert caught.value.code == "uplink_unreachable"
    (part,) = (listening.folder / "extranet/spool/uplink").iterdir()
    have = part.stat().st_size
    assert 0 < have < len(BIG)
    listening.server.start()
    asked: list[str | None] = []
    get = uplink._session.get

    def noted(*args: str, **named: object) -> requests.Response:
        asked.append(named["headers"].get("Range"))  # type: ignore[attr-defined]  # a dict
        return get(*args, **named)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(uplink._session, "get", noted)
    uplink.run()
    assert asked[0] == f"bytes={have}-"
    assert listening.effects(Zone.EXTRANET) == [sent]
    assert not part.exists()


def test_upload_goes_on_where_a_killed_server_cut_it(
    listening: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = listening.up(BIG)
    uplink = listening.dial()
    put = uplink._session.put
    ranges: list[str] = []

    def cut(*args: str, **named: object) -> requests.Response:
        ranges.append(named["headers"]["Content-Range"])  # type: ignore[index]  # a dict
        answer = put(*args, **named)  # type: ignore[arg-type]  # passed on
        if len(ranges) == 1:
            listening.server.kill()
        return answer

    monkeypatch.setattr(uplink._session, "put", cut)
    with pytest.raises(UnavailableError) as caught:
        uplink.run()
    assert caught.value.code == "uplink_unreachable"
    listening.server.start()
    before = len(ranges)
    uplink.run()
    assert ranges[before].startswith(f"bytes {CHUNK_BYTES}-")
    assert listening.effects(Zone.INTERNET) == [sent]


def test_upload_goes_on_from_whatever_the_server_still_has(listening: Crossing) -> None:
    spool, sent = listening.pair.extranet.spool, []
    uplink = listening.dial()
    for length in (1, 700, 5000):
        sent.append(listening.up(SMALL * length))
        (entry, *_) = spool.ready(Zone.INTERNET)
        content = (spool.ready_folder(Zone.INTERNET) / entry.name).read_bytes()
        part = listening.folder / "internet/spool/uplink" / f"{entry.name}.part"
        part.write_bytes(content[:length])
        uplink.run()
        assert listening.effects(Zone.INTERNET) == sent
        assert not part.exists()


def test_half_downloaded_file_that_rotted_is_set_aside_and_asked_for_again(
    listening: Crossing,
) -> None:
    sent = listening.down(SMALL * 1000)
    spool = listening.pair.internet.spool
    (entry, *_) = spool.ready(Zone.EXTRANET)
    uplink = listening.dial()
    part = listening.folder / "extranet/spool/uplink" / f"{entry.name}.part"
    part.write_bytes(b"\0" * 3000)
    assert uplink.run().refused == 1
    assert len(listening.pair.extranet.spool.quarantined()) == 1
    spool.offer(Zone.EXTRANET, entry.name)
    assert uplink.run().refused == 0
    assert listening.effects(Zone.EXTRANET) == [sent]


def _status(listening: Crossing, client: str) -> tuple[int, str]:
    path = listening.folder
    answer = requests.get(
        f"https://{HOST}:{listening.server.port}/uplink/v1/ready",
        cert=(str(path / f"{client}.crt"), str(path / f"{client}.key")),
        verify=str(path / "ca.crt"),
        timeout=30,
    )
    return answer.status_code, answer.json().get("error", "")


def test_only_the_registered_certificate_is_served(listening: Crossing) -> None:
    assert _status(listening, "client") == (200, "")
    assert _status(listening, "colleague") == (403, "uplink_peer_unknown")
    with pytest.raises(requests.ConnectionError):
        _status(listening, "stranger")
    context = ssl.create_default_context(cafile=str(listening.folder / "ca.crt"))
    with pytest.raises(OSError):  # noqa: PT011 - an alert or a reset, as timing has it
        urllib.request.urlopen(
            f"https://{HOST}:{listening.server.port}/uplink/v1/ready", context=context
        )


def test_client_without_the_right_certificates_moves_nothing(listening: Crossing) -> None:
    listening.down(SMALL)
    listening.up(SMALL)
    for client, authority, code in (
        ("colleague", "ca", "uplink_answer"),
        ("stranger", "ca", "uplink_unreachable"),
        ("client", "other-ca", "uplink_unreachable"),
    ):
        with pytest.raises(UnavailableError) as caught:
            listening.dial(client, authority).run()
        assert caught.value.code == code
    assert listening.pair.internet.spool.ready(Zone.EXTRANET)
    assert listening.pair.extranet.spool.ready(Zone.INTERNET)


def test_nobody_there_is_an_ordinary_state_of_the_world(crossing: Crossing) -> None:
    with pytest.raises(UnavailableError) as caught:
        crossing.dial().run()
    assert caught.value.code == "uplink_unreachable"


def test_uplink_on_a_taken_port_says_so(crossing: Crossing) -> None:
    command = [sys.executable, "-m", "internet_zone", "uplink", "--settings"]
    with socket.socket() as holder:
        holder.bind((HOST, crossing.server.port))
        holder.listen()
        done = subprocess.run(
            [*command, str(crossing.server.settings)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 5
    assert "[port_in_use]" in done.stderr
    assert "Traceback" not in done.stderr


# A server that answers nonsense.


class Liar(BaseAdapter):
    """Answers every listing with what it was told to."""

    def __init__(self, listing: object) -> None:
        super().__init__()
        self.listing = listing
        self.asked: list[str] = []

    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:  # type: ignore[override]  # tests ignore the options
        self.asked.append(str(request.path_url))
        answer = requests.Response()
        answer.status_code = 200
        told = self.listing
        answer.raw = io.BytesIO(told if isinstance(told, bytes) else json.dumps(told).encode())
        return answer

    def close(self) -> None:
        pass


NAME = f"urgent-{1:012d}-{'a' * 64}.tar"


@pytest.mark.parametrize(
    "listing",
    [
        {"files": [{"name": "../../etc/cron.d/evil", "size": 5}]},
        {"files": [{"name": f"../{NAME}", "size": 5}]},
        {"files": [{"name": f"{NAME}\n", "size": 5}]},
        {"files": [{"name": "readme.txt", "size": 5}]},
        {"files": [{"name": NAME, "size": 0}]},
        {"files": [{"name": NAME, "size": -1}]},
        {"files": [{"name": NAME, "size": 1 << 60}]},
        {"files": [{"name": NAME, "size": "5"}]},
        {"files": [{"name": 7, "size": 5}]},
        {"files": ["name"]},
        {"files": 7},
        {"files": None},
        [],
        b"not json",
        b"[" * 100_000,
        b" " * (1024 * 1024 + 1),
    ],
    ids=lambda listing: str(listing)[:60],
)
def test_nonsense_from_the_other_side_is_refused_and_names_no_file_of_ours(
    crossing: Crossing, listing: object
) -> None:
    uplink = crossing.dial()
    liar = Liar(listing)
    uplink._session.mount("https://", liar)
    with pytest.raises(UnavailableError) as caught:
        uplink.run()
    assert caught.value.code == "uplink_answer"
    assert len(liar.asked) == 1
    assert list((crossing.folder / "extranet/spool/uplink").iterdir()) == []


# The listening end's contract, request by request.

Ask = Callable[..., tuple[int, dict[str, object]]]


@pytest.fixture
def ask(crossing: Crossing) -> Ask:
    spool = crossing.pair.internet.spool
    ends = Deliveries(spool, crossing.pair.trust, SystemClock())
    browser = create_uplink(spool, ends, "pin", lambda _environ: "pin").test_client()

    def send(method: str, path: str, **named: object) -> tuple[int, dict[str, object]]:
        answer = browser.open(f"/uplink/v1{path}", method=method, **named)  # type: ignore[arg-type]  # passed on
        return answer.status_code, answer.get_json(silent=True) or {}

    return send


def _put(ask: Ask, name: str, content: bytes, span: str) -> tuple[int, dict[str, object]]:
    return ask("PUT", f"/deliveries/{name}", data=content, headers={"Content-Range": span})


@pytest.mark.parametrize("path", ["/files/x", "/files/..%2f..%2fetc%2fpasswd", "/nowhere"])
def test_what_is_not_ours_is_not_found_in_json(ask: Ask, path: str) -> None:
    status, found = ask("GET", path)
    assert status == 404
    assert found["error"]


@pytest.mark.parametrize(
    "span",
    [
        "",
        "bytes 0-4",
        "bytes 5-4/9",
        "bytes 0-9/9",
        "bytes 0-8388608/99999999",
        f"bytes 0-4/{1 << 39}",
        "bytes -1-4/9",
    ],
)
def test_senseless_range_is_refused(ask: Ask, span: str) -> None:
    status, found = _put(ask, NAME, b"12345", span)
    assert (status, found["error"]) == (422, "uplink_range")
    assert ask("GET", f"/deliveries/{NAME}") == (200, {"received": 0})


def test_chunk_at_another_place_is_told_what_is_there(ask: Ask) -> None:
    assert _put(ask, NAME, b"12345", "bytes 0-4/20") == (200, {"received": 5})
    status, found = _put(ask, NAME, b"12345", "bytes 0-4/20")
    assert (status, found["error"]) == (409, "uplink_offset")
    assert found["detail"] == {"received": 5}
    assert ask("GET", f"/deliveries/{NAME}") == (200, {"received": 5})


def test_chunk_shorter_than_it_says_counts_for_what_came(ask: Ask) -> None:
    assert _put(ask, NAME, b"123", "bytes 0-9/20") == (200, {"received": 3})


def test_chunk_longer_than_it_says_is_cut(ask: Ask) -> None:
    assert _put(ask, NAME, b"123456789", "bytes 0-2/20") == (200, {"received": 3})


def test_whole_file_that_is_no_bundle_is_set_aside(crossing: Crossing, ask: Ask) -> None:
    status, found = _put(ask, NAME, b"12345", "bytes 0-4/5")
    assert status == 422
    (item,) = crossing.pair.internet.spool.quarantined()
    assert (item.code, item.carrier, item.name) == (found["error"], "uplink", NAME)
    assert crossing.pair.internet.spool.arrivals(Zone.EXTRANET) == []
    assert ask("GET", f"/deliveries/{NAME}") == (200, {"received": 0})


def test_our_own_bundle_brought_back_is_set_aside(crossing: Crossing, ask: Ask) -> None:
    crossing.down(SMALL)
    spool = crossing.pair.internet.spool
    (entry, *_) = spool.ready(Zone.EXTRANET)
    content = (spool.ready_folder(Zone.EXTRANET) / entry.name).read_bytes()
    status, found = _put(ask, entry.name, content, f"bytes 0-{len(content) - 1}/{len(content)}")
    assert (status, found["error"]) == (422, "wrong_destination")


def test_unfinished_files_are_bounded(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "MAX_PARTS", 3)
    names = [f"urgent-{n:012d}-{'a' * 64}.tar" for n in range(4)]
    for name in names[:3]:
        assert _put(ask, name, b"1", "bytes 0-0/2")[0] == 200
    status, found = _put(ask, names[3], b"1", "bytes 0-0/2")
    assert (status, found["error"]) == (503, "uplink_too_many_parts")


def test_taking_twice_is_harmless(crossing: Crossing, ask: Ask) -> None:
    crossing.down(SMALL)
    (entry, *_) = crossing.pair.internet.spool.ready(Zone.EXTRANET)
    for _ in range(2):
        assert ask("POST", f"/files/{entry.name}/taken") == (204, {})
    assert ask("GET", f"/files/{entry.name}")[0] == 404
