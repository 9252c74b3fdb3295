"""A vendor's gate as scripts know it: it moves files between two folders, and has habits."""

import os
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

HALF = 2


@dataclass(slots=True)
class VendorGate:
    """Moves everything from ``out`` to ``into``; each habit concerns a share of the files.

    ``renames_late`` brings a file under another name first; ``truncates`` cuts one and forgets the
    rest; ``stalls`` writes half of it and the rest in the next round; ``twice`` brings it again a
    round later; ``drops`` loses it without a word.
    """

    out: Path
    into: Path
    chance: random.Random
    renames_late: float = 0
    truncates: float = 0
    stalls: float = 0
    twice: float = 0
    drops: float = 0
    max_name: int = 255
    max_bytes: int = 1 << 40
    lost: list[str] = field(default_factory=list)
    _late: list[tuple[Path, Path]] = field(default_factory=list)
    _rest: list[tuple[Path, bytes]] = field(default_factory=list)
    _again: list[tuple[str, bytes]] = field(default_factory=list)

    def round(self) -> None:
        """Move what lies there, in any order."""
        for before, after in self._late:
            before.rename(after)
        for path, rest in self._rest:
            with path.open("ab") as file:
                file.write(rest)
        for name, content in self._again:
            (self.into / name).write_bytes(content)
        self._again, self._late, self._rest = [], [], []
        found = [path for path in self.out.iterdir() if not path.name.endswith(".part")]
        self.chance.shuffle(found)
        for path in found:
            self._move(path)

    def _does(self, share: float) -> bool:
        return self.chance.random() < share

    def _move(self, path: Path) -> None:
        content = path.read_bytes()
        path.unlink()
        too_much = len(path.name) > self.max_name or len(content) > self.max_bytes
        if too_much or self._does(self.drops):
            self.lost.append(path.name)
            return
        target = self.into / path.name
        if self._does(self.truncates):
            self.lost.append(path.name)
            target.write_bytes(content[: self.chance.randrange(len(content))])
        elif self._does(self.stalls):
            half = len(content) // HALF
            target.write_bytes(content[:half])
            self._rest.append((target, content[half:]))
        elif self._does(self.renames_late):
            before = self.into / f"{path.name}.ferrying"
            before.write_bytes(content)
            self._late.append((before, target))
        else:
            target.write_bytes(content)
        # Its own clock, which nobody has set.
        if target.exists():
            os.utime(target, (self.chance.randrange(2**31), self.chance.randrange(2**31)))
        if self._does(self.twice):
            self._again.append((path.name, content))

    def empty(self) -> None:
        """Lose everything that lies there."""
        shutil.rmtree(self.out)
        self.out.mkdir()
