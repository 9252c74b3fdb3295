"""How much room is left for what must be kept, and what may still be sealed into it.

Bundles are kept until they are receipted, so the disk is the limit of how long a destination may be
silent. Below the low mark people are warned; below the stop mark only ``urgent`` is sealed, from a
reserve that nothing else may use; everything else waits in the outbox, and nothing is lost.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kernel.errors import UnavailableError
from kernel.vocabulary.zones import Stream

MIB = 1024 * 1024


class Room(StrEnum):
    """How the disk stands."""

    PLENTY = "plenty"
    LOW = "low"
    RESERVE = "reserve"
    """Only the reserve for ``urgent`` is left."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class DiskMarks:
    """Free bytes below which something changes; ``floor`` is what nothing may use."""

    low: int = 10_240 * MIB
    stop: int = 1_024 * MIB
    floor: int = 128 * MIB

    def room(self, free: int) -> Room:
        """How ``free`` bytes are to be judged."""
        if free < self.floor:
            return Room.NONE
        if free < self.stop:
            return Room.RESERVE
        return Room.LOW if free < self.low else Room.PLENTY


NO_MARKS = DiskMarks(0, 0, 0)
"""Nothing changes before the disk is full."""

FreeBytes = Callable[[Path], int]


def free_bytes(folder: Path) -> int:
    """What the filesystem of ``folder`` has left for us."""
    return shutil.disk_usage(folder).free


def may_seal(stream: Stream, room: Room) -> bool:
    """Whether bundles of ``stream`` may still be made."""
    if room is Room.RESERVE:
        return stream is Stream.URGENT
    return room is not Room.NONE


def held_back(room: Room) -> UnavailableError:
    """What to tell when something waits for room."""
    words = (
        "磁盘空间到达下限，仅封装紧急流，其余消息留在发件箱等待，不会丢失"
        if room is Room.RESERVE
        else "磁盘空间耗尽，全部消息留在发件箱等待，不会丢失"
    )
    return UnavailableError("disk_reserve", words)
