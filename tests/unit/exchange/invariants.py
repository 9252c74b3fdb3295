"""What must hold after every step, whatever happened: I1 to I8 of the fault model."""

import json
from base64 import b64decode

from unit.exchange.world import Side, World

from kernel.audit import verify_chain
from kernel.bundle import BundleName, parse_name
from kernel.errors import RejectedBundleError
from kernel.vocabulary.zones import Stream, Zone


class Watch:
    """Remembers what must never go back."""

    def __init__(self) -> None:
        self._heads: dict[tuple[Zone, object, object], int] = {}
        self._epochs: dict[tuple[Zone, object], list[object]] = {}

    def require(self, world: World) -> None:
        for zone, side in world.sides.items():
            origin = world.peer(zone)
            _effects_once_and_in_order(side, origin, world.forgotten)
            _effects_are_audited(side)
            _nothing_posted_is_forgotten(side, origin, world)
            _receipts_are_true(side)
            _gaps_are_named(side, origin)
            if not world.restored:
                # A restored database knows less, and late bundles of a left epoch are dropped.
                _files_add_up(side, world.delivered[zone])
            self._nothing_goes_back(side)

    def restored(self, zone: Zone) -> None:
        """A backup may go back, this once and on record."""
        self._heads = {key: last for key, last in self._heads.items() if key[0] is not zone}
        self._epochs = {key: all_ for key, all_ in self._epochs.items() if key[0] is not zone}

    def _nothing_goes_back(self, side: Side) -> None:
        """I8: within an epoch numbers only grow, and an epoch that was left never returns."""
        heads = side.rows("SELECT 'to ' || destination, stream, epoch, sequence FROM stream_out")
        heads += side.rows("SELECT 'from ' || origin, stream, epoch, sequence FROM stream_in")
        for way, stream, epoch, sequence in heads:
            key = (side.zone, f"{way} {stream}")
            known = self._epochs.setdefault(key, [])
            if epoch not in known:
                known.append(epoch)
            assert known[-1] == epoch, "I8: an old epoch came back"
            before = self._heads.get((*key, epoch), 0)
            assert int(str(sequence)) >= before, "I8: a sequence went back"
            self._heads[(*key, epoch)] = int(str(sequence))


def require_ending(world: World) -> None:
    """After a fair ending everything has its effect, and both sides know."""
    for zone, side in world.sides.items():
        origin = world.peer(zone)
        wanted = {message for _stream, message in origin.posted}
        found = [str(row[0]) for row in side.rows("SELECT message FROM effect")]
        assert len(set(found)) == len(found), "something had its effect twice"
        assert wanted - world.forgotten <= set(found) <= wanted, "not everything arrived"
        opened = side.rows("SELECT name FROM bundle_out WHERE state IN ('sealed', 'carried')")
        assert opened == [], "receipts do not balance"
        assert side.spool.kept_names(origin.zone) == set(), "something is kept for nothing"
        with side.database.reading() as session:
            assert verify_chain(session).intact


def _effects_once_and_in_order(side: Side, origin: Side, forgotten: set[str]) -> None:
    """I1 and I4: only what was posted has effects, once, in its stream's order."""
    effects = [str(row[0]) for row in side.rows("SELECT message FROM effect ORDER BY n")]
    assert len(set(effects)) == len(effects), "I1: an effect happened twice"
    posted = {message for _stream, message in origin.posted}
    assert posted.issuperset(effects), "I4: an effect nobody signed for"
    for stream in Stream:
        known = {message for where, message in origin.posted if where is stream}
        left_out = forgotten.difference(effects)
        wanted = [message for _where, message in origin.posted if message in known - left_out]
        found = [message for message in effects if message in known]
        assert found == wanted[: len(found)], "I1: effects out of order"


def _effects_are_audited(side: Side) -> None:
    """I5."""
    effects = side.rows("SELECT message FROM effect ORDER BY message")
    records = side.rows("SELECT object_id FROM audit_record WHERE act='effect' ORDER BY object_id")
    assert effects == records, "I5: effects and audit records differ"


def _nothing_posted_is_forgotten(side: Side, peer: Side, world: World) -> None:
    """I2: a committed message waits, or is open and kept, or its receipt is true."""
    rows = side.rows("SELECT id, bundle FROM outbox_message")
    posted = {message for _stream, message in side.posted}
    assert {str(row[0]) for row in rows} == posted - world.forgotten
    bundles = {
        row[0]: row[1:]
        for row in side.rows(
            "SELECT b.digest, b.name, b.state, s.state FROM bundle_out b JOIN stream_out s"
            " ON s.destination = b.destination AND s.stream = b.stream"
        )
    }
    kept = side.spool.kept_names(peer.zone)
    applied = {row[0] for row in peer.rows("SELECT digest FROM bundle_in")}
    for _message, bundle in rows:
        if bundle is None:
            continue
        assert bundle in bundles, "I2: a message lies in no bundle"
        name, state, stream = bundles[bundle]
        if stream == "reconciling":
            continue
        if state == "confirmed":
            assert bundle in applied or peer.zone in world.restored, (
                "I2: confirmed, yet never applied"
            )
        else:
            assert name in kept, "I2: unconfirmed and not kept"


def _receipts_are_true(side: Side) -> None:
    """I6: what a published beacon says was applied is in the database."""
    applied = {row[0] for row in side.rows("SELECT digest FROM bundle_in")}
    for path in side.folder.glob("spool/out/*/ready/beacon-*.json"):
        said = json.loads(b64decode(json.loads(path.read_bytes())["payload"]))
        for receipt in said["receipts"]["streams"]:
            assert receipt["head"] is None or receipt["head"] in applied, "I6: a false receipt"


def _gaps_are_named(side: Side, origin: Side) -> None:
    """I3: every number promised by a beacon is applied, present, or named as missing."""
    with side.database.reading() as session:
        said = side.exchange.receipts_for(session, origin.zone)
    rows = side.rows("SELECT stream, promised FROM stream_in")
    promised = {str(stream): int(str(highest)) for stream, highest in rows}
    present: dict[Stream, set[int]] = {stream: set() for stream in Stream}
    for entry in side.spool.arrivals(origin.zone):
        if isinstance(entry.parsed, BundleName):
            present[entry.parsed.stream].add(entry.parsed.sequence)
    for receipt in said.streams:
        if receipt.closed_for is not None:
            # Its origin seals again what this epoch still misses.
            continue
        known = present[receipt.stream].union(
            *(range(first, last + 1) for first, last in receipt.gaps)
        )
        beyond = range(receipt.contiguous + 1, promised[receipt.stream.value] + 1)
        assert known.issuperset(beyond), "I3: a missing number is not named"


def _files_add_up(side: Side, delivered: set[str]) -> None:
    """I7: what came in was applied, is pending, or is set aside."""
    applied = {str(row[0]) for row in side.rows("SELECT name FROM bundle_in")}
    pending = {path.name for path in side.folder.glob("spool/in/*/*")}
    aside = {found.name for found in side.spool.quarantined(10_000)}
    assert delivered <= applied | pending | aside, "I7: a file is gone"


def is_ours(name: str) -> bool:
    try:
        parse_name(name)
    except RejectedBundleError:
        return False
    return True
