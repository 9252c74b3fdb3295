"""The one-way link against ``pydiode`` and ``udpcast --async``: time to deliver, and completeness.

All three cross the same pair of namespaces, whose counters must show the loss that was asked for.
The receivers listen before the clock starts. Our sender is a service that waits for files: the
clock starts when a file lies in the drop folder. The peers' senders are commands: theirs starts
when one is given.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from appliance.link import RECEIVER_ADDRESS, SENDER_ADDRESS, Loss, OneWay, one_way
from appliance.link_ends import Ends

FRAME: Final = 1500
MIB: Final = 1024 * 1024
CASES: Final = {
    "no loss": Loss(),
    "0.1 %": Loss(random=1),
    "1 %": Loss(random=10),
    "5 %": Loss(random=50),
    "bursts of 100": Loss(burst=100),
    "bursts of 300": Loss(burst=300),
    "lost start": Loss(start_bytes=100 * FRAME),
}
_PACE: Final = 130_000_000
_BITRATES: Final = ("800m", "500m", "300m")
"""Tried for udpcast in turn until one delivers; pydiode keeps its own default of 1 Gb/s."""
_PATIENCE: Final = 15.0
"""Seconds after the sender has ended."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """Seconds until everything had arrived; None when it never did."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of loss: what each tool made of it, and our receiver's peak in MiB."""

    ours: Crossing
    pydiode: Crossing
    udpcast: Crossing
    peak_mib: float


def measure(mib: int, names: list[str]) -> dict[str, Case]:
    """Every named case with ``mib`` MiB of random data."""
    folder = Path(tempfile.mkdtemp(prefix="tongban-link-"))
    try:
        content = folder / "content"
        with content.open("wb") as file:
            for _ in range(mib):
                file.write(os.urandom(MIB))
        return {name: _case(folder, content, CASES[name]) for name in names}
    finally:
        shutil.rmtree(folder)


def _case(folder: Path, content: Path, loss: Loss) -> Case:
    # What one tool has written must not be flushed while the next one's clock runs.
    os.sync()
    # New namespaces each time: fragments that wait in the kernel outlive a run.
    with one_way() as link:
        ours, peak = _ours(link, Path(tempfile.mkdtemp(dir=folder)), content, loss)
        _require_loss(link, loss)
    os.sync()
    with one_way() as link:
        link.lose(loss)
        pydiode = _pydiode(link, Path(tempfile.mkdtemp(dir=folder)), content)
        _require_loss(link, loss)
    udpcast = Crossing(None)
    for bitrate in _BITRATES:
        os.sync()
        with one_way() as link:
            link.lose(loss)
            udpcast = _udpcast(link, Path(tempfile.mkdtemp(dir=folder)), content, bitrate)
            _require_loss(link, loss)
        if udpcast.seconds is not None:
            break
    return Case(ours, pydiode, udpcast, peak)


def _require_loss(link: OneWay, loss: Loss) -> None:
    frames, lost = link.sent_and_lost()
    if not frames or (lost > 0) != (loss != Loss()):
        raise RuntimeError(f"the link lost {lost} of {frames} frames, which was not asked for")


def _ours(link: OneWay, folder: Path, content: Path, loss: Loss) -> tuple[Crossing, float]:
    ends = Ends(link, folder, f"[pace]\nbytes_per_second = {_PACE}\n")
    name = f"materials-{1:012d}-{'0' * 64}.tar"
    with ends.receiving() as receiver, ends.sending():
        # The first hello has gone; what is lost from the start is the start of the file.
        time.sleep(1)
        link.lose(loss)
        started = time.perf_counter()
        os.link(content, ends.drop / name)
        seconds = _arrival(ends.landing / name, content, started)
        status = Path(f"/proc/{receiver.pid}/status").read_text("utf-8")
        if link.came_back():
            raise RuntimeError("our receiver has sent something")
    return Crossing(seconds), int(status.split("VmHWM:")[1].split()[0]) / 1024


def _pydiode(link: OneWay, folder: Path, content: Path) -> Crossing:
    program = [str(Path(sys.executable).with_name("pydiode"))]
    target = folder / "received"
    listening = [*program, "receive", RECEIVER_ADDRESS]
    with target.open("wb") as out, _running(link.inside(link.receiver, *listening), out) as peer:
        time.sleep(1)
        started = time.perf_counter()
        with content.open("rb") as source:
            subprocess.run(
                link.inside(link.sender, *program, "send", RECEIVER_ADDRESS, SENDER_ADDRESS),
                stdin=source, stderr=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        return Crossing(_end(peer, target, content, started))


def _udpcast(link: OneWay, folder: Path, content: Path, bitrate: str) -> Crossing:
    target = folder / "received"
    listening = ["udp-receiver", "--interface", "wire", "--nokbd", "--file", str(target)]
    with _running(link.inside(link.receiver, *listening), subprocess.DEVNULL) as peer:
        time.sleep(1)
        started = time.perf_counter()
        subprocess.run(
            link.inside(
                link.sender, "udp-sender", "--async", "--fec", "8x16/128", "--max-bitrate",
                bitrate, "--interface", "wire", "--nokbd", "--autostart", "1", "--file",
                str(content),
            ),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        return Crossing(_end(peer, target, content, started))


@contextmanager
def _running(command: list[str], out: object) -> Iterator["subprocess.Popen[bytes]"]:
    program = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)  # type: ignore[call-overload]  # a file or a constant
    try:
        yield program
    finally:
        if program.poll() is None:
            program.kill()
        program.wait()


def _end(
    peer: "subprocess.Popen[bytes]", target: Path, content: Path, started: float
) -> float | None:
    """When the peer's receiver ended with everything; None when it did not, or not everything."""
    try:
        peer.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        return None
    seconds = time.perf_counter() - started
    return seconds if target.exists() and _digest(target) == _digest(content) else None


def _arrival(target: Path, content: Path, started: float) -> float | None:
    until = time.perf_counter() + _PATIENCE
    while not target.exists():
        if time.perf_counter() > until:
            return None
        time.sleep(0.005)
    seconds = time.perf_counter() - started
    return seconds if _digest(target) == _digest(content) else None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
