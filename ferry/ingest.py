"""Ingest: a medium's files are verified while they are read, and admitted one by one.

Nothing on the medium is believed: names must be those of bundles and beacons, sizes are bounded,
every byte is checked against a signature. A file that is not perfect is copied to quarantine with
its code, and the next one is not affected. A medium pulled out meanwhile can simply be read again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from ferry.export import FOLDER, LABEL_PREFIX
from ferry.ledger import Ledger, LedgerLine
from ferry.medium import DiscReader, opened
from ferry.settings import FerrySettings
from ferry.xorriso import DiscFile, Listing, list_files
from kernel.bundle import Receiver, parse_name
from kernel.bundle.header import MAX_BUNDLE_BYTES
from kernel.carriage import pass_on
from kernel.clock import Clock, now_micros
from kernel.errors import RejectedBundleError, TongbanError
from kernel.keys import TrustStore
from kernel.logs import get_logger
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone

CARRIER: Final = "ferry"
MAX_EVIDENCE_BYTES: Final = 64 * 1024 * 1024
"""How much of a bad file is kept as evidence; the medium itself holds the rest."""
_OWN_FILES: Final = frozenset({"/MANIFEST.json", "/摆渡交接说明.txt"})
_READ_SIZE: Final = 1024 * 1024

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Refused:
    """A file of the medium that was set aside."""

    name: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a medium."""

    label: str
    admitted: int
    bytes: int
    refused: tuple[Refused, ...]


def ingest(
    settings: FerrySettings,
    device: Path,
    trust: TrustStore,
    clock: Clock,
    progress: Callable[[str, float], None],
) -> Ingested:
    """Read the medium in ``device`` once and admit what is good.

    Raises :class:`RejectedBundleError` when the medium as a whole is none of ours (``medium_…``)
    and :class:`kernel.errors.UnavailableError` when it cannot be read or our disk is full; what was
    admitted before stays admitted, and reading it again is harmless.
    """
    spool, ledger = Spool(settings.spool.folder), Ledger(settings.state.folder)
    receiver = Receiver(trust, Zone(settings.destination), clock.now())
    label = device.name
    digest = hashlib.sha256()
    files = done = 0
    refused: list[Refused] = []
    try:
        listing = list_files(device)
        label = listing.label[:64]
        wanted = _wanted(listing)
        total = max(1, sum(file.size for file in wanted))
        with opened(device) as handle:
            for file in wanted:
                name = PurePosixPath(file.path).name
                digest.update(f"{name} {file.size}\n".encode())
                found = _take(spool, settings, receiver, handle, file, now_micros(clock))
                done += file.size
                progress(name[:40], done * 100 / total)
                if found is None:
                    files += 1
                else:
                    refused.append(found)
    except TongbanError as error:
        ledger.append(_line(label, "refused", clock, files, done, digest.hexdigest(), error.code))
        raise
    event = "ingested" if not refused else "refused"
    codes = ",".join(sorted({item.code for item in refused}))
    ledger.append(_line(label, event, clock, files, done, digest.hexdigest(), codes))
    log.info("ferry.ingested", label=label, admitted=files, refused=len(refused))
    return Ingested(label, files, done, tuple(refused))


def _line(
    label: str, event: str, clock: Clock, files: int, size: int, digest: str, note: str
) -> LedgerLine:
    return LedgerLine(
        medium=label.removeprefix(LABEL_PREFIX),
        event="ingested" if event == "ingested" else "refused",
        at=now_micros(clock),
        files=files,
        bytes=size,
        digest=digest,
        note=note,
    )


def _wanted(listing: Listing) -> list[DiscFile]:
    """The medium's files in the order they must be admitted.

    Raises :class:`RejectedBundleError` with code ``medium_foreign`` for a medium that is not ours:
    another label, or anything on it but what an export writes.
    """
    if not listing.label.startswith(LABEL_PREFIX):
        raise RejectedBundleError("medium_foreign", "这不是不动产登记系统写出的介质")
    bundles: list[DiscFile] = []
    for file in listing.files:
        if file.path in _OWN_FILES:
            continue
        if PurePosixPath(file.path).parent != PurePosixPath("/") / FOLDER:
            raise RejectedBundleError("medium_foreign", "介质上有不属于摆渡内容的文件，整盘拒收")
        bundles.append(file)
    return sorted(bundles, key=lambda file: _order(PurePosixPath(file.path).name))


def _order(name: str) -> tuple[int, int, str]:
    try:
        return (*parse_name(name).order, name)
    except RejectedBundleError:
        # Admission will refuse it; the good files go first.
        return (1_000_000, 0, name)


def _take(
    spool: Spool,
    settings: FerrySettings,
    receiver: Receiver,
    handle: int,
    file: DiscFile,
    at: int,
) -> Refused | None:
    """Admit one file, or set a copy aside and say why."""
    origin = Zone(settings.origin)
    name = PurePosixPath(file.path).name
    try:
        if file.size > MAX_BUNDLE_BYTES:
            raise RejectedBundleError("bundle_too_large", "文件超过交换包允许的大小")
        own = str(parse_name(name))
        with spool.delivering(origin, own) as target:
            found = pass_on(DiscReader(handle, file), target, receiver, own)
            if found is not origin:
                raise RejectedBundleError("wrong_origin", "文件不是从声明的来源网送达的")
    except RejectedBundleError as error:
        _keep_evidence(spool, handle, file, error, at)
        log.warning("ferry.quarantined", file=name[:120], error=error)
        return Refused(name, error.code, error.message)
    return None


def _keep_evidence(
    spool: Spool, handle: int, file: DiscFile, error: RejectedBundleError, at: int
) -> None:
    """Copy what can be read of a bad file into quarantine, under its own name."""
    folder = spool.part()
    folder.mkdir()
    copy = folder / (PurePosixPath(file.path).name[:200] or "unnamed")
    reader, left = DiscReader(handle, file), MAX_EVIDENCE_BYTES
    try:
        with copy.open("xb") as target:
            while left > 0 and (chunk := reader.read(min(_READ_SIZE, left))):
                target.write(chunk)
                left -= len(chunk)
        spool.quarantine(copy, error, CARRIER, at)
    finally:
        copy.unlink(missing_ok=True)
        folder.rmdir()
