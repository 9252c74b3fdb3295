"""Malware, by a ClamAV daemon over its socket; what it cannot scan does not pass."""

import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Self

from gate.inspection.blobs import Blob
from kernel.errors import RejectedBundleError

_CHUNK: Final = 256 * 1024
_MAX_REPLY: Final = 4096
_FOUND: Final = re.compile(rb"stream: (.{1,200}) FOUND", re.DOTALL)
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")
_LIMITS: Final = "Heuristics.Limits.Exceeded"
"""What ``AlertExceedsMax`` reports: the scanner gave up, so nothing is known."""


@dataclass(frozen=True, slots=True)
class Clamd:
    """An :class:`gate.inspection.Inspector`; ``seconds`` bounds the scan of one blob."""

    path: Path
    seconds: float = 120.0

    def inspect(self, blob: Blob) -> None:
        """Refuse ``malware_found``; ``scanner_unavailable`` whenever there is no clear answer."""
        try:
            with blob.open() as source:
                reply = self._ask(source)
        except (OSError, EOFError) as error:
            raise _unavailable(blob, "扫描程序没有应答", type(error).__name__) from None
        if reply == b"stream: OK":
            return
        found = _FOUND.fullmatch(reply)
        name = _UNSAFE.sub("", found[1].decode("ascii", "replace"))[:80] if found else ""
        if not found or name.startswith(_LIMITS):
            size = b"size limit" in reply or bool(found)
            raise _unavailable(blob, "超过扫描程序的上限" if size else "扫描程序报错", name)
        raise RejectedBundleError(
            "malware_found",
            f"材料中发现恶意代码 {name}{blob.words}",
            blob=blob.digest,
            signature=name,
        )

    def is_up(self) -> bool:
        """Whether the daemon answers."""
        try:
            with _Talk(self.path, min(self.seconds, 5.0)) as talk:
                talk.send(b"zPING\0")
                return talk.reply() == b"PONG"
        except (OSError, EOFError):
            return False

    def _ask(self, source: BinaryIO) -> bytes:
        with _Talk(self.path, self.seconds) as talk:
            try:
                talk.send(b"zINSTREAM\0")
                while chunk := source.read(_CHUNK):
                    talk.send(len(chunk).to_bytes(4, "big") + chunk)
                talk.send(bytes(4))
            except (BrokenPipeError, ConnectionResetError):
                # Over its limit the daemon says so and hangs up while we still send.
                return talk.reply()
            return talk.reply()


class _Talk:
    """One connection, with one deadline for all of it."""

    def __init__(self, path: Path, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def __enter__(self) -> Self:
        try:
            self._wait()
            self._socket.connect(str(self._path))
        except OSError:
            self._socket.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, content: bytes) -> None:
        self._wait()
        self._socket.sendall(content)

    def reply(self) -> bytes:
        got = b""
        while not got.endswith(b"\0"):
            self._wait()
            piece = self._socket.recv(_MAX_REPLY)
            got += piece
            if not piece or len(got) > _MAX_REPLY:
                raise EOFError
        return got[:-1]

    def _wait(self) -> None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)


def _unavailable(blob: Blob, words: str, cause: str) -> RejectedBundleError:
    return RejectedBundleError(
        "scanner_unavailable",
        f"未能完成恶意代码扫描：{words}{blob.words}",
        blob=blob.digest,
        cause=cause[:80],
    )
