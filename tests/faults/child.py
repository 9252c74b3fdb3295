"""Runs steps in a forked process: everything is imported already, so a run costs milliseconds.

A traced child waits until strace holds it; only then do system calls count.
"""

import os
import subprocess
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from faults.planted import plant
from faults.way import WAYS
from faults.world import World

CALLS: Final = (
    "openat,creat,write,pwrite64,writev,fsync,fdatasync,ftruncate,fallocate,rename,renameat,"
    "renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,sendfile,copy_file_range"
)
BUG: Final = 99
"""Exit code of a child out of which a bare exception came."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: its exit code (negative: the signal), what it said, what strace saw."""

    code: int
    said: str
    trace: str


def run(
    world: World, steps: Sequence[str], *, inject: str | None = None, planted: str | None = None
) -> Ended:
    """Run ``steps`` in ``world`` until the first that fails.

    ``inject`` is strace's expression of one fault, or ``""`` to trace alone.
    """
    said, trace = Path(f"{world.folder}.said"), Path(f"{world.folder}.trace")
    hold, go = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        os.close(go)
        _child(world, steps, said, hold, planted)
    os.close(hold)
    tracer = (
        _attach(child, trace, inject, WAYS[world.carrier].threads) if inject is not None else None
    )
    os.write(go, b"g")
    os.close(go)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if tracer is not None:
        tracer.wait(60)
    ended = Ended(
        code,
        said.read_text("utf-8", "replace") if said.exists() else "",
        trace.read_text("utf-8", "replace") if tracer is not None else "",
    )
    said.unlink(missing_ok=True)
    trace.unlink(missing_ok=True)
    return ended


def _attach(child: int, trace: Path, inject: str, threads: bool) -> subprocess.Popen[str]:
    command = ["strace", "-y", "-s", "0", "-p", str(child), "-o", str(trace)]
    command += ["-f"] if threads else []
    command += ["-e", f"trace={CALLS}"]
    if inject:
        command += ["-e", f"inject={inject}"]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    line = tracer.stderr.readline()
    if "attached" not in line:
        raise RuntimeError(f"strace does not trace here: {line}")
    # What strace says later goes nowhere; its pipe must not fill up.
    return tracer


def _child(world: World, steps: Sequence[str], said: Path, hold: int, planted: str | None) -> None:
    code, way = BUG, WAYS[world.carrier]
    try:
        output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.stdout = open(1, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
        sys.stderr = open(2, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
        if planted is not None:
            for name in planted.split("+"):
                plant(name, way.planted)
        os.read(hold, 1)
        for step in steps:
            code = way.steps[step](world)
            if code:
                break
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        code = BUG
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                code = code or BUG
        os._exit(code)
