"""Running a driver for one reading: docs/spec/window-device-v1.md, part A.

A driver is somebody else's program. It gets one line and its time; what it prints is bounded, read
strictly, and when it is done, or late, everything in its process group is killed.
"""

import base64
import binascii
import contextlib
import json
import os
import secrets
import selectors
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import IO, Final

from pydantic import ValidationError

from extranet_zone.window.agent.settings import DriverSettings
from extranet_zone.window.contract import (
    CONTRACT,
    FILE_NEEDED,
    MAX_DRIVER_FILE,
    MAX_LINE,
    DriverNot,
    DriverOk,
    ReadingKind,
    driver_facts,
)
from kernel.errors import UnavailableError

_PIECE: Final = 64 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class DriverRead:
    """What a driver read."""

    device: str
    simulated: bool
    facts: dict[str, object]
    media_type: str
    content: bytes


def read_device(
    driver: DriverSettings, kind: ReadingKind, reference: bytes | None = None
) -> DriverRead:
    """One reading.

    Raises :class:`UnavailableError`: ``driver_missing``, ``driver_timeout``, ``driver_output``,
    ``driver_answer``, ``driver_nothing`` or ``driver_failed``.
    """
    request_id = secrets.token_hex(16)
    asked: dict[str, object] = {
        "contract": CONTRACT,
        "kind": kind.value,
        "request": request_id,
        "seconds": driver.seconds,
    }
    if reference is not None:
        media_type = "image/png" if reference.startswith(b"\x89PNG") else "image/jpeg"
        content = base64.b64encode(reference).decode()
        asked["reference"] = {"media_type": media_type, "content": content}
    line = _run(driver, json.dumps(asked, ensure_ascii=False).encode() + b"\n")
    return _understood(line, kind, request_id)


def _run(driver: DriverSettings, line: bytes) -> bytes:
    try:
        process = subprocess.Popen(
            driver.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise UnavailableError(
            "driver_missing", f"设备驱动无法启动：{driver.command[0]}"
        ) from error
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a pipe was asked for")
    # A thread, because a driver may answer, or hang, before it has read everything.
    writer = threading.Thread(target=_write, args=(process.stdin, line), daemon=True)
    writer.start()
    try:
        return _first_line(process.stdout, driver.seconds)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        writer.join()
        process.stdout.close()


def _write(pipe: IO[bytes], line: bytes) -> None:
    with contextlib.suppress(OSError), pipe:
        pipe.write(line)


def _first_line(pipe: IO[bytes], seconds: float) -> bytes:
    """What stands before the first line's end; what follows is nobody's."""
    until, said = time.monotonic() + seconds, bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            left = until - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise UnavailableError("driver_timeout", f"设备在 {seconds:g} 秒内没有应答")
            piece = os.read(pipe.fileno(), _PIECE)
            said += piece
            if len(said) > MAX_LINE:
                raise UnavailableError("driver_output", "设备驱动输出过多，已终止")
            if not piece or b"\n" in piece:
                break
    return bytes(said).partition(b"\n")[0]


def _understood(line: bytes, kind: ReadingKind, request_id: str) -> DriverRead:
    wrong = UnavailableError("driver_answer", "设备驱动的应答不符合约定")
    try:
        said = json.loads(line)
        if not isinstance(said, dict):
            raise wrong
        if said.get("status") == "ok":
            return _read(DriverOk.model_validate(said), kind, request_id)
        refused = DriverNot.model_validate(said)
    except (ValidationError, ValueError, RecursionError):
        # The reason would repeat what was read, which is personal.
        raise wrong from None
    if refused.request != request_id:
        raise wrong
    nothing = refused.status == "nothing"
    raise UnavailableError(
        "driver_nothing" if nothing else "driver_failed",
        refused.message or ("设备没有读到内容" if nothing else "设备读取失败"),
    )


def _read(answer: DriverOk, kind: ReadingKind, request_id: str) -> DriverRead:
    """Raises :class:`ValueError` for what the contract does not allow."""
    if answer.request != request_id:
        raise ValueError("the answer to another request")
    driver_facts(kind, answer.facts)
    if answer.file is None:
        if kind in FILE_NEEDED:
            raise ValueError("a picture is missing")
        return DriverRead(answer.device, answer.simulated, answer.facts, "", b"")
    try:
        content = base64.b64decode(answer.file.content, validate=True)
    except binascii.Error:
        raise ValueError("no base64") from None
    if not 0 < len(content) <= MAX_DRIVER_FILE:
        raise ValueError("the picture is too large")
    return DriverRead(
        answer.device, answer.simulated, answer.facts, answer.file.media_type, content
    )
