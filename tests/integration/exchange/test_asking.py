"""What people ask of the exchange: send again, rehearse; and what it does before anybody asks."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from integration.exchange.pair import Pair, unconfirmed
from sqlalchemy import select

from kernel import requests, retention
from kernel.bundle import Receiver, open_beacon
from kernel.exchange import beacons, post
from kernel.exchange.models import BundleIn, BundleOut, BundleOutState
from kernel.exchange.receipts import MAX_TRIES
from kernel.exchange.sealer import Limits
from kernel.messages import BlobRef, Kind, MaterialsDelivered, ProgressReported
from kernel.requests import Answer, Value
from kernel.vocabulary.zones import Stream, Zone


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    yield made
    made.close()


def asked(pair: Pair, kind: str, **body: Value) -> Answer:
    folder = pair.extranet.spool.folder
    request = requests.ask(folder, kind, {"destination": "intranet", **body}, "os:test", 1)
    pair.extranet.exchange.tick()
    said = requests.answered(folder, kind, request)
    assert said is not None
    assert requests.waiting(folder, kind) == ()
    return said


def lost_for_good(name: str) -> bool:
    return name.startswith("review-000000000002")


def exhaust(pair: Pair) -> None:
    """Number 2 of three vanishes as often as it is sent by itself."""
    for number in range(1, 4):
        pair.post_review(number)
        pair.tick()
    for _ in range(4 * (MAX_TRIES + 2)):
        pair.round(lose=lost_for_good)
        pair.clock.advance(timedelta(minutes=2))


def bundle(pair: Pair, sequence: int) -> BundleOut:
    with pair.extranet.database.reading() as session:
        return session.scalars(select(BundleOut).where(BundleOut.sequence == sequence)).one()


def test_after_three_automatic_tries_a_person_is_asked_and_nothing_is_given_up(pair: Pair) -> None:
    exhaust(pair)
    row = bundle(pair, 2)
    assert (row.tries, row.offers) == (MAX_TRIES, MAX_TRIES + 1)
    assert row.exhausted_at is not None
    assert row.name in pair.extranet.spool.kept_names(Zone.INTRANET)


@pytest.mark.parametrize("by", ["name", "range", "case"])
def test_resend_continues_what_was_tried_in_vain(pair: Pair, by: str) -> None:
    exhaust(pair)
    name = bundle(pair, 2).name
    body: dict[str, Value] = {
        "name": {"name": name},
        "range": {"stream": "review", "first": 1, "last": 3},
        "case": {"case_no": "W000000000000002"},
    }[by]  # type: ignore[assignment]  # each of them is a body
    said = asked(pair, "resend", **body)
    assert name in said["offered"]  # type: ignore[operator]  # a list of names
    assert said["not_kept"] == []
    for _ in range(3):
        pair.round()
    assert len(pair.intranet.effects) == 3
    assert unconfirmed(pair.extranet) == 0
    assert asked(pair, "resend", **body)["offered"] == []


@pytest.mark.parametrize(
    "body",
    [{}, {"stream": "review"}, {"stream": "other", "first": 1, "last": 2}, {"destination": "moon"}],
)
def test_unclear_resend_is_refused_in_words(pair: Pair, body: dict[str, Value]) -> None:
    assert asked(pair, "resend", **body)["error"] == "resend_unclear"


def test_resend_of_nothing_says_so(pair: Pair) -> None:
    assert asked(pair, "resend", name="x")["error"] == "resend_nothing"


def test_what_is_no_request_is_removed(pair: Pair) -> None:
    folder = pair.extranet.spool.folder / "requests"
    folder.mkdir()
    (folder / "resend-nonsense.json").write_text("{")
    pair.extranet.exchange.tick()
    assert list(folder.iterdir()) == []


def report(pair: Pair, drill: object) -> Answer:
    return requests.json.loads(
        (pair.extranet.spool.folder / "drills" / f"{drill}.json").read_bytes()
    )


def test_drill_loses_some_on_purpose_and_they_come_by_themselves(pair: Pair) -> None:
    drill = asked(pair, "drill", count=10, bytes=500, lose=3)["drill"]
    pair.post_review(1)
    pair.round()
    first = report(pair, drill)
    assert (first["count"], len(first["withheld"])) == (10, 3)  # type: ignore[arg-type]  # a list
    assert pair.intranet.effects != [], "business does not wait for a rehearsal"
    for _ in range(6):
        pair.round()
    last = report(pair, drill)
    assert (last["confirmed"], last["missing"], last["done"]) == (10, [], True)
    assert last["resent"] == last["withheld"]
    assert len(pair.intranet.effects) == 1, "a rehearsal has no effect"


@pytest.mark.parametrize(
    "body",
    [{"count": 0}, {"count": 2, "lose": 3}, {"count": 1, "bytes": 10**9}, {"count": 10**6}],
)
def test_drill_out_of_bounds_is_refused(pair: Pair, body: dict[str, Value]) -> None:
    assert asked(pair, "drill", **body)["error"] == "drill_invalid"


def test_drill_leaves_the_intranet_in_no_direction(pair: Pair) -> None:
    folder = pair.intranet.spool.folder
    body = {"destination": "extranet", "count": 1, "bytes": 1}
    request = requests.ask(folder, "drill", body, "os:test", 1)
    pair.intranet.exchange.tick()
    said = requests.answered(folder, "drill", request) or {}
    assert said["error"] == "drill_invalid"


def test_short_of_room_everything_but_urgent_waits_and_nothing_is_lost(pair: Pair) -> None:
    free = [2_000]
    marks = retention.DiskMarks(low=5_000, stop=3_000, floor=1_000)
    pair.extranet.exchange._sealer._limits = Limits(marks, lambda _folder: free[0])
    sent = pair.post_review(1)
    pair.round()
    assert (pair.intranet.effects, unconfirmed(pair.extranet)) == ([], 0)
    free[0] = 4_000
    pair.round()
    assert pair.intranet.effects == [sent]


def test_stream_that_cannot_be_sealed_holds_up_no_other(pair: Pair) -> None:
    lost = BlobRef(digest="0" * 64, size=1, media_type="image/png")
    with pair.extranet.database.begin() as session:
        post(
            session,
            origin=Zone.EXTRANET,
            destination=Zone.INTRANET,
            kind=Kind.MATERIALS_DELIVERED,
            body=MaterialsDelivered(case_no="W000000000000009", digests=["0" * 64]),
            case_no=None,
            now=1,
            blobs=[lost],
        )
    asked(pair, "drill", count=1, bytes=1)
    pair.round()
    pair.round()
    with pair.intranet.database.reading() as session:
        assert [row.stream for row in session.scalars(select(BundleIn))] == [Stream.DRILL]


def test_only_urgent_may_use_the_reserve() -> None:
    marks = retention.DiskMarks(low=5, stop=3, floor=1)
    rooms = [marks.room(free) for free in (6, 4, 2, 0)]
    assert rooms == ["plenty", "low", "reserve", "none"]
    assert [retention.may_seal(Stream.URGENT, room) for room in rooms] == [True, True, True, False]
    assert [retention.may_seal(Stream.REVIEW, room) for room in rooms] == [True, True, False, False]
    assert "不会丢失" in retention.held_back(rooms[2]).message


def test_beacons_turn_pages_until_every_unconfirmed_bundle_was_listed(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beacons, "PAGE", 4)
    for number in range(1, 11):
        pair.post_review(number)
        pair.extranet.exchange.tick()
    listed: set[int] = set()
    for _ in range(3):
        pair.clock.advance(timedelta(minutes=2))
        pair.extranet.exchange.tick()
        for path in pair.extranet.spool.ready_folder(Zone.INTRANET).glob("beacon-*"):
            receiver = Receiver(pair.trust, Zone.INTRANET, pair.clock.now())
            (head,) = open_beacon(path.read_bytes(), receiver, path.name).streams
            assert head.unconfirmed_total == 10
            assert len(head.unconfirmed) <= 4
            listed |= {each.sequence for each in head.unconfirmed}
    assert listed == set(range(1, 11))


def test_bundles_stay_kept_for_years_while_no_receipt_covers_them(pair: Pair) -> None:
    pair.post_review(1)
    pair.tick()
    pair.carry(Zone.EXTRANET, Zone.INTRANET, lose=lambda _name: True)
    for _ in range(5):
        pair.clock.advance(timedelta(days=400))
        pair.extranet.exchange.tick()
        pair.extranet.exchange.recover()
    assert len(pair.extranet.spool.kept_names(Zone.INTRANET)) == 1
    assert bundle(pair, 1).state is BundleOutState.CARRIED


def test_messages_of_one_act_stay_in_order(pair: Pair) -> None:
    body = ProgressReported(
        case_no="W000000000000001", step="arrived", label="已到达", zone="intranet", at=1
    )
    with pair.intranet.database.begin() as session:
        sent = [
            post(
                session,
                origin=Zone.INTRANET,
                destination=Zone.EXTRANET,
                kind=Kind.PROGRESS_REPORTED,
                body=body,
                case_no=None,
                now=1,
            )
            for _ in range(5)
        ]
    for _ in range(2):
        pair.round()
    assert pair.extranet.effects == sent
