"""A sound or a light after an automatic reading, where the settings name one; never a shell.

A machine room has no desktop: a command plays a sound, a file such as a LED's ``brightness`` gets
``1``. What fails here is logged and changes nothing about the reading.
"""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from ferry.settings import SignalSettings
from kernel.logs import get_logger

log = get_logger(__name__)


def give(settings: SignalSettings, *, good: bool) -> None:
    """Say by light and sound whether a medium was admitted whole; it ends in bounded time."""
    for light, on in ((settings.good_light, good), (settings.bad_light, not good)):
        if light is not None:
            _light(light, on=on)
    command = settings.good_command if good else settings.bad_command
    if command is not None:
        _run(command, settings.seconds)


def _light(path: Path, *, on: bool) -> None:
    try:
        # Neither made when missing nor waited for: it is a device's file, or a mistake.
        handle = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.write(handle, b"1\n" if on else b"0\n")
        finally:
            os.close(handle)
    except OSError as error:
        log.warning("ferry.light_failed", path=str(path), error=error)


def _run(command: list[str], seconds: float) -> None:
    try:
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as running:
            try:
                code = running.wait(seconds)
            except subprocess.TimeoutExpired:
                # With all it started: a player may have children of its own.
                with suppress(ProcessLookupError):
                    os.killpg(running.pid, signal.SIGKILL)
                code = None
    except OSError as error:
        log.warning("ferry.signal_failed", program=command[0], error=error)
        return
    if code != 0:
        log.warning("ferry.signal_failed", program=command[0], code=code)
