"""File names of bundles and beacons: ordered by stream and sequence, bound to their digest."""

import re
from dataclasses import dataclass
from typing import Final, Protocol

from kernel.errors import RejectedBundleError
from kernel.vocabulary.zones import Stream

SEQUENCE_DIGITS: Final = 12
_STREAMS: Final = "|".join(stream.value for stream in Stream)
_BUNDLE: Final = re.compile(rf"({_STREAMS})-([0-9]{{12}})-([0-9a-f]{{64}})\.tar")
_BEACON: Final = re.compile(r"beacon-([0-9]{12})-([0-9a-f]{64})\.json")


class _Numbered(Protocol):
    @property
    def stream(self) -> Stream: ...

    @property
    def sequence(self) -> int: ...


@dataclass(frozen=True, slots=True)
class BundleName:
    """``<stream>-<sequence>-<digest>.tar``; the sequence has 12 digits."""

    stream: Stream
    sequence: int
    digest: str

    def __str__(self) -> str:
        return f"{self.stream.value}-{self.sequence:0{SEQUENCE_DIGITS}d}-{self.digest}.tar"

    @property
    def order(self) -> tuple[int, int]:
        """Sorts the most urgent stream first, then by sequence."""
        return (self.stream.priority, self.sequence)


@dataclass(frozen=True, slots=True)
class BeaconName:
    """``beacon-<counter>-<digest>.json``; the digest is of the file."""

    counter: int
    digest: str

    def __str__(self) -> str:
        return f"beacon-{self.counter:0{SEQUENCE_DIGITS}d}-{self.digest}.json"

    @property
    def order(self) -> tuple[int, int]:
        """Beacons come after every bundle, so that what they promise has gone before them."""
        return (len(Stream), self.counter)


def parse_name(name: str) -> BundleName | BeaconName:
    """What a file name says.

    Raises :class:`RejectedBundleError` with code ``name_invalid``.
    """
    if match := _BUNDLE.fullmatch(name):
        return BundleName(Stream(match[1]), int(match[2]), match[3])
    if match := _BEACON.fullmatch(name):
        return BeaconName(int(match[1]), match[2])
    raise RejectedBundleError("name_invalid", "文件名不是交换包或信标的名称")


def bundle_name(header: _Numbered, digest: str) -> str:
    """The file name of a bundle."""
    return str(BundleName(header.stream, header.sequence, digest))
