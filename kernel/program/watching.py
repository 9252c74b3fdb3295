"""Runs a pass again and again: at once on a folder event, and in any case every few seconds.

Events are dropped by the kernel when too many come, and network folders raise none, so they only
make the next pass come earlier; nothing depends on them.
"""

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from kernel.errors import TongbanError
from kernel.logs import get_logger

_SETTLE_SECONDS: Final = 0.2
"""Pause after an event, so that a burst of files is one pass."""
_READING: Final = frozenset({"opened", "closed_no_write"})

log = get_logger(__name__)


class _Hint(FileSystemEventHandler):
    def __init__(self, wake: threading.Event) -> None:
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        # Our own pass reads; only what changes something is a reason for another.
        if event.event_type not in _READING:
            self._wake.set()


def watch(folder: Path, seconds: float, work: Callable[[], object], program: str) -> None:
    """Call ``work`` until SIGTERM or SIGINT; an expected error is logged and the next pass tries.

    A folder that is unmounted under us only stops the hints, never the passes. Log events begin
    with ``program``.
    """

    def event(word: str) -> str:
        return f"{program}.{word}"

    wake, stop = threading.Event(), threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        wake.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    observer = Observer()
    try:
        observer.schedule(_Hint(wake), str(folder), recursive=False)
        observer.start()
    except OSError as error:
        log.warning(event("no_hints"), error=error)
    log.info(event("watching"), folder=str(folder), seconds=seconds)
    while not stop.is_set():
        wake.clear()
        try:
            work()
        except TongbanError as error:
            log.error(event("pass_failed"), error=error)
        except OSError as error:
            # The folder is gone or refuses us: an operator's matter, and it may come back.
            log.error(event("folder_unavailable"), error=error)
        if wake.wait(seconds):
            stop.wait(_SETTLE_SECONDS)
    if observer.is_alive():
        observer.stop()
        observer.join()
    log.info(event("stopped"))
