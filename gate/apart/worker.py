"""The process that decodes: ``python -m gate.apart.worker HANDLE MEMORY_BYTES``.

It is given open files over a socket, one at a time, and answers one JSON object each: nothing, the
code of what is wrong (``code``), the kind of error that nobody foresaw (``failed``), or that our
own disk cannot be read (``unavailable``). It may take so much memory, write no file, open hardly
any, and ends with whoever started it.
"""

import ctypes
import io
import json
import os
import resource
import signal
import socket
import sys
from typing import BinaryIO, Final, cast

from kernel.durable import disk_errors
from kernel.errors import InvalidValueError, UnavailableError
from kernel.materials import inspect_content

MAX_QUESTION: Final = 512
READY: Final = b"{}"
_PICTURE: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000"
    "000a49444154789c636000000002000148afa4710000000049454e44ae426082"
)
"""One grey point."""
_OPEN_FILES: Final = 64
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_BUFFER: Final = 256 * 1024


class Window(io.RawIOBase):
    """Part of an open file as a file of its own; nothing is copied and no position is shared."""

    def __init__(self, handle: int, start: int, size: int) -> None:
        """Show ``size`` bytes of the file ``handle`` from ``start``."""
        super().__init__()
        self._handle = handle
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The next byte."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go elsewhere, at most to an end."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the start")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # what io gives
        """Fill ``buffer`` from here."""
        view = memoryview(buffer).cast("B")[: max(0, self._size - self._at)]
        if not view:
            return 0
        with disk_errors():
            got = os.preadv(self._handle, [view], self._start + self._at)
        self._at += got
        return got


def window(handle: int, start: int, size: int) -> BinaryIO:
    """The same, read through a buffer."""
    return cast("BinaryIO", io.BufferedReader(Window(handle, start, size), _BUFFER))


def limit(memory_bytes: int) -> None:
    """Take from this process what decoding does not need; it cannot be taken back."""
    for what, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    libc.prctl(_PR_SET_DUMPABLE, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for number in (signal.SIGTERM, signal.SIGINT):
        # A service is stopped with all its processes; the one that asks ends us when it is done.
        signal.signal(number, signal.SIG_IGN)


def judged(handle: int, place: int, size: int, media_type: str) -> dict[str, str]:
    """What is wrong with one file; nothing when it is whole and harmless."""
    try:
        with window(handle, place, size) as source:
            inspect_content(source, size, media_type)
    except InvalidValueError as error:
        return {"code": error.code}
    except UnavailableError as error:
        return {"unavailable": error.code}
    except Exception as error:  # noqa: BLE001  # whatever a parser does with hostile bytes
        return {"failed": type(error).__name__[:40]}
    return {}


def main() -> None:
    """Answer until nobody asks any more."""
    asked = socket.socket(fileno=int(sys.argv[1]))
    limit(int(sys.argv[2]))
    with asked:
        # Whatever a library loads only when it is used is loaded before we say that we are ready:
        # a process that dies of its own start has met no file.
        with io.BytesIO(_PICTURE) as picture:
            inspect_content(picture, len(_PICTURE), "image/png")
        asked.sendall(READY)
        while True:
            content, handles, _flags, _address = socket.recv_fds(asked, MAX_QUESTION, 1)
            if not content:
                return
            question = json.loads(content)
            (handle,) = handles
            try:
                answer = judged(handle, question["place"], question["size"], question["media_type"])
            finally:
                os.close(handle)
            asked.sendall(json.dumps(answer).encode())


if __name__ == "__main__":
    main()
