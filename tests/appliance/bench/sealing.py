"""Sealing, carrying and opening a bundle of one large blob, against ``sha256sum`` and ``cp``.

Both sides end with the bytes on disk (fsync, ``sync``). Each of ours runs in a process of its own,
so that the peak memory is that of the work alone.
"""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from appliance.bench.memory import own_peak_mib
from kernel.bundle import MessageRef, Receipts, Receiver, unpack, verify
from kernel.bundle.seal import BlobSource, BundleDraft, seal
from kernel.keys import TrustStore, entry_text, generate, load
from kernel.materials import MaterialsStore, StoreSink
from kernel.spool import Spool
from kernel.vocabulary.zones import Stream, Zone

MIB: Final = 1024 * 1024
ORIGIN: Final = Zone.EXTRANET
TO: Final = Zone.INTRANET


def prepare(folder: Path, mib: int) -> Path:
    """Keys, trust file and a blob of ``mib`` MiB of random bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = [
        entry_text(keys.public(purpose))
        for zone in (ORIGIN, TO)
        for keys in (generate(zone, folder / zone.value),)
        for purpose in keys.purposes()
    ]
    (folder / "trust.toml").write_text("\n".join(entries), "utf-8")
    blob = folder / "blob"
    with blob.open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(MIB))
        file.flush()
        os.fsync(file.fileno())
    return blob


def peer_seconds(folder: Path) -> tuple[float, str]:
    """How long ``sha256sum``, ``cp`` and ``sync`` of the same bytes take, and the digest."""
    copy = folder / "copy"
    started = time.perf_counter()
    digest = subprocess.check_output(["sha256sum", folder / "blob"], text=True).split()[0]
    subprocess.run(["cp", folder / "blob", copy], check=True)
    subprocess.run(["sync", copy], check=True)
    seconds = time.perf_counter() - started
    copy.unlink()
    return seconds, digest


def run(folder: Path, work: str, digest: str) -> tuple[float, float]:
    """Seconds and peak MiB of one piece of work in a process of its own."""
    printed = subprocess.check_output(
        [sys.executable, "-m", "appliance.bench.sealing", str(folder), work, digest], text=True
    )
    found = json.loads(printed)
    return float(found["seconds"]), float(found["peak_mib"])


def do(folder: Path, work: str, digest: str) -> float:
    """One piece of work; answers its seconds."""
    trust = TrustStore.load(folder / "trust.toml")
    receiver = Receiver(trust, TO, datetime.now(UTC))
    spool = Spool(folder / "spool")
    started = time.perf_counter()
    if work == "seal":
        blob = folder / "blob"
        size = blob.stat().st_size
        source = BlobSource(blob, digest, size, "application/octet-stream")
        draft = BundleDraft(
            ORIGIN, TO, Stream.MATERIALS, "0" * 16, 1, None, 1, Receipts(seen_beacon=0, streams=[])
        )
        refs = [MessageRef(id="0" * 32, kind="materials.delivered")]
        keys = load(ORIGIN, folder / ORIGIN.value)
        with spool.sealing(TO) as part:
            sealed = seal(part.file, draft, refs, [b"{}"], [source], keys, None)
            part.keep(sealed.name)
        spool.offer(TO, sealed.name)
    elif work == "carry":
        name = spool.ready(TO)[0].name
        with spool.open_ready(TO, name) as file, spool.delivering(ORIGIN, name) as copy:
            verify(file, receiver, name, copy)
    else:
        name = spool.arrivals(ORIGIN)[0].name
        keys = load(TO, folder / TO.value)
        store = MaterialsStore(folder / "store")
        with spool.open_arrival(ORIGIN, name) as file, StoreSink(store) as sink:
            unpack(file, receiver, name, keys, sink)
            sink.keep()
    return time.perf_counter() - started


def main() -> None:
    """Entry of the process of one piece of work."""
    seconds = do(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
    sys.stdout.write(json.dumps({"seconds": seconds, "peak_mib": own_peak_mib()}))


if __name__ == "__main__":
    main()
