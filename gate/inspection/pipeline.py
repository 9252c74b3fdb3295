"""The whole inspection of a file, always in this order; what fails first is the reason.

1. size, and a name of ours that matches;
2. signature, and every byte against the signed digests;
3. schema: the header, then every message against its route and the header's list;
4. media type of every blob: allowed, and what its first bytes say;
5. bombs, hidden archives, damage: every blob is decoded within bounds, in a process apart;
6. malware, when a scanner is configured; then whatever else is given.

The bundle lies in one file whose blobs are read in place: memory does not grow with its size. The
blobs of an encrypted bundle can be opened at its destination only; for them the order ends with 2.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, Final, Self

from gate.apart.parser import ApartParser
from gate.inspection.blobs import Blob, Inspector, blobs_of
from gate.inspection.clamd import Clamd
from gate.inspection.content import (
    MEDIA_TYPES,
    Bombs,
    MediaTypes,
    MessagesFound,
    read_messages,
)
from gate.settings import InspectionSettings
from kernel.bundle import Beacon, BeaconName, Receiver, Verified, open_beacon, parse_name, verify
from kernel.bundle.beacon import MAX_BEACON_BYTES
from kernel.bundle.header import MAX_BUNDLE_BYTES
from kernel.durable import open_regular
from kernel.errors import NotFoundError, RejectedBundleError
from kernel.vocabulary.zones import Zone

_NOTHING: Final = MessagesFound({}, ())


@dataclass(frozen=True, slots=True)
class Report:
    """What a file was found to hold: ``bundle`` or ``beacon`` is set, never both."""

    name: str
    size: int
    bundle: Verified | None = None
    beacon: Beacon | None = None
    messages: MessagesFound = field(default=_NOTHING)

    @property
    def origin(self) -> Zone:
        """The zone that signed it."""
        if self.bundle is not None:
            return self.bundle.header.origin
        if self.beacon is None:
            raise ValueError("a report of nothing")
        return self.beacon.origin

    @property
    def is_sealed(self) -> bool:
        """Whether only the destination can look inside."""
        return self.bundle is not None and self.bundle.header.encryption is not None


@dataclass(frozen=True, slots=True)
class Inspection:
    """The inspectors of one side; those of ``further`` come last, each sees every blob.

    ``parser`` decodes: without settings in this process, with them (:meth:`of`) in its own.
    """

    media_types: frozenset[str] = frozenset(MEDIA_TYPES)
    parser: Inspector = field(default_factory=Bombs)
    further: tuple[Inspector, ...] = ()

    @classmethod
    def of(cls, settings: InspectionSettings, further: Iterable[Inspector] = ()) -> Self:
        """As ``settings`` say, and then ``further``."""
        scanners: tuple[Inspector, ...] = ()
        if settings.clamd is not None:
            scanners = (Clamd(settings.clamd, settings.clamd_seconds),)
        parser = ApartParser(settings.parser_seconds, settings.parser_memory_bytes)
        return cls(frozenset(settings.media_types), parser, (*scanners, *further))

    def pass_on(self, source: FileIO, target: BinaryIO, receiver: Receiver, name: str) -> Zone:
        """Copy ``source`` to ``target`` as :func:`kernel.carriage.pass_on`, and inspect the copy.

        ``target`` is a named file on disk. What was inspected is what is kept: nobody else can
        change it any more. Answers the origin; raises :class:`RejectedBundleError`.
        """
        if isinstance(parse_name(name), BeaconName):
            content = source.read(MAX_BEACON_BYTES + 1)
            beacon = open_beacon(content, receiver, name)
            target.write(content)
            return beacon.origin
        verified = verify(source, receiver, name, target)
        target.flush()
        with open_regular(Path(target.name)) as copy:
            self._contents(copy, verified)
        return verified.header.origin

    def inspect(self, path: Path, name: str, receiver: Receiver) -> Report:
        """Inspect the file at ``path`` that is called ``name``.

        Raises :class:`RejectedBundleError` with the code of the first stage that fails.
        """
        size = require_plain(path)
        parsed = parse_name(name)
        try:
            file = open_regular(path)
        except NotFoundError:
            raise _no_file() from None
        with file:
            if isinstance(parsed, BeaconName):
                content = file.read(MAX_BEACON_BYTES + 1)
                return Report(name, size, beacon=open_beacon(content, receiver, name))
            verified = verify(file, receiver, name)
            return Report(name, size, bundle=verified, messages=self._contents(file, verified))

    def _contents(self, file: FileIO, verified: Verified) -> MessagesFound:
        header = verified.header
        if header.encryption is not None or not header.blobs:
            return _NOTHING
        first, *blobs = (blob for _entry, blob in blobs_of(file, header))
        found = read_messages(header, first)
        _each(MediaTypes(self.media_types), blobs)
        _each(self.parser, blobs)
        for inspector in self.further:
            # A scanner sees the messages too: text may be a carrier.
            _each(inspector, [first, *blobs])
        return found


def require_plain(path: Path) -> int:
    """Links, devices and pipes are never opened; a file larger than any bundle is not read.

    Answers the size. Raises :class:`RejectedBundleError`: ``not_a_file``, ``bundle_too_large``.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        raise _no_file() from None
    if not S_ISREG(status.st_mode):
        raise _no_file()
    if status.st_size > MAX_BUNDLE_BYTES:
        raise RejectedBundleError("bundle_too_large", "文件超过交换包允许的大小")
    return status.st_size


def _each(inspector: Inspector, blobs: Iterable[Blob]) -> None:
    for blob in blobs:
        inspector.inspect(blob)


def _no_file() -> RejectedBundleError:
    return RejectedBundleError("not_a_file", "投递目录中出现的不是普通文件")
