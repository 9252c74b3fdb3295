"""Weeks of loss, duplication, disorder, crashes and lost discs, chosen by Hypothesis."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from unit.exchange.invariants import Watch, require_ending
from unit.exchange.world import EX, NT, Template, World, shuffled

from kernel.vocabulary.zones import Stream, Zone

ZONES = st.sampled_from((EX, NT))
SEEDS = st.integers(0, 2**16)
DEATHS = st.one_of(st.none(), st.integers(1, 30))
"""At which step of the pass that follows the process dies; mostly it does not."""
ROOT = Path("/dev/shm") if Path("/dev/shm").is_dir() else None  # noqa: S108 - speed, not secrecy


class Weeks(RuleBasedStateMachine):
    """``template`` is set by the test before it runs the machine."""

    template: Template

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=ROOT))
        self.world = World(self.template, self.folder)
        self.watch = Watch()
        self.broken = False

    @rule(zone=ZONES, count=st.integers(1, 3), materials=st.booleans())
    def post(self, zone: Zone, count: int, materials: bool) -> None:
        stream = Stream.MATERIALS if materials and zone is EX else Stream.REVIEW
        self.world.post(zone, stream, count)
        self.world.tick(zone)

    @rule(zone=ZONES)
    def work(self, zone: Zone) -> None:
        self.world.tick(zone)

    @rule(zone=ZONES, at=st.integers(1, 40), post=st.booleans())
    def die(self, zone: Zone, at: int, post: bool) -> None:
        if post:
            self.world.post(zone, Stream.REVIEW, 1)
        self.world.tick(zone, at)

    @rule()
    def gate_takes(self) -> None:
        self.world.gate.extend(self.world.take(EX))

    @precondition(lambda self: self.world.gate)
    @rule(
        seed=SEEDS, lost=st.sets(st.integers(0, 30)), twice=st.sets(st.integers(0, 30)), at=DEATHS
    )
    def gate_gives(self, seed: int, lost: set[int], twice: set[int], at: int | None) -> None:
        """In any order, some never, some twice; what is not given now is given later."""
        files = shuffled(self.world.gate, seed)
        now, later = files[: 1 + seed % len(files)], files[1 + seed % len(files) :]
        self.world.gate = later
        for index, file in enumerate(now):
            if index in lost:
                continue
            self.world.deliver(EX, file)
            if index in twice:
                self.world.deliver(EX, file)
        self.world.tick(NT, at)

    @rule()
    def burn(self) -> None:
        disc = self.world.take(NT)
        if disc:
            self.world.discs.append(disc)

    @precondition(lambda self: self.world.discs)
    @rule(
        seed=SEEDS,
        again=st.booleans(),
        unreadable=st.sets(st.integers(0, 10), max_size=3),
        at=DEATHS,
    )
    def read_disc(self, seed: int, again: bool, unreadable: set[int], at: int | None) -> None:
        """Any disc, the late ones too; perhaps only partly, perhaps once more later."""
        disc = self.world.discs[seed % len(self.world.discs)]
        if not again:
            self.world.discs.remove(disc)
        for index, file in enumerate(disc):
            if index not in unreadable:
                self.world.deliver(NT, file)
        self.world.tick(EX, at)

    @precondition(lambda self: self.world.discs)
    @rule(seed=SEEDS)
    def lose_disc(self, seed: int) -> None:
        del self.world.discs[seed % len(self.world.discs)]

    @precondition(lambda self: self.world.old)
    @rule(seed=SEEDS, at=DEATHS)
    def replay(self, seed: int, at: int | None) -> None:
        origin, file = self.world.old[seed % len(self.world.old)]
        self.world.deliver(origin, file)
        self.world.tick(self.world.peer(origin).zone, at)

    @precondition(lambda self: self.world.old)
    @rule(seed=SEEDS, at=st.integers(0, 100_000), cut=st.booleans(), checked=st.booleans())
    def corrupt(self, seed: int, at: int, cut: bool, checked: bool) -> None:
        """A spoilt copy, refused by a carrier, or put past every carrier."""
        origin, file = self.world.old[seed % len(self.world.old)]
        spoilt = self.world.spoil(file, at, cut)
        if checked:
            assert not self.world.deliver(origin, spoilt), "a carrier took a spoilt file"
        elif spoilt[0] not in self._pending(origin):
            self.world.put(origin, spoilt)
            self.world.tick(self.world.peer(origin).zone)
            assert self.world.is_set_aside(origin, spoilt), "I7: a spoilt file is gone"

    def _pending(self, origin: Zone) -> set[str]:
        return {entry.name for entry in self.world.peer(origin).spool.arrivals(origin)}

    @rule(days=st.integers(-1500, 1500))
    def clock_jumps(self, days: int) -> None:
        self.world.clock.jump(timedelta(days=days))

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        try:
            self.watch.require(self.world)
        except AssertionError:
            self.broken = True
            raise

    def teardown(self) -> None:
        try:
            if not self.broken:
                self.world.settle(least=8 if self.world.restored else 1, rounds=40)
                self.watch.require(self.world)
                require_ending(self.world)
        finally:
            self.world.close()
            shutil.rmtree(self.folder)


class Restores(Weeks):
    """The same weeks, with backups that are restored."""

    @rule(zone=ZONES)
    def back_up(self, zone: Zone) -> None:
        self.world.back_up(zone)

    @rule(zone=ZONES, spool=st.booleans())
    def restore(self, zone: Zone, spool: bool) -> None:
        if (self.world.sides[zone].folder / "backup.db").exists():
            self.world.restore(zone, spool=spool)
            self.watch.restored(zone)

    @rule(zone=ZONES, spool=st.booleans(), before=st.integers(0, 2), rounds=st.integers(0, 2))
    def disaster(self, zone: Zone, spool: bool, before: int, rounds: int) -> None:
        """Some wait, a backup is made, more happens on both sides, and then the disk dies."""
        self.world.post(zone, Stream.REVIEW, before)
        self.world.tick(zone)
        self.world.back_up(zone)
        self.world.post(zone, Stream.REVIEW, 1)
        self.world.post(self.world.peer(zone).zone, Stream.REVIEW, 1)
        self.world.settle(rounds=rounds)
        self.watch.require(self.world)
        self.world.restore(zone, spool=spool)
        self.watch.restored(zone)
        self.world.post(zone, Stream.REVIEW, 1)
