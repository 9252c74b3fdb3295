"""A full disc, written with proof and read, against ``xorriso`` and ``sha256sum`` of the same data.

Theirs writes an image and hashes it back, then extracts it and hashes the files; neither signs,
repairs, decides or keeps a ledger.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Final

from appliance.ferryman import Ferrymen, Start, as_program
from ferry.settings import DVD_BYTES
from kernel.bundle import MessageRef, Receipts
from kernel.bundle.seal import BlobSource, BundleDraft, seal
from kernel.keys import TrustStore, entry_text, generate, generate_station
from kernel.keys.trust import Purpose
from kernel.spool import Spool
from kernel.vocabulary.zones import Stream, Zone

MIB: Final = 1024 * 1024
BUNDLE_MIB: Final = 256
FULL_MIB: Final = 15 * BUNDLE_MIB
"""With its repair region it fills a DVD of 4.7 GB, as far as whole bundles do."""
BD_BYTES: Final = 24_220_008_448
"""A disc that takes whatever is measured."""
ORIGIN: Final = Zone.INTRANET
TO: Final = Zone.EXTRANET


def prepare(
    folder: Path,
    mib: int,
    *,
    bundle_mib: int = BUNDLE_MIB,
    capacity: int = BD_BYTES,
    start: Start = as_program,
) -> Ferrymen:
    """Both stations, and a spool full of bundles that wait."""
    folder.mkdir(parents=True)
    keys = {zone: generate(zone, folder / "keys" / zone.value) for zone in (ORIGIN, TO)}
    public = [one.public(purpose) for one in keys.values() for purpose in one.purposes()]
    public.append(generate_station(ORIGIN, folder / "keys" / "carry.key"))
    (folder / "trust.toml").write_text("\n".join(entry_text(key) for key in public), "utf-8")
    disc = folder / "disc.iso"
    for side, zone in (("export", ORIGIN), ("ingest", TO)):
        station = '[station]\nkey = "keys/carry.key"\n' if side == "export" else ""
        (folder / f"{side}.toml").write_text(
            f'side = "{side}"\norigin = "intranet"\ndestination = "extranet"\n'
            f'[spool]\nfolder = "{zone.value}"\n[state]\nfolder = "state-{side}"\n'
            f'[medium]\ndevice = "{disc}"\ncapacity = {capacity}\n'
            f'[trust]\nfile = "trust.toml"\n{station}'
        )
    trust = TrustStore.load(folder / "trust.toml")
    spool, previous = Spool(folder / ORIGIN.value), None
    blob = folder / "blob"
    with blob.open("wb") as file:
        for _ in range(bundle_mib):
            file.write(os.urandom(MIB))
    digest = subprocess.check_output(["sha256sum", blob], text=True).split()[0]
    source = BlobSource(blob, digest, bundle_mib * MIB, "application/octet-stream")
    # One content serves them all: every bundle is encrypted with a key of its own.
    for sequence in range(1, mib // bundle_mib + 1):
        said = Receipts(seen_beacon=0, streams=[])
        draft = BundleDraft(
            ORIGIN, TO, Stream.MATERIALS, "0" * 16, sequence, previous, sequence, said
        )
        refs = [MessageRef(id=f"{sequence:032x}", kind="materials.delivered")]
        recipient = trust.current(TO, Purpose.RECEIVE, datetime.now(UTC))
        with spool.sealing(TO) as part:
            sealed = seal(part.file, draft, refs, [b"{}"], [source], keys[ORIGIN], recipient)
            part.keep(sealed.name)
        spool.offer(TO, sealed.name)
        previous = sealed.digest
    blob.unlink()
    subprocess.run(["sync"], check=True)
    files = (folder / "export.toml", folder / "ingest.toml", disc, folder / "passphrase")
    people = Ferrymen(*files, start=start)
    people.prepare()
    return people


def measure(folder: Path, mib: int = FULL_MIB) -> dict[str, tuple[float, float]]:
    """Seconds, ours and theirs, for ``write`` and ``read``; and the peak MiB of our commands."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        people = prepare(folder, mib, capacity=DVD_BYTES)
        ready = folder / ORIGIN.value / "out" / TO.value / "ready"
        files = folder / "files"
        files.mkdir()
        for path in ready.iterdir():
            os.link(path, files / path.name)
        image = folder / "theirs.iso"
        theirs_write = _seconds(lambda: _their_write(files, image))
        ours_write = _seconds(lambda: _our_write(people))
        theirs_read = _seconds(lambda: _their_read(image, folder / "extracted"))
        ours_read = _seconds(lambda: _our_read(people))
        peak = getrusage(RUSAGE_CHILDREN).ru_maxrss / 1024
        return {
            "disc-write": (ours_write, theirs_write),
            "disc-read": (ours_read, theirs_read),
            "peak": (peak, peak),
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _our_write(people: Ferrymen) -> None:
    written = people.write("基准")
    if written is None or written["left"]:
        raise RuntimeError(f"the disc was not written whole: {written}")


def _our_read(people: Ferrymen) -> None:
    found = people.run("ingest", side="ingest")
    if found["refused"]:
        raise RuntimeError(f"the disc was not read whole: {json.dumps(found)}")


def _their_write(files: Path, image: Path) -> None:
    _xorriso("-outdev", f"stdio:{image}", "-map", str(files), "/", "-commit")
    subprocess.run(["sync", image], check=True)
    subprocess.run(["sha256sum", image], check=True, stdout=subprocess.DEVNULL)


def _their_read(image: Path, target: Path) -> None:
    _xorriso("-osirrox", "on", "-indev", f"stdio:{image}", "-extract", "/", str(target))
    names = [str(path) for path in sorted(target.iterdir())]
    subprocess.run(["sync", *names], check=True)
    subprocess.run(["sha256sum", *names], check=True, stdout=subprocess.DEVNULL)


def _xorriso(*arguments: str) -> None:
    subprocess.run(["xorriso", *arguments], check=True, capture_output=True)


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
