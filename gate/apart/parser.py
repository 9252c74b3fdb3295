"""Asks the process that decodes, starts it anew when it dies, and ends it when it takes too long.

What it says is a word from a short list or it is not believed: it has read what a foreign network
sent, and may say anything.
"""

import json
import socket
import subprocess
import sys
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gate.apart.worker import READY
from gate.inspection.blobs import Blob
from gate.inspection.content import refusal
from kernel.errors import UnavailableError
from kernel.logs import get_logger

MAX_ANSWER: Final = 512
TRIES: Final = 2
"""A process may be killed for what another did; twice by the same file is the file's doing."""
SECONDS: Final = 60.0
MEMORY_BYTES: Final = 1024 * 1024 * 1024
"""Of address space; the largest picture that is taken needs half of it."""
WORKER: Final = (sys.executable, "-m", "gate.apart.worker")

_STEP: Final = 1024 * 1024
_WORDS: Final = frozenset({"code", "failed", "unavailable"})

log = get_logger(__name__)


class _DiedError(Exception):
    """The process ended without an answer."""


@dataclass(frozen=True, slots=True)
class _Worker:
    process: "subprocess.Popen[bytes]"
    socket: socket.socket


class ApartParser:
    """An :class:`gate.inspection.Inspector` that decodes every blob, in another process."""

    def __init__(
        self,
        seconds: float = SECONDS,
        memory_bytes: int = MEMORY_BYTES,
        command: Sequence[str] = WORKER,
    ) -> None:
        """``seconds`` bound one blob, ``memory_bytes`` the process that ``command`` starts."""
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._command = tuple(command)
        self._worker: _Worker | None = None
        self._finalizer: weakref.finalize[[_Worker], ApartParser] | None = None
        self.started = 0
        """How often the process was started."""

    def inspect(self, blob: Blob) -> None:
        """Refuse the codes ``content_*`` and ``archive_nested``.

        Raises :class:`UnavailableError` when no process can be started (``parser_unavailable``) or
        the file cannot be read: it is judged later.
        """
        for _try in range(TRIES):
            try:
                answer = self._ask(blob)
            except TimeoutError:
                self.close()
                log.warning("gate.parser_slow", blob=blob.digest)
                raise refusal("slow", blob) from None
            except (_DiedError, OSError, ValueError) as error:
                self.close()
                log.warning("gate.parser_died", blob=blob.digest, kind=type(error).__name__)
                continue
            if "failed" in answer:
                log.warning("gate.parser_failed", blob=blob.digest, kind=answer["failed"])
                raise refusal("failed", blob)
            if "code" in answer:
                raise refusal(answer["code"], blob)
            if "unavailable" in answer:
                # Its word alone would let a file hold up all others: what we can read is no excuse.
                _read_through(blob)
                raise refusal("failed", blob)
            return
        raise refusal("failed", blob)

    def close(self) -> None:
        """End the process; the next question starts another."""
        if self._finalizer is not None:
            self._finalizer()
        self._worker = self._finalizer = None

    def _ask(self, blob: Blob) -> dict[str, str]:
        worker = self._worker or self._start()
        question = {"place": blob.place, "size": blob.size, "media_type": blob.media_type}
        socket.send_fds(worker.socket, [json.dumps(question).encode()], [blob.file.fileno()])
        content = worker.socket.recv(MAX_ANSWER)
        if not content:
            raise _DiedError
        answer = json.loads(content)
        if not isinstance(answer, dict) or not all(
            key in _WORDS and isinstance(value, str) and value.isidentifier()
            for key, value in answer.items()
        ):
            raise _DiedError
        return answer

    def _start(self) -> _Worker:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(self._seconds)
        with theirs:
            command = [*self._command, str(theirs.fileno()), str(self._memory_bytes)]
            try:
                # What it has to say about foreign bytes has no place among our log's lines.
                process = subprocess.Popen(
                    command,
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                ours.close()
                raise _unavailable() from error
        self._worker = _Worker(process, ours)
        self._finalizer = weakref.finalize(self, _end, self._worker)
        self.started += 1
        try:
            ready = ours.recv(MAX_ANSWER) == READY
        except OSError:
            ready = False
        if not ready:
            # No file was shown to it yet, so none is to blame.
            log.error("gate.parser_not_ready", ended=process.poll())
            self.close()
            raise _unavailable()
        return self._worker


def _unavailable() -> UnavailableError:
    return UnavailableError("parser_unavailable", "无法启动检查材料的程序，稍后重试")


def _read_through(blob: Blob) -> None:
    with blob.open() as source:
        while source.read(_STEP):
            pass


def _end(worker: _Worker) -> None:
    worker.socket.close()
    worker.process.kill()
    worker.process.wait()
