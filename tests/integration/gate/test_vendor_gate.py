"""Claims about a vendor's gate and its habits: what it loses is repaired, repeated or a gap."""

import io
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from integration.exchange.pair import Pair
from integration.gate.vendor import VendorGate
from PIL import Image

from gate.admit import Admitted, DropScanner
from gate.carry import Sender, Sent
from gate.flow import Flow
from gate.pieces.cut import Cutter
from gate.pieces.gather import Bounds, Gatherer
from gate.repeat import Repeats
from gate.settings import FlowSettings, RepeatSettings
from kernel.vocabulary.zones import Stream, Zone

PATIENCE = 600.0
PIECE = 8192


def noise(size: int) -> bytes:
    """A picture of about ``size`` bytes that nothing can compress."""
    side = int(size**0.5)
    target = io.BytesIO()
    Image.frombytes("L", (side, side), random.Random(size).randbytes(side * side)).save(
        target, "png"
    )
    return target.getvalue()


@dataclass(slots=True)
class Crossing:
    """Extranet and intranet, a folder on each side, the vendor's gate between."""

    pair: Pair
    gate: VendorGate
    repeat: RepeatSettings | None = None
    max_name: int = 255
    max_drop_files: int = 10_000

    def sender(self) -> Sender:
        spool, clock = self.pair.extranet.spool, self.pair.clock
        cutter = Cutter(PIECE, 20, 4, spool.folder / "tmp", self.max_name)
        repeats = self.repeat and Repeats(spool, Zone.INTRANET, self.repeat, clock)
        settings = FlowSettings(max_drop_files=self.max_drop_files)
        flow = Flow(settings, spool.folder, clock, time.sleep)
        trust = self.pair.trust
        return Sender(
            spool, self.gate.out, trust, Zone.INTRANET, clock, flow, cutter, repeats or None
        )

    def send(self) -> Sent:
        return self.sender().send_ready()

    def scanner(self, bounds: Bounds | None = None) -> DropScanner:
        spool = self.pair.intranet.spool
        return DropScanner(
            self.gate.into,
            spool,
            self.pair.trust,
            Zone.EXTRANET,
            Zone.INTRANET,
            self.pair.clock,
            gatherer=Gatherer(spool.folder / "pieces", bounds or Bounds(), self.pair.clock),
            patience_seconds=PATIENCE,
        )

    def post(self, count: int, bytes_each: int = 0) -> list[str]:
        sent = []
        for number in range(1, count + 1):
            picture = noise(bytes_each) if bytes_each else None
            sent.append(self.pair.post_review(number, picture))
            self.pair.extranet.exchange.tick()
        return sent

    def effects(self) -> list[str]:
        self.pair.intranet.exchange.tick()
        return self.pair.intranet.effects

    def codes(self) -> list[str]:
        return [item.code for item in self.pair.intranet.spool.quarantined()]


@pytest.fixture
def crossing(tmp_path: Path) -> Iterator[Crossing]:
    pair = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    for name in ("out", "into"):
        (tmp_path / name).mkdir()
    yield Crossing(pair, VendorGate(tmp_path / "out", tmp_path / "into", random.Random(7)))
    pair.close()


def scans(scanner: DropScanner, gate: VendorGate, rounds: int = 4) -> list[Admitted]:
    """The gate moves and the receiver looks, in turn."""
    found = []
    for _ in range(rounds):
        gate.round()
        found += [scanner.scan(), scanner.scan()]
    return found


def test_every_harmless_habit_at_once_loses_nothing(crossing: Crossing) -> None:
    gate = crossing.gate
    gate.renames_late, gate.stalls, gate.twice = 0.3, 0.3, 0.3
    sent = crossing.post(12, 40_000)
    crossing.send()
    scans(crossing.scanner(), gate)
    assert sorted(crossing.effects()) == sorted(sent)
    assert crossing.codes() == []
    assert gate.lost == []
    assert list(gate.into.iterdir()) == []


def test_a_large_file_survives_the_loss_of_four_pieces_of_a_group(crossing: Crossing) -> None:
    (sent,) = crossing.post(1, 150_000)
    crossing.send()
    pieces = sorted(path for path in crossing.gate.out.iterdir() if path.suffix == ".tbp")
    assert len(pieces) == 23
    for path in pieces[3:7]:
        path.unlink()
    found = scans(crossing.scanner(), crossing.gate)
    assert sum(one.repaired for one in found) == 1
    assert crossing.effects() == [sent]
    assert crossing.codes() == []


def test_a_fifth_lost_piece_is_a_gap_that_the_next_sending_closes(crossing: Crossing) -> None:
    (sent,) = crossing.post(1, 150_000)
    crossing.send()
    pieces = sorted(path for path in crossing.gate.out.iterdir() if path.suffix == ".tbp")
    for path in pieces[3:8]:
        path.unlink()
    scanner = crossing.scanner()
    scans(scanner, crossing.gate)
    assert crossing.effects() == []
    spool = crossing.pair.extranet.spool
    for name in spool.kept_names(Zone.INTRANET):
        spool.offer(Zone.INTRANET, name)
    crossing.send()
    for path in sorted(crossing.gate.out.iterdir()):
        if path.suffix == ".tbp" and path != pieces[5]:
            path.unlink()
    # One of the five is enough: what came the first time was kept.
    scans(scanner, crossing.gate)
    assert crossing.effects() == [sent]


def test_a_truncated_piece_is_like_a_lost_one(crossing: Crossing) -> None:
    (sent,) = crossing.post(1, 150_000)
    crossing.send()
    pieces = sorted(path for path in crossing.gate.out.iterdir() if path.suffix == ".tbp")
    for path in pieces[:4]:
        path.write_bytes(path.read_bytes()[:-100])
    scanner = crossing.scanner()
    scans(scanner, crossing.gate)
    assert crossing.effects() == [sent]
    crossing.pair.clock.advance(timedelta(seconds=PATIENCE + 1))
    scans(scanner, crossing.gate)
    # The four that never became whole are set aside or, their file being done, taken and dropped.
    assert set(crossing.codes()) <= {"truncated"}
    assert list(crossing.gate.into.iterdir()) == []


def test_a_piece_that_was_changed_is_set_aside_and_the_others_suffice(crossing: Crossing) -> None:
    (sent,) = crossing.post(1, 150_000)
    crossing.send()
    piece = sorted(path for path in crossing.gate.out.iterdir() if path.suffix == ".tbp")[2]
    content = bytearray(piece.read_bytes())
    content[-5] ^= 1
    piece.write_bytes(content)
    scans(crossing.scanner(), crossing.gate)
    assert crossing.effects() == [sent]
    assert crossing.codes() in ([], ["piece_digest"])


def test_a_gate_that_allows_short_names_and_small_files_only(crossing: Crossing) -> None:
    crossing.max_name = crossing.gate.max_name = 25
    crossing.gate.max_bytes = 20_000
    sent = crossing.post(3, 60_000)
    crossing.send()
    scans(crossing.scanner(), crossing.gate)
    assert crossing.gate.lost == []
    assert crossing.effects() == sent


def test_pieces_that_came_before_a_crash_are_not_lost(crossing: Crossing) -> None:
    (sent,) = crossing.post(1, 150_000)
    crossing.send()
    held = sorted(crossing.gate.out.iterdir())[10:]
    for path in held:
        path.rename(path.with_name(f"{path.name}.part"))
    scans(crossing.scanner(), crossing.gate)
    assert crossing.effects() == []
    for path in held:
        path.with_name(f"{path.name}.part").rename(path)
    scans(crossing.scanner(), crossing.gate)
    assert crossing.effects() == [sent]
    assert not list((crossing.pair.intranet.spool.folder / "pieces").glob("*-*"))


def test_a_file_made_whole_before_a_crash_is_taken_over_after_it(crossing: Crossing) -> None:
    (sent,) = crossing.post(1, 150_000)
    crossing.send()
    spool = crossing.pair.intranet.spool
    gatherer = Gatherer(spool.folder / "pieces", Bounds(), crossing.pair.clock)
    crossing.gate.round()
    for path in sorted(crossing.gate.into.glob("*.tbp")):
        with path.open("rb", buffering=0) as source:
            gathered = gatherer.take(source, path.name)
        path.unlink()
        if gathered.file is not None:
            break
    crossing.scanner().scan()
    assert crossing.effects() == [sent]


def test_half_of_a_file_that_a_dead_receiver_left_is_no_file(crossing: Crossing) -> None:
    (sent,) = crossing.post(1, 150_000)
    crossing.send()
    held = sorted(crossing.gate.out.glob("*.tbp"))[10:]
    for path in held:
        path.rename(path.with_name(f"{path.name}.part"))
    scanner = crossing.scanner()
    scans(scanner, crossing.gate)
    assert scanner.gatherer is not None
    (home,) = scanner.gatherer.incomplete()
    (home / "whole").mkdir()
    (home / "whole" / ".0123.part").write_bytes(b"half")
    assert scans(scanner, crossing.gate)[-1].quarantined == 0
    for path in held:
        path.with_name(f"{path.name}.part").rename(path)
    scans(crossing.scanner(), crossing.gate)
    assert crossing.codes() == []
    assert crossing.effects() == [sent]


def test_late_pieces_are_dropped_and_a_file_sent_again_later_is_made_again(
    crossing: Crossing,
) -> None:
    (sent,) = crossing.post(1, 150_000)
    scanner, spool = crossing.scanner(), crossing.pair.extranet.spool

    def again() -> int:
        for name in spool.kept_names(Zone.INTRANET):
            spool.offer(Zone.INTRANET, name)
        crossing.send()
        found = scans(scanner, crossing.gate)
        assert scanner.gatherer is not None
        assert scanner.gatherer.incomplete() == []
        return sum(one.files for one in found)

    assert again() > 0
    assert crossing.effects() == [sent]
    crossing.pair.clock.advance(timedelta(minutes=50))
    assert again() == 0
    crossing.pair.clock.advance(timedelta(minutes=50))
    assert again() == 1
    assert crossing.effects() == [sent]


def test_pieces_are_waited_for_so_long_and_then_given_up(crossing: Crossing) -> None:
    crossing.post(1, 150_000)
    crossing.send()
    for path in sorted(crossing.gate.out.glob("*.tbp"))[:10]:
        path.unlink()
    scanner = crossing.scanner(Bounds(seconds=0))
    (bundle,) = [
        name for name in crossing.pair.extranet.spool.kept_names(Zone.INTRANET)
        if name.startswith(Stream.MATERIALS.value)
    ] or [None]  # fmt: skip
    crossing.pair.clock.jump(timedelta(days=20_000))
    found = scans(scanner, crossing.gate, 1)
    given_up = [name for one in found for name in one.given_up]
    assert len(given_up) == 1
    assert bundle is None or given_up == [bundle]


def test_files_that_wait_for_pieces_are_bounded(crossing: Crossing) -> None:
    crossing.post(3, 150_000)
    crossing.send()
    scanner = crossing.scanner(Bounds(files=1))
    for path in sorted(crossing.gate.out.glob("*.tbp"))[::2]:
        path.unlink()
    scans(scanner, crossing.gate, 2)
    assert scanner.gatherer is not None
    assert len(scanner.gatherer.incomplete()) == 1
    assert set(crossing.codes()) == {"piece_bounds"}


def test_what_is_not_confirmed_goes_again_by_plan_and_what_is_does_not(crossing: Crossing) -> None:
    crossing.repeat = RepeatSettings(review_seconds=(300, 3600))
    (sent,) = crossing.post(1)
    crossing.send()
    crossing.gate.empty()
    assert crossing.send().repeats == 0
    crossing.pair.clock.advance(timedelta(seconds=301))
    # A new process each time: the plan lies on the disk.
    assert crossing.send().repeats == 1
    assert crossing.send().repeats == 0
    scans(crossing.scanner(), crossing.gate)
    assert crossing.effects() == [sent]
    spool = crossing.pair.extranet.spool
    for name in spool.kept_names(Zone.INTRANET):
        spool.release(Zone.INTRANET, name)
    crossing.pair.clock.advance(timedelta(hours=2))
    assert crossing.send().repeats == 0


def test_repetitions_keep_to_their_share(crossing: Crossing) -> None:
    crossing.repeat = RepeatSettings(review_seconds=(1,), share=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gate.repeat.FREE_BYTES", 0)
        crossing.post(1)
        crossing.send()
        crossing.pair.clock.advance(timedelta(seconds=60))
        assert crossing.send().repeats == 0


def test_a_full_folder_takes_the_pieces_of_a_file_bit_by_bit(crossing: Crossing) -> None:
    crossing.max_drop_files = 10
    (sent,) = crossing.post(1, 150_000)
    sender, scanner = crossing.sender(), crossing.scanner()
    assert sender.send_ready().held > 0
    for _ in range(6):
        scans(scanner, crossing.gate, 1)
        sender.send_ready()
    scans(scanner, crossing.gate, 2)
    assert crossing.effects() == [sent]


@pytest.mark.slow
def test_twenty_thousand_files_at_once_all_arrive(crossing: Crossing) -> None:
    (sent,) = crossing.post(1)
    crossing.send()
    (bundle,) = [path for path in crossing.gate.out.iterdir() if path.suffix == ".tar"]
    for number in range(20_000):
        (crossing.gate.into / f"{number:012d}.foreign").write_bytes(b"")
    scanner = crossing.scanner()
    scanner.patience_seconds = 0
    bundle.rename(crossing.gate.into / bundle.name)
    for _ in range(6):
        scanner.scan()
    assert crossing.effects() == [sent]
    assert list(crossing.gate.into.iterdir()) == []
