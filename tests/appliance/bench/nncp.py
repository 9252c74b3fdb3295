"""From outbox to inbox through the gate, against NNCP: ``nncp-file``, ``-xfer`` and ``-toss``.

Both begin with what is to go on the sender's disk, ours as rows of the outbox, theirs as one file
a message, and end with it verified on the receiver's: ours sealed, sent and received by the two
programs, inspected, admitted in order and once. What posting costs, a row and a commit of its own
for each message, belongs to the act that posts; it is measured too. NNCP knows neither order nor
inbox and looks into nothing; what it does more is to encrypt.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from appliance.bench.memory import own_peak_mib
from appliance.bench.zones import Zones
from gate.__main__ import gate
from kernel.clock import SystemClock, now_micros
from kernel.exchange import post
from kernel.messages import BlobRef, Kind, MaterialsDelivered, ReviewRequested
from kernel.vocabulary.zones import Zone

MESSAGES: Final = 10_000
TOSSED: Final = 2_000
"""Small files of the measure of ``nncp-toss`` alone; making them takes most of its time."""
SIDE: Final = 6_000
"""Pixels of a picture's side: 34 MiB, below what a single material may have."""
MIB: Final = 1024 * 1024
_KEY: Final = re.compile(r"(id|exchpub|exchprv|signpub|signprv|noisepub|noiseprv): ([A-Z2-7]+)")
_MAX_PASSES: Final = 1000


@dataclass(frozen=True, slots=True)
class Crossed:
    """Seconds: to post, and then each way; the MiB that went, and our receiver's peak in MiB."""

    post: float
    ours: float
    theirs: float
    mib: float
    peak_mib: float


def small(folder: Path, count: int = MESSAGES) -> Crossed:
    """``count`` messages of a few hundred bytes; ``folder`` is removed."""
    texts = list(_texts(count))
    try:
        post_, ours, peak = _messages(folder / "ours", texts)
        files = folder / "files"
        files.mkdir(parents=True)
        for number, one in enumerate(texts):
            (files / f"{number:08d}").write_bytes(one.model_dump_json().encode())
        theirs = sum(_nncp(folder, files))
        size = sum(path.stat().st_size for path in files.iterdir())
        return Crossed(post_, ours, theirs, size / MIB, peak)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def large(folder: Path, mib: int) -> Crossed:
    """Pictures of ``mib`` MiB together, incompressible; ``folder`` is removed."""
    files = folder / "files"
    files.mkdir(parents=True)
    try:
        noise = random.Random(mib)
        size = 0
        while size < mib * MIB:
            path = files / f"{size:012d}.png"
            picture = Image.frombytes("L", (SIDE, SIDE), noise.randbytes(SIDE * SIDE))
            picture.save(path, "PNG", compress_level=0)
            size += path.stat().st_size
        os.sync()
        post_, ours, peak = _materials(folder / "ours", sorted(files.iterdir()))
        theirs = sum(_nncp(folder, files))
        return Crossed(post_, ours, theirs, size / MIB, peak)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def toss_rate(folder: Path, text: bytes) -> float:
    """Files like ``text`` that ``nncp-toss`` takes in a second; ``folder`` is removed."""
    files = folder / "files"
    files.mkdir(parents=True)
    try:
        for number in range(TOSSED):
            (files / f"{number:08d}").write_bytes(text)
        return TOSSED / _nncp(folder, files)[1]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _texts(count: int) -> Iterator[ReviewRequested]:
    for number in range(count):
        yield ReviewRequested(
            case_no=f"W{number:015d}",
            item_code="transfer-existing",
            item_title="存量房转移登记",
            unit_no="419001001001GB00001F00010001",
            location=f"样例路{number}号",
            applicant="样例",
            registered_area=None,
            accepted_at=0,
            due_at=None,
            materials=[],
        )


def _messages(folder: Path, texts: list[ReviewRequested]) -> tuple[float, float, float]:
    zones = Zones(folder, Zone.EXTRANET, Zone.INTRANET)
    now = now_micros(SystemClock())
    started = time.perf_counter()
    for body in texts:
        with zones.databases[Zone.EXTRANET].begin() as session:
            post(
                session,
                origin=Zone.EXTRANET,
                destination=Zone.INTRANET,
                kind=Kind.REVIEW_REQUESTED,
                body=body,
                case_no=body.case_no,
                now=now,
            )
    posted = time.perf_counter()
    peak = _cross(zones, folder)
    ended = time.perf_counter()
    zones.close(len(texts))
    return posted - started, ended - posted, peak


def _materials(folder: Path, files: list[Path]) -> tuple[float, float, float]:
    zones = Zones(folder, Zone.EXTRANET, Zone.INTRANET)
    now = now_micros(SystemClock())
    started = time.perf_counter()
    for number, path in enumerate(files):
        with path.open("rb") as source:
            stored = zones.stores[Zone.EXTRANET].put(source, path.stat().st_size)
        body = MaterialsDelivered(case_no=f"W{number:015d}", digests=[stored.digest])
        blob = BlobRef(digest=stored.digest, size=stored.size, media_type="image/png")
        with zones.databases[Zone.EXTRANET].begin() as session:
            post(
                session,
                origin=Zone.EXTRANET,
                destination=Zone.INTRANET,
                kind=Kind.MATERIALS_DELIVERED,
                body=body,
                case_no=body.case_no,
                now=now,
                blobs=[blob],
            )
    posted = time.perf_counter()
    peak = _cross(zones, folder)
    ended = time.perf_counter()
    zones.close(len(files))
    return posted - started, ended - posted, peak


def _cross(zones: Zones, folder: Path) -> float:
    """Seal, send, receive, admit; answers the receiver's peak in MiB."""
    drop = folder / "drop"
    drop.mkdir()
    for side, zone in (("send", Zone.EXTRANET), ("receive", Zone.INTRANET)):
        (folder / f"{side}.toml").write_text(
            f'side = "{side}"\norigin = "extranet"\ndestination = "intranet"\n'
            f'[spool]\nfolder = "{zone.value}"\n[drop]\nfolder = "drop"\n'
            f'[trust]\nfile = "{zones.trust_file.name}"\n[log]\nlevel = "warning"\n'
        )
    sealing = zones.exchanges[Zone.EXTRANET]
    for _pass in range(_MAX_PASSES):
        if not sealing.tick().sealed:
            break
    _gate("send", folder)
    peak = _gate("receive", folder)
    zones.exchanges[Zone.INTRANET].tick()
    return peak


def _gate(side: str, folder: Path) -> float:
    """One pass of a side in a process of its own; its peak in MiB."""
    said = subprocess.check_output(
        [sys.executable, "-m", "appliance.bench.nncp", side, str(folder / f"{side}.toml")]
    )
    return float(json.loads(said.splitlines()[-1])["peak_mib"])


def _nncp(folder: Path, files: Path) -> tuple[float, float]:
    """Every file to another node, one ``nncp-file`` each, and out of its inbox by ``nncp-toss``."""
    here, there, carried = folder / "here", folder / "there", folder / "carried"
    incoming = folder / "incoming"
    for each in (here, there, carried, incoming):
        each.mkdir()
    keys = {node: _keys() for node in ("here", "there")}
    configs = {node: folder / f"{node}.hjson" for node in keys}
    for node, peer in (("here", "there"), ("there", "here")):
        public = ("id", "exchpub", "signpub", "noisepub")
        neighbours = {
            "self": {name: keys[node][name] for name in public},
            "peer": {name: keys[peer][name] for name in public} | {"incoming": str(incoming)},
        }
        spool = str(folder / node)
        said = {"spool": spool, "log": f"{spool}/log", "self": keys[node], "neigh": neighbours}
        configs[node].write_text(json.dumps(said))
    names = "\n".join(str(path) for path in sorted(files.iterdir()))
    started = time.perf_counter()
    _call(configs["here"], "xargs", "-I{}", "nncp-file", "-quiet", "{}", "peer:", given=names)
    _call(configs["here"], "nncp-xfer", "-quiet", "-mkdir", "-tx", str(carried))
    _call(configs["there"], "nncp-xfer", "-quiet", "-rx", str(carried))
    sent = time.perf_counter()
    _call(configs["there"], "nncp-toss", "-quiet")
    seconds = sent - started, time.perf_counter() - sent
    came = len(list(incoming.iterdir()))
    if came != len(names.splitlines()):
        raise RuntimeError(f"nncp: {came} of {len(names.splitlines())} files arrived")
    return seconds


def _keys() -> dict[str, str]:
    made = subprocess.check_output(["nncp-cfgnew", "-nocomments"], text=True)
    return dict(_KEY.findall(made))


def _call(config: Path, *command: str, given: str = "") -> None:
    subprocess.run(
        command,
        input=given,
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "NNCPCFG": str(config)},
    )


def main() -> None:
    """Entry of one side's process."""
    gate([sys.argv[1], "--once", "--json", "--settings", sys.argv[2]], standalone_mode=False)
    sys.stdout.write("\n" + json.dumps({"peak_mib": own_peak_mib()}))


if __name__ == "__main__":
    main()
