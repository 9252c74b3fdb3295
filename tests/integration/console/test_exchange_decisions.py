"""Claims about decisions on the exchange pages: two people, a reason, a record, no way around."""

from pathlib import Path

import pytest
from exchange_office import ExchangeOffice, Window
from integration.exchange.pair import Pair
from sqlalchemy import select

from gate.admit import DropScanner
from kernel.audit import AuditRecord, verify_chain
from kernel.clock import now_micros
from kernel.errors import RejectedBundleError
from kernel.exchange.models import BundleOut, StreamIn, StreamInState
from kernel.spool import Quarantined
from kernel.vocabulary.zones import Zone


def _set_aside(pair: Pair, office: ExchangeOffice, *, damage: bool = False) -> Quarantined:
    """A bundle that crossed and was set aside by the gate, rightly or not."""
    pair.post_review(1)
    pair.tick()
    pair.carry(Zone.EXTRANET, Zone.INTRANET)
    spool = office.side.spool
    (entry,) = [entry for entry in spool.arrivals(Zone.EXTRANET) if entry.name.startswith("review")]
    path = spool.arrivals_folder(Zone.EXTRANET) / entry.name
    if damage:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    error = RejectedBundleError("key_unknown", "签名密钥不在信任文件中")
    return spool.quarantine(path, error, "gate", now_micros(pair.clock))


def _receive(pair: Pair, office: ExchangeOffice) -> None:
    """The gate's receiving side looks once: what was released is judged there."""
    drop = office.side.spool.folder.parent / "drop"
    drop.mkdir(exist_ok=True)
    DropScanner(
        drop, office.side.spool, pair.trust, Zone.EXTRANET, Zone.INTRANET, pair.clock
    ).scan()


def _page(found: Quarantined) -> str:
    return f"/exchange/quarantine/{found.file}"


def _press(window: Window, page: str, decision: str, note: str = "") -> tuple[int, str]:
    answer = window.post(f"{page}/decisions", page, decision=decision, note=note)
    return answer.status_code, answer.text


def _acts(office: ExchangeOffice) -> list[tuple[str, str]]:
    with office.side.database.reading() as session:
        assert verify_chain(session).intact
        rows = session.execute(
            select(AuditRecord.actor, AuditRecord.act)
            .where(AuditRecord.act.like("exchange.decision%"))
            .order_by(AuditRecord.n)
        )
        return [(actor, act.removeprefix("exchange.decision_")) for actor, act in rows]


def test_two_people_release_a_file_and_it_is_judged_anew(
    pair: Pair, intranet: ExchangeOffice
) -> None:
    found = _set_aside(pair, intranet)
    page = _page(found)
    wang, zhao = intranet.browser("wang"), intranet.browser("zhao")
    assert _press(wang, page, "propose", "信任文件已补齐，电话核对过指纹")[0] == 303
    assert "等另一人" in wang.text("/exchange/quarantine")
    assert "电话核对过指纹" in zhao.text(page)
    assert _press(zhao, page, "agree")[0] == 303
    pair.tick()
    assert intranet.side.effects == []
    _receive(pair, intranet)
    pair.tick()
    assert len(intranet.side.effects) == 1
    assert "已放行" in wang.text("/exchange/quarantine")
    assert 'data-decision="agreed"' in wang.text(page)
    assert _acts(intranet) == [("wang", "propose"), ("zhao", "agree")]
    assert 'data-alarm="quarantine_waiting"' not in wang.text("/exchange")


def test_nobody_releases_alone(pair: Pair, intranet: ExchangeOffice) -> None:
    page = _page(_set_aside(pair, intranet))
    wang = intranet.browser("wang")
    _press(wang, page, "propose", "x")
    assert 'value="agree"' not in wang.text(page)
    status, text = _press(wang, page, "agree")
    assert status == 403
    assert 'data-code="same_person"' in text
    pair.tick()
    assert intranet.side.effects == []
    assert _acts(intranet) == [("wang", "propose")]


def test_release_is_no_way_around_verification(pair: Pair, intranet: ExchangeOffice) -> None:
    page = _page(_set_aside(pair, intranet, damage=True))
    _press(intranet.browser("wang"), page, "propose", "x")
    assert _press(intranet.browser("zhao"), page, "agree")[0] == 303
    _receive(pair, intranet)
    pair.tick()
    assert intranet.side.effects == []
    assert len(intranet.side.spool.quarantined()) == 2
    assert 'data-alarm="quarantine_waiting"' in intranet.browser().text("/exchange")


def test_only_those_who_may_decide_are_asked(pair: Pair, intranet: ExchangeOffice) -> None:
    page = _page(_set_aside(pair, intranet))
    sun = intranet.browser("sun")
    assert "<textarea" not in sun.text(page)
    assert _press(sun, page, "propose", "x")[0] == 403
    _press(intranet.browser("wang"), page, "propose", "x")
    assert _press(sun, page, "agree")[0] == 403
    assert 'value="agree"' not in sun.text(page)


def test_a_form_without_its_token_does_nothing(pair: Pair, intranet: ExchangeOffice) -> None:
    page = _page(_set_aside(pair, intranet))
    wang = intranet.browser("wang")
    answer = wang.client.post(f"{page}/decisions", data={"decision": "propose", "note": "x"})
    assert answer.status_code == 400
    assert wang.client.get(f"{page}/decisions").status_code == 405
    assert 'data-decision="none"' in wang.text(page)


def test_closing_silences_the_alarm_and_keeps_the_file(
    pair: Pair, intranet: ExchangeOffice
) -> None:
    found = _set_aside(pair, intranet)
    wang = intranet.browser("wang")
    assert 'data-alarm="quarantine_waiting"' in wang.text("/exchange")
    assert _press(wang, _page(found), "close", "已自动补发")[0] == 303
    assert 'data-alarm="quarantine_waiting"' not in wang.text("/exchange")
    assert intranet.side.spool.quarantined_file(found).exists()
    assert _press(wang, _page(found), "propose", "x")[0] == 409


def test_a_second_person_may_decline(pair: Pair, intranet: ExchangeOffice) -> None:
    page = _page(_set_aside(pair, intranet))
    _press(intranet.browser("wang"), page, "propose", "x")
    assert _press(intranet.browser("zhao"), page, "withdraw")[0] == 303
    assert _press(intranet.browser("zhao"), page, "agree")[0] == 404
    assert _acts(intranet) == [("wang", "propose"), ("zhao", "withdraw")]


@pytest.mark.parametrize(
    ("decision", "note", "code"),
    [("burn", "x", "decision_unknown"), ("", "x", "decision_unknown"), ("propose", " ", "note_")],
)
def test_nonsense_is_refused_and_leaves_no_trace(
    pair: Pair, intranet: ExchangeOffice, decision: str, note: str, code: str
) -> None:
    page = _page(_set_aside(pair, intranet))
    status, text = _press(intranet.browser(), page, decision, note)
    assert status == 422
    assert code in text
    assert _acts(intranet) == []


def test_what_has_no_name_of_ours_cannot_be_released(
    tmp_path: Path, intranet: ExchangeOffice
) -> None:
    path = tmp_path / "virus.exe"
    path.write_bytes(b"x")
    error = RejectedBundleError("name_invalid", "文件名不是交换包或信标的名称")
    page = _page(intranet.side.spool.quarantine(path, error, "gate", 5))
    status, text = _press(intranet.browser(), page, "propose", "x")
    assert status == 422
    assert "release_name" in text


def test_the_exchanges_own_quarantine_is_released_by_the_declared_origin(
    pair: Pair, extranet: ExchangeOffice
) -> None:
    pair.post_progress(1)
    pair.tick()
    pair.carry(Zone.INTRANET, Zone.EXTRANET)
    spool = extranet.side.spool
    (entry,) = [entry for entry in spool.arrivals(Zone.INTRANET) if entry.name.startswith("review")]
    path = spool.arrivals_folder(Zone.INTRANET) / entry.name
    error = RejectedBundleError("chain_broken", "x")
    page = _page(spool.quarantine(path, error, "exchange", now_micros(pair.clock)))
    _press(extranet.browser("wang"), page, "propose", "x")
    assert _press(extranet.browser("zhao"), page, "agree")[0] == 303
    pair.tick()
    assert len(extranet.side.effects) == 1


def _halt(office: ExchangeOffice) -> None:
    with office.side.database.begin() as session:
        session.query(StreamIn).update({"state": StreamInState.HALTED})


def test_two_people_let_a_halted_stream_go_on(pair: Pair, intranet: ExchangeOffice) -> None:
    pair.post_review(1)
    pair.round()
    page = "/exchange/streams/extranet/review"
    wang, zhao = intranet.browser("wang"), intranet.browser("zhao")
    assert "恢复接收" not in wang.text(page)
    assert _press_free(wang, page, "propose") == 409
    for number in (2, 3):
        _halt(intranet)
        assert 'data-alarm="stream_halted"' in wang.text("/exchange")
        assert _press(wang, page, "propose", "核对过摘要")[0] == 303
        assert _press(wang, page, "agree")[0] == 403
        assert _press(wang, page, "close", "x")[0] == 422
        assert _press(zhao, page, "agree")[0] == 303
        assert 'data-alarm="stream_halted"' not in wang.text("/exchange")
        pair.post_review(number)
        pair.round()
        assert len(intranet.side.effects) == number
    acts = [("wang", "propose"), ("zhao", "agree")]
    assert _acts(intranet) == acts * 2


def _press_free(window: Window, page: str, decision: str) -> int:
    """A form sent from a page that has none."""
    answer = window.post(f"{page}/decisions", "/exchange", decision=decision, note="x")
    return answer.status_code


@pytest.mark.parametrize("page", ["extranet/review", "moon/review", "extranet/tea"])
def test_a_stream_nobody_knows_has_no_page(intranet: ExchangeOffice, page: str) -> None:
    assert intranet.browser().get(f"/exchange/streams/{page}").status_code == 404


def test_a_bundle_is_offered_again_when_somebody_who_may_asks(
    pair: Pair, extranet: ExchangeOffice
) -> None:
    pair.post_review(1)
    pair.tick()
    pair.carry(Zone.EXTRANET, Zone.INTRANET, lose=lambda _name: True)
    pair.tick()
    with extranet.side.database.reading() as session:
        digest = session.scalars(select(BundleOut.digest)).one()
    page = f"/exchange/bundles/out/{digest}"
    wang, sun = extranet.browser("wang"), extranet.browser("sun")
    assert "再投递一次" not in sun.text(page)
    assert sun.post(f"{page}/resend", page).status_code == 403
    assert wang.post(f"{page}/resend", page).status_code == 303
    pair.tick()
    assert "第 2 次投递" in wang.text(page)
    assert digest in " ".join(pair.carry(Zone.EXTRANET, Zone.INTRANET))
    with extranet.side.database.reading() as session:
        found = session.execute(
            select(AuditRecord.actor).where(AuditRecord.act == "exchange.resent")
        ).all()
    assert found == [("wang",)]
    assert wang.post("/exchange/bundles/out/00/resend", page).status_code == 404
