"""Export: what waits in the spool goes onto a medium, which is read back before anything counts.

1. every waiting file is verified while the plan is made; a damaged one stays behind and is named;
2. what fits one medium is staged by hard links, with a manifest and a note people can read;
3. xorriso writes one closed session;
4. every file is read back from the medium and its digest compared;
5. only then is it marked as carried, and the ledger says so.

A crash anywhere before 5 leaves everything waiting; the next medium carries it, and what then comes
twice has one effect.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from ferry.ledger import Event, Ledger, LedgerLine
from ferry.medium import DiscReader, opened
from ferry.settings import FerrySettings
from ferry.xorriso import SECTOR, list_files, write_image
from kernel.bundle import BeaconName, Receiver
from kernel.carriage import pass_on
from kernel.clock import Clock, beijing_text, from_micros, now_micros
from kernel.errors import NotFoundError, RefusedError, RejectedBundleError, UnavailableError
from kernel.keys import TrustStore
from kernel.logs import get_logger
from kernel.spool import Entry, Spool
from kernel.vocabulary.zones import Zone

LABEL_PREFIX: Final = "TONGBAN_"
FOLDER: Final = "bundles"
MEDIUM_PREFIX: Final = "JY"
_RESERVE: Final = 4 * 1024 * 1024
"""Room for directories, the note and padding."""
_READ_SIZE: Final = 1024 * 1024

log = get_logger(__name__)
Progress = Callable[[str, float], None]
"""Called with a step's Chinese name and per cent."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A verified file that goes on the medium, with the SHA-256 of its bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes on the next medium, what must wait for another, what is damaged."""

    files: tuple[Planned, ...]
    left: int
    damaged: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """Bytes of the files that go."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class Exported:
    """A medium that was written and proved by reading back."""

    medium: str
    label: str
    device: str
    files: int
    bytes: int
    left: int
    damaged: tuple[str, ...]
    manifest_sha256: str


def plan(
    settings: FerrySettings,
    spool: Spool,
    trust: TrustStore,
    clock: Clock,
    stage: Path | None = None,
) -> Plan:
    """Verify what waits and choose what fits, the most urgent first; beacons always fit.

    With ``stage`` every chosen file is linked into that folder too: it stays there although the
    exchange may withdraw it from the spool meanwhile. Bundles never change under their name.
    """
    to = Zone(settings.destination)
    receiver = Receiver(trust, to, clock.now())
    room = settings.medium.capacity - _RESERVE
    files: list[Planned] = []
    damaged: list[str] = []
    left = 0
    waiting = spool.ready(to)
    # The beacon is small and says what everything else is about: it goes in any case.
    for entry in sorted(waiting, key=lambda item: not isinstance(item.parsed, BeaconName)):
        if _on_medium(entry.size) > room:
            left += 1
            continue
        try:
            sha256 = _verified_digest(spool, to, entry, receiver)
            if stage is not None:
                os.link(spool.ready_folder(to) / entry.name, stage / entry.name)
        except (NotFoundError, FileNotFoundError):
            continue  # Withdrawn meanwhile: an older beacon, a confirmed bundle.
        except RejectedBundleError as error:
            log.error("ferry.spool_damaged", file=entry.name, error=error)
            damaged.append(entry.name)
            continue
        room -= _on_medium(entry.size)
        files.append(Planned(entry.name, entry.size, sha256))
    return Plan(tuple(files), left, tuple(damaged))


def export(
    settings: FerrySettings, trust: TrustStore, clock: Clock, progress: Progress
) -> Exported:
    """Write one medium.

    Raises :class:`RefusedError` (``nothing_to_export``) and :class:`UnavailableError`
    (``medium_…``, ``disk_full``, ``readback_failed``): then the medium is worthless and everything
    still waits.
    """
    spool = Spool(settings.spool.folder)
    progress("核验待摆渡文件", 0)
    with _staging(spool) as stage:
        return _export_staged(settings, trust, clock, progress, stage)


def _export_staged(
    settings: FerrySettings, trust: TrustStore, clock: Clock, progress: Progress, stage: Path
) -> Exported:
    spool, to = Spool(settings.spool.folder), Zone(settings.destination)
    chosen = plan(settings, spool, trust, clock, stage / FOLDER)
    if not chosen.files:
        raise RefusedError("nothing_to_export", "没有待摆渡的内容")
    ledger = Ledger(settings.state.folder)
    medium = ledger.next_medium(MEDIUM_PREFIX)
    manifest = _manifest(medium, settings, chosen, now_micros(clock))
    digest = hashlib.sha256(manifest).hexdigest()

    def note(event: Event, text: str = "") -> None:
        ledger.append(
            LedgerLine(
                medium=medium,
                event=event,
                at=now_micros(clock),
                files=len(chosen.files),
                bytes=chosen.bytes,
                digest=digest,
                note=text,
            )
        )

    note("started")
    try:
        (stage / "MANIFEST.json").write_bytes(manifest)
        (stage / "摆渡交接说明.txt").write_bytes(_note_text(medium, settings, chosen, clock))
        write_image(
            stage,
            settings.medium.device,
            LABEL_PREFIX + medium,
            settings.medium.write_timeout_seconds,
            lambda percent: progress("写出介质", percent),
        )
        _read_back(settings.medium.device, chosen, progress)
    except UnavailableError as error:
        note("failed", error.code)
        raise
    for file in chosen.files:
        spool.carried(to, file.name)
    note("written")
    log.info("ferry.exported", medium=medium, files=len(chosen.files), size=chosen.bytes)
    return Exported(
        medium,
        LABEL_PREFIX + medium,
        str(settings.medium.device),
        len(chosen.files),
        chosen.bytes,
        chosen.left,
        chosen.damaged,
        digest,
    )


def _on_medium(size: int) -> int:
    return -(-size // SECTOR) * SECTOR + SECTOR


class _Digest:
    """A target that only remembers the SHA-256 of what it is given."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def write(self, chunk: memoryview) -> None:
        self.digest.update(chunk)


def _verified_digest(spool: Spool, to: Zone, entry: Entry, receiver: Receiver) -> str:
    target = _Digest()
    with spool.open_ready(to, entry.name) as source:
        pass_on(source, target, receiver, entry.name)
    return target.digest.hexdigest()


def _manifest(medium: str, settings: FerrySettings, chosen: Plan, at: int) -> bytes:
    return json.dumps(
        {
            "format": "tongban-medium/0",
            "medium": medium,
            "origin": settings.origin,
            "destination": settings.destination,
            "created": at,
            "files": [asdict(file) for file in chosen.files],
        },
        ensure_ascii=False,
        indent=1,
    ).encode()


def _note_text(medium: str, settings: FerrySettings, chosen: Plan, clock: Clock) -> bytes:
    origin, to = Zone(settings.origin), Zone(settings.destination)
    when = beijing_text(from_micros(now_micros(clock)))
    return (
        f"摆渡交接说明\n\n介质编号：{medium}\n方向：{origin.label} → {to.label}\n"
        f"写出时间：{when}（北京时间）\n文件：{len(chosen.files)} 个，共 {chosen.bytes} 字节\n\n"
        "本盘内容已加密，只能由接收网的不动产登记系统读取。请勿在其他计算机上打开或复制。\n"
        "如拾获本盘，请交还不动产登记机构。\n"
    ).encode()


@contextmanager
def _staging(spool: Spool) -> Iterator[Path]:
    """A folder that will look like the medium; it holds hard links, so it costs no space."""
    folder = spool.part()
    try:
        (folder / FOLDER).mkdir(parents=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _read_back(device: Path, chosen: Plan, progress: Progress) -> None:
    """Step 4. Raises :class:`UnavailableError` with code ``readback_failed``."""
    failed = UnavailableError("readback_failed", "回读比对不一致，介质作废，请换一张重刻")
    try:
        found = {Path(file.path).name: file for file in list_files(device).files}
    except RejectedBundleError as error:
        raise failed from error
    total, done = max(1, chosen.bytes), 0
    with opened(device) as handle:
        for file in chosen.files:
            on_disc = found.get(file.name)
            if on_disc is None or on_disc.size != file.size:
                raise failed
            digest, reader = hashlib.sha256(), DiscReader(handle, on_disc)
            while chunk := reader.read(_READ_SIZE):
                digest.update(chunk)
                done += len(chunk)
                progress("回读比对", done * 100 / total)
            if digest.hexdigest() != file.sha256:
                raise failed
