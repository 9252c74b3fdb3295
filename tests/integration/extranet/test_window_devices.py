"""Claims about the devices of a window: what they read reaches the case, and nothing else does."""

import hashlib
import io
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from extranet_console import QUICK, Browser, ConsoleOffice
from extranet_office import FACTS, picture
from sqlalchemy import select
from window_place import ROOT, SIMULATED, Desk, begin, desk, push, register, seated, serving

from extranet_zone.app import create_app
from extranet_zone.cases.models import Case, CaseCheck, CaseMaterial, CheckSource
from extranet_zone.cases.rules import CHECKS
from extranet_zone.cases.services.claims import assign_authority
from extranet_zone.cases.states import State
from extranet_zone.roles import Role
from extranet_zone.window.agent.simulated import NAME, NUMBER
from extranet_zone.window.models import OrderState, ReadingState, WindowOrder, WindowReading
from extranet_zone.window.services import inbox
from extranet_zone.window.services.removing import remove_old
from kernel.audit import AuditRecord
from kernel.keys.tls import issue_server, make_ca

ITEM = "change-details"


@pytest.fixture
def url(console: ConsoleOffice) -> Iterator[str]:
    with serving(console) as address:
        yield address


def eventually(claim: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.1)


def readings(console: ConsoleOffice) -> list[WindowReading]:
    with console.office.database.reading() as session:
        order = WindowReading.received_at, WindowReading.key
        found = list(session.scalars(select(WindowReading).order_by(*order)))
        session.expunge_all()
        return found


def orders(console: ConsoleOffice) -> list[WindowOrder]:
    with console.office.database.reading() as session:
        found = list(session.scalars(select(WindowOrder).order_by(WindowOrder.asked_at)))
        session.expunge_all()
        return found


def acts(console: ConsoleOffice) -> list[tuple[str, str, str]]:
    with console.office.database.reading() as session:
        rows = session.execute(select(AuditRecord.act, AuditRecord.result, AuditRecord.body))
        return [(row[0], row[1], row[2]) for row in rows]


def checks(console: ConsoleOffice, case_no: str) -> dict[tuple[str, CheckSource], int]:
    with console.office.database.reading() as session:
        rows = session.scalars(select(CaseCheck).where(CaseCheck.case_no == case_no))
        return {(row.code, row.source): row.passed for row in rows}


def made(console: ConsoleOffice, case_no: str) -> set[str]:
    facts: dict[str, str] = json.loads(console.office.case(case_no).facts)
    return set(facts.get("checks", "").split())


def read(console: ConsoleOffice, clerk: Browser, place: Desk, case_no: str, kind: str) -> str:
    """Ask for a reading and have the agent carry it out; answers the reading's id."""
    before = {row.id for row in readings(console)}
    console.office.tick()
    page = f"/window?case={case_no}"
    fields = {"case": case_no, "kind": kind}
    if kind == "face":
        found = re.search(r'<select id="reference".*?value="([0-9a-f]{32})"', clerk.get(page).text)
        assert found is not None
        fields["reference"] = found[1]
    assert clerk.post("/window/orders", page, **fields).status_code == 303
    assert 'http-equiv="refresh"' in clerk.get(page).text
    code, done = place.run("--once")
    assert (code, done["orders"], done["failed"]) == (0, 1, 0)
    (new,) = {row.id for row in readings(console)} - before
    return new


def take(clerk: Browser, case_no: str, what: str, **fields: object) -> tuple[int, str]:
    answer = clerk.post(
        f"/window/readings/{what}", f"/window?case={case_no}", case=case_no, **fields
    )
    found = re.search(r'data-code="([a-z_]+)"', answer.text)
    return answer.status_code, found[1] if found else ""


def scan(place: Desk, name: str, content: bytes) -> None:
    (place.scans / name).write_bytes(content)


def test_a_case_is_entered_from_devices_and_collected(
    console: ConsoleOffice, url: str, tmp_path: Path
) -> None:
    window, token = register(console)
    clerk, place = seated(console, window), desk(tmp_path / "pc", url, token)
    case_no = begin(clerk)
    card = read(console, clerk, place, case_no, "identity_reader")
    page = clerk.get(f"/window?case={case_no}").text
    assert (NAME not in page, NUMBER not in page, "419***********" in page) == (True, True, True)
    assert "<script" not in page
    assert take(clerk, case_no, "identity", reading=card, place="role:holder") == (303, "")
    entry = clerk.get(f"/cases/{case_no}/entry").text
    assert f'value="{NAME}"' in entry
    assert f'value="{NUMBER}"' in entry
    assert "设备核验" in entry
    assert made(console, case_no) == {"identity"}
    # The agent as it runs every day: the scanner saves into its folder.
    running = subprocess.Popen(place.command(), cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        wanted = [rule for rule in console.office.item(ITEM).materials if rule.required]
        for n, _rule in enumerate(wanted):
            scan(place, f"扫描 {n}.png", picture(f"#0{n}0a0b"))
            time.sleep(0.02)
        eventually(lambda: len(place.names("delivered")) == len(wanted))
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
    found = [row for row in readings(console) if row.kind.value == "scan"]
    assert [row.file_name for row in found] == [f"扫描 {n}.png" for n in range(len(wanted))]
    for row, rule in zip(found, wanted, strict=True):
        assert take(clerk, case_no, "files", reading=[row.id], material=rule.code) == (303, "")
    signature = read(console, clerk, place, case_no, "signature_pad")
    signed = {"reading": [signature], "material": "application-form"}
    assert take(clerk, case_no, "files", **signed) == (303, "")
    with console.office.database.reading() as session:
        kept = session.scalars(select(CaseMaterial).where(CaseMaterial.case_no == case_no)).all()
        names = [material.file_name for material in kept]
        digests = {material.digest for material in kept}
    assert any(name.startswith("签名-") for name in names)
    assert {row.file_digest for row in found} < digests
    assert_the_rest_is_done_by_hand(console, clerk, case_no)
    everything = "\n".join(body for _act, _result, body in acts(console))
    assert '"source":"device"' in everything
    assert NUMBER not in everything
    assert NAME not in everything
    assert {row.facts for row in readings(console)} == {"{}"}


def assert_the_rest_is_done_by_hand(console: ConsoleOffice, clerk: Browser, case_no: str) -> None:
    """What no device can say is ticked by hand, and stays marked so; then it is collected."""
    rest = sorted(set(CHECKS) - {"identity"})
    party = {"role_0": "holder", "name_0": NAME, "document_no_0": NUMBER, "document_type_0": "1"}
    facts = {f"fact_{code}": value for code, value in FACTS[ITEM].items()}
    form = f"/cases/{case_no}/entry"
    assert clerk.post(form, form, checks=rest, **party, **facts).status_code == 303
    assert made(console, case_no) == set(CHECKS)
    assert checks(console, case_no) == {
        ("identity", CheckSource.DEVICE): 1,
        **{(code, CheckSource.HAND): 1 for code in rest},
    }
    shown = clerk.get(f"/cases/{case_no}").text
    assert 'data-check="identity" data-source="device"' in shown
    assert 'data-check="scope" data-source="hand"' in shown
    assert clerk.act(case_no, "collect").status_code == 303
    assert console.office.case(case_no).state is State.COLLECTED


def test_a_device_s_check_ends_with_the_person_it_was_made_of(
    console: ConsoleOffice, url: str, tmp_path: Path
) -> None:
    window, token = register(console)
    clerk, place = seated(console, window), desk(tmp_path / "pc", url, token)
    case_no = begin(clerk)
    card = read(console, clerk, place, case_no, "identity_reader")
    take(clerk, case_no, "identity", reading=card, place="role:holder")
    form = f"/cases/{case_no}/entry"
    party = {"role_0": "holder", "name_0": "另一人", "document_no_0": NUMBER}
    assert clerk.post(form, form, document_type_0="1", **party).status_code == 303
    assert made(console, case_no) == set()
    page = clerk.get(form).text
    assert "已变更的当事人（不再有效）" in page
    party["name_0"] = NAME
    clerk.post(form, form, document_type_0="1", **party)
    assert made(console, case_no) == {"identity"}
    # A second party whom no device has seen: the check of the case is the clerk's again.
    second = {"role_1": "holder", "name_1": "王五", "document_no_1": "E1234567"}
    clerk.post(form, form, document_type_0="1", document_type_1="3", **party, **second)
    assert made(console, case_no) == set()
    clerk.post(
        form, form, document_type_0="1", document_type_1="3", checks="identity", **party, **second
    )
    assert made(console, case_no) == {"identity"}
    assert checks(console, case_no)["identity", CheckSource.HAND] == 1


@pytest.mark.parametrize(("score", "passed"), [(75, True), (74.9, False)])
def test_a_face_makes_its_check_only_from_the_threshold_on(
    console: ConsoleOffice, url: str, tmp_path: Path, score: float, passed: bool
) -> None:
    window, token = register(console)
    face = (*SIMULATED, "face", "--score", str(score))
    programs = {"identity_reader": (*SIMULATED, "identity_reader"), "face": face}
    clerk, place = seated(console, window), desk(tmp_path / "pc", url, token, programs)
    case_no = begin(clerk)
    card = read(console, clerk, place, case_no, "identity_reader")
    take(clerk, case_no, "identity", reading=card, place="role:holder")
    compared = read(console, clerk, place, case_no, "face")
    assert take(clerk, case_no, "face", reading=compared) == (303, "")
    said = clerk.get(f"/window?case={case_no}").text
    assert ("人像比对通过" in said, "人像比对未通过" in said) == (passed, not passed)
    assert f"得分 {score:g}，阈值 75" in said
    assert ("face" in made(console, case_no)) is passed
    assert checks(console, case_no)["face", CheckSource.DEVICE] == int(passed)
    result = "done" if passed else "failed"
    assert ("case.check_by_device", result) in [(act, how) for act, how, _body in acts(console)]


def test_a_face_needs_a_photo_of_this_very_case(console: ConsoleOffice, url: str) -> None:
    window, _token = register(console)
    clerk = seated(console, window)
    case_no = begin(clerk)
    page = f"/window?case={case_no}"
    asked = {"case": case_no, "kind": "face", "reference": "f" * 32}
    refused = clerk.post("/window/orders", page, **asked)
    assert (refused.status_code, "face_without_photo" in refused.text) == (422, True)


BAD_DRIVERS = {
    "driver_timeout": "import time; time.sleep(60)",
    "driver_output": "import sys\nwhile True: sys.stdout.write('x' * 65536)",
    "driver_answer": "print('rubbish')",
    "driver_failed": (
        "import json,sys; r=json.loads(sys.stdin.readline());"
        "print(json.dumps({'contract':1,'request':r['request'],'status':'failed',"
        "'message':'读卡器未连接'}))"
    ),
}


@pytest.mark.parametrize("code", BAD_DRIVERS)
def test_a_driver_that_fails_is_said_to_the_clerk(
    console: ConsoleOffice, url: str, tmp_path: Path, code: str
) -> None:
    window, token = register(console)
    program = ("python3", "-c", BAD_DRIVERS[code])
    place = desk(tmp_path / "pc", url, token, {"identity_reader": program}, seconds=2)
    clerk = seated(console, window)
    case_no = begin(clerk)
    page = f"/window?case={case_no}"
    clerk.post("/window/orders", page, case=case_no, kind="identity_reader")
    begun = time.monotonic()
    exit_code, done = place.run("--once")
    assert (exit_code, done["orders"], done["failed"]) == (0, 1, 1)
    assert time.monotonic() - begun < 30
    (asked,) = orders(console)
    assert (asked.state, asked.failure) == (OrderState.FAILED, code)
    shown = clerk.get(page).text
    assert 'data-state="failed"' in shown
    assert 'http-equiv="refresh"' not in shown
    assert readings(console) == []


def test_a_device_that_is_not_there_is_said(
    console: ConsoleOffice, url: str, tmp_path: Path
) -> None:
    window, token = register(console)
    place, clerk = desk(tmp_path / "pc", url, token, {}), seated(console, window)
    case_no = begin(clerk)
    page = f"/window?case={case_no}"
    clerk.post("/window/orders", page, case=case_no, kind="camera")
    assert place.run("--once")[1]["failed"] == 1
    assert orders(console)[0].failure == "driver_missing"


def test_a_half_written_file_waits_and_then_is_refused_with_the_reason(
    console: ConsoleOffice, url: str, tmp_path: Path
) -> None:
    _window, token = register(console)
    place = desk(tmp_path / "pc", url, token, {})
    whole = picture("#123456")
    scan(place, "半页.png", whole[: len(whole) // 2])
    code, done = place.run("--once")
    assert (code, done["claimed"], done["refused"], readings(console)) == (0, 0, 0, [])
    # The scanner goes on, and then it is taken.
    scan(place, "半页.png", whole)
    assert place.run("--once")[1]["delivered"] == 1
    scan(place, "坏页.png", whole[: len(whole) // 2])
    os.utime(place.scans / "坏页.png", (time.time() - 60, time.time() - 60))
    assert place.run("--once")[1]["refused"] == 1
    refused = place.names("refused")
    assert [name[10:] for name in refused] == ["坏页.png", "坏页.png.reason.txt"]
    reason = (place.scans / "refused" / refused[1]).read_text()
    assert reason.startswith("upload_damaged\n图片不完整")


def test_the_same_file_twice_waits_once(console: ConsoleOffice, url: str, tmp_path: Path) -> None:
    _window, token = register(console)
    place = desk(tmp_path / "pc", url, token, {})
    scan(place, "一.png", picture("#0f0f0f"))
    scan(place, "二.png", picture("#0f0f0f"))
    assert place.run("--once")[1]["delivered"] == 2
    assert len(readings(console)) == 1


def test_nothing_is_lost_while_the_network_is_away(console: ConsoleOffice, tmp_path: Path) -> None:
    _window, token = register(console)
    place = desk(tmp_path / "pc", "http://127.0.0.1:9", token, {})
    scan(place, "一.png", picture("#0f0f0f"))
    code, done = place.run("--once")
    assert (code, done["waiting"], done["trouble"]) == (5, 1, "zone_unreachable")
    key = place.names("sending")[0][:32]
    with serving(console) as url:
        desk(tmp_path / "pc", url, token, {})
        assert place.run("--once")[1]["delivered"] == 1
    assert [row.key for row in readings(console)] == [key]
    assert place.names("sending") == []


def test_a_file_that_the_platform_refuses_is_put_aside_with_its_words(
    console: ConsoleOffice, url: str, tmp_path: Path
) -> None:
    window, token = register(console)
    place = desk(tmp_path / "pc", url, token, {})
    # Claimed under a key that was used for something else.
    key = "a" * 32
    content = picture("#010203")
    digest = hashlib.sha256(content).hexdigest()
    scanned = {"kind": "scan", "file_name": "一.png", "media_type": "image/png", "digest": digest}
    assert push(url, token, key, content, **scanned).status_code == 201
    (place.scans / "sending").mkdir()
    (place.scans / "sending" / f"{key}--二.png").write_bytes(picture("#030201"))
    assert place.run("--once")[1]["refused"] == 1
    reason = place.scans / "refused" / place.names("refused")[1]
    assert reason.read_text().startswith("reading_differs\n")
    assert window


def test_a_token_that_is_unknown_or_revoked_brings_nothing_and_loses_nothing(
    console: ConsoleOffice, url: str, tmp_path: Path
) -> None:
    window, token = register(console)
    place = desk(tmp_path / "pc", url, "wrong", {})
    scan(place, "一.png", picture("#0f0f0f"))
    code, done = place.run("--once")
    assert (code, done["waiting"], done["trouble"]) == (5, 1, "window_token_unknown")
    checked = place.run("--check")
    assert checked[0] == 3
    assert checked[1]["findings"][-1]["code"] == "window_token_unknown"
    page = "/window/registration"
    admin = console.browser(Role.SYSTEM_ADMINISTRATOR)
    assert admin.post(f"{page}/{window}/revoke", page).status_code == 303
    desk(tmp_path / "pc", url, token, {})
    assert place.run("--once")[1]["trouble"] == "window_token_revoked"
    assert (readings(console), len(place.names("sending"))) == ([], 1)
    # Issued anew, the old one is unknown and the new one works.
    again = admin.post(f"{page}/{window}/token", page).text
    fresh = re.search(r'<code id="token">([^<]+)</code>', again)
    assert fresh is not None
    assert push(url, token, kind="scan").json()["error"] == "window_token_unknown"
    desk(tmp_path / "pc", url, fresh[1], {})
    assert place.run("--once")[1]["delivered"] == 1
    assert fresh[1] not in admin.get(page).text
    assert place.run("--check")[0] == 0


def test_what_is_not_the_contract_is_refused_by_its_code(console: ConsoleOffice, url: str) -> None:
    _window, token = register(console)
    content = picture("#010203")
    digest = hashlib.sha256(content).hexdigest()
    good = {"kind": "scan", "file_name": "a.png", "media_type": "image/png", "digest": digest}

    def code(content: bytes = content, key: str = "1" * 32, **change: object) -> object:
        return push(url, token, key, content, **(good | change)).json().get("error")

    assert code(key="1") == "reading_key"
    assert code(kind="microscope") == "reading_invalid"
    assert code(facts={"name": "x"}) == "reading_invalid"
    assert code(order="2" * 32) == "reading_invalid"
    assert code(kind="camera", order="2" * 32) == "window_order_closed"
    assert code(digest="0" * 64) == "reading_digest"
    assert code(content[:40], digest=hashlib.sha256(content[:40]).hexdigest()) == "upload_damaged"
    assert code(file_name="a.exe") == "upload_type_not_allowed"
    assert code(b"") == "reading_invalid"
    assert readings(console) == []
    assert code() is None
    assert push(url, token, "1" * 32, content, **good).status_code == 200
    assert code(file_name="b.png") == "reading_differs"
    assert len(readings(console)) == 1
    with requests.post(f"{url}/window/v1/readings", timeout=20) as anonymous:
        assert anonymous.status_code == 403


def test_the_inbox_is_bounded(
    console: ConsoleOffice, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MAX_WAITING", 1)
    _window, token = register(console)
    for n, status in enumerate((201, 429)):
        content = picture(f"#00000{n}")
        digest = hashlib.sha256(content).hexdigest()
        said = {"kind": "scan", "file_name": "a.png", "media_type": "image/png", "digest": digest}
        assert push(url, token, f"{n:032x}", content, **said).status_code == status


def test_a_simulated_device_is_refused_where_certificates_are_valid(
    console: ConsoleOffice, tmp_path: Path
) -> None:

    window, token = register(console)
    settings = console.platform.settings
    certificates = settings.certificates.model_copy(update={"sample": False})
    valid = settings.model_copy(update={"certificates": certificates})
    console.platform = type(console.platform)(
        **{
            name: valid if name == "settings" else getattr(console.platform, name)
            for name in type(console.platform).__slots__
        }
    )
    console.app = create_app(console.platform, QUICK)
    with serving(console) as url:
        clerk, place = seated(console, window), desk(tmp_path / "pc", url, token)
        case_no = begin(clerk)
        page = f"/window?case={case_no}"
        clerk.post("/window/orders", page, case=case_no, kind="identity_reader")
        assert place.run("--once")[1]["failed"] == 1
    assert (orders(console)[0].failure, readings(console)) == ("reading_simulated", [])


def test_only_who_sits_at_the_window_sees_and_takes(
    console: ConsoleOffice, url: str, tmp_path: Path
) -> None:
    window, token = register(console)
    clerk, place = seated(console, window), desk(tmp_path / "pc", url, token)
    case_no = begin(clerk)
    card = read(console, clerk, place, case_no, "identity_reader")
    colleague = console.colleague("colleague", Role.INTAKE_CLERK)
    taken = colleague.post("/window/seat", "/window", window=window)
    assert (taken.status_code, "window_taken" in taken.text) == (409, True)
    own = begin(colleague)
    sent = {"case": own, "reading": card, "place": "role:holder"}
    refused = colleague.post("/window/readings/identity", "/cases/entry", **sent)
    assert (refused.status_code, "window_not_seated" in refused.text) == (403, True)
    assert colleague.get(f"/window/readings/{card}/file").status_code == 403
    # Signed out, the seat is free; the card was read for another's case and enters no other.
    clerk.post("/account/sign-out", "/cases")
    assert colleague.post("/window/seat", "/window", window=window).status_code == 303
    refused = colleague.post("/window/readings/identity", "/cases/entry", **sent)
    assert (refused.status_code, "reading_of_other_case" in refused.text) == (409, True)
    assert console.browser(Role.RECORDER).get("/window").status_code == 403
    assert console.browser(Role.INTAKE_CLERK).get("/window/registration").status_code == 403


def test_another_authority_s_clerk_has_no_seat_here(console: ConsoleOffice, url: str) -> None:
    window, _token = register(console)
    with console.office.database.begin() as session:
        assign_authority(session, "intake-clerk", "410100")
    foreign = console.browser(Role.INTAKE_CLERK)
    assert "1号窗口" not in foreign.get("/window").text
    answer = foreign.post("/window/seat", "/cases/entry", window=window)
    assert (answer.status_code, "window_unknown" in answer.text) == (404, True)
    # Nor does a seat taken before stay one after a move to another authority.
    with console.office.database.begin() as session:
        assign_authority(session, "intake-clerk", "")
    clerk = seated(console, window)
    with console.office.database.begin() as session:
        assign_authority(session, "intake-clerk", "410100")
    sent = clerk.post("/window/readings/files", "/cases/entry", reading=["0" * 32])
    assert (sent.status_code, "window_not_seated" in sent.text) == (403, True)


def test_a_reading_is_taken_once_and_what_is_thrown_away_stays_away(
    console: ConsoleOffice, url: str, tmp_path: Path
) -> None:
    window, token = register(console)
    clerk, place = seated(console, window), desk(tmp_path / "pc", url, token)
    case_no = begin(clerk)
    card = read(console, clerk, place, case_no, "identity_reader")
    assert take(clerk, case_no, "identity", reading=card, place="7") == (404, "party_unknown")
    assert take(clerk, case_no, "identity", reading=card, place="role:king")[1] == (
        "party_role_unknown"
    )
    assert take(clerk, case_no, "files", reading=[card], material="identity")[1] == "reading_kind"
    assert take(clerk, case_no, "identity", reading=card, place="role:holder")[0] == 303
    assert take(clerk, case_no, "identity", reading=card, place="1")[1] == "reading_decided"
    photo = read(console, clerk, place, case_no, "camera")
    shown = clerk.get(f"/window/readings/{photo}/thumbnail")
    assert (shown.status_code, shown.mimetype, len(shown.data) < 20_000) == (
        200,
        "image/jpeg",
        True,
    )
    with clerk.get(f"/window/readings/{photo}/file") as opened:
        assert opened.data.startswith(b"\x89PNG")
    assert "window.reading_viewed" in [act for act, _result, _body in acts(console)]
    assert take(clerk, case_no, "files", reading=[photo], discard="1") == (303, "")
    assert take(clerk, case_no, "files", reading=[photo], material="identity")[1] == (
        "reading_decided"
    )
    assert take(clerk, case_no, "files", material="identity")[1] == "reading_none"
    assert [row.state for row in readings(console)] == [
        ReadingState.TAKEN,
        ReadingState.DISCARDED,
    ]


def test_what_nobody_took_by_the_end_of_the_next_working_day_is_removed(
    console: ConsoleOffice, url: str, tmp_path: Path
) -> None:
    office = console.office
    window, token = register(console)
    clerk, place = seated(console, window), desk(tmp_path / "pc", url, token)
    case_no = begin(clerk)
    card = read(console, clerk, place, case_no, "identity_reader")
    take(clerk, case_no, "identity", reading=card, place="role:holder")
    scan(place, "一.png", picture("#010203"))
    scan(place, "二.png", picture("#030201"))
    place.run("--once")
    first, second = (row for row in readings(console) if row.kind.value == "scan")
    take(clerk, case_no, "files", reading=[first.id], material="identity")
    for row in readings(console):
        os.utime(office.store.path(row.file_digest), (0, 0))
    calendar = office.work.clocks.calendar

    def removed() -> int:
        with office.database.begin() as session:
            return remove_old(session, office.store, calendar, office.now)

    office.clock.advance(timedelta(hours=20))
    assert removed() == 0
    office.clock.advance(timedelta(hours=24))
    assert removed() == 2
    assert removed() == 0
    assert {row.id for row in readings(console)} == {card, first.id}
    assert office.store.has(first.file_digest)
    assert not office.store.has(second.file_digest)
    portrait = next(row for row in readings(console) if row.id == card)
    assert (office.store.has(portrait.file_digest), portrait.size) == (False, 0)
    assert [act for act, _result, _body in acts(console)].count("window.reading_removed") == 2
    assert isinstance(office.case(case_no), Case)


def test_an_order_ends_when_it_is_old_or_asked_again(console: ConsoleOffice, url: str) -> None:
    window, token = register(console)
    clerk = seated(console, window)
    case_no = begin(clerk)
    page = f"/window?case={case_no}"

    def listed() -> list[dict[str, str]]:
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.get(f"{url}/window/v1/orders", headers=headers, timeout=20)
        found: list[dict[str, str]] = answer.json()["orders"]
        return found

    clerk.post("/window/orders", page, case=case_no, kind="camera")
    (one,) = listed()
    console.office.tick()
    clerk.post("/window/orders", page, case=case_no, kind="camera")
    (two,) = listed()
    assert one["id"] != two["id"]
    console.office.clock.advance(timedelta(seconds=121))
    assert listed() == []
    assert "超时未读取" in clerk.get(page).text


def test_another_agent_on_the_folder_is_refused(
    console: ConsoleOffice, url: str, tmp_path: Path
) -> None:
    _window, token = register(console)
    place = desk(tmp_path / "pc", url, token, {})
    running = subprocess.Popen(place.command(), cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        assert running.stderr is not None
        assert "window.watching" in running.stderr.readline()
        code, said = place.run("--once")
        assert (code, said["error"]) == (3, "already_running")
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=20)


def test_typing_and_reading_meet_on_one_button(console: ConsoleOffice) -> None:
    window, _token = register(console)
    clerk = seated(console, window)
    case_no = begin(clerk)
    form = f"/cases/{case_no}/entry"
    party = {"role_0": "holder", "name_0": NAME, "document_no_0": NUMBER, "document_type_0": "1"}
    answer = clerk.post(form, form, devices="1", checks="scope", **party)
    assert (answer.status_code, answer.location) == (303, f"/window?case={case_no}")
    assert "第 1 行" not in clerk.get(answer.location).text  # nothing was read yet
    assert made(console, case_no) == {"scope"}


def test_a_scan_keeps_the_limits_of_uploads(console: ConsoleOffice, url: str) -> None:
    _window, token = register(console)
    stream = io.BytesIO(b"\xff" * (52 * 1024 * 1024))
    answer = requests.post(
        f"{url}/window/v1/readings",
        data=stream,
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        timeout=60,
    )
    assert answer.status_code in (413, 422)
    assert readings(console) == []


def test_only_a_platform_that_the_named_authority_vouches_for_is_spoken_to(
    console: ConsoleOffice, tmp_path: Path
) -> None:
    _window, token = register(console)
    now = datetime.now(UTC)
    for name in ("right", "wrong"):
        authority = make_ca(f"{name} authority", now)
        authority.write(tmp_path / f"{name}.crt", tmp_path / f"{name}.key")
        if name == "right":
            issue_server(authority, ["127.0.0.1"], now).write(
                tmp_path / "site.crt", tmp_path / "site.key"
            )
    with serving(console, (tmp_path / "site.crt", tmp_path / "site.key")) as url:
        place = desk(tmp_path / "pc", url, token, {}, authority=tmp_path / "wrong.crt")
        scan(place, "一.png", picture("#0f0f0f"))
        code, done = place.run("--once")
        assert (code, done["trouble"], readings(console)) == (5, "zone_unreachable", [])
        desk(tmp_path / "pc", url, token, {}, authority=tmp_path / "right.crt")
        assert place.run("--check")[0] == 0
        assert place.run("--once")[1]["delivered"] == 1
