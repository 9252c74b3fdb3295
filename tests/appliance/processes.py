"""Starts the programs of the appliance, starts them again when they die, and stops them all.

This plays systemd on one machine: ``Restart=always``, logs to files, one stop signal for everybody.
Only processes started here are ever signalled, by their own process id.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

STOP_SECONDS: Final = 15
RESTART_SECONDS: Final = 0.3
LOG_LIMIT: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Program:
    """One long-running process: ``name`` for people, arguments after the interpreter."""

    name: str
    arguments: tuple[str, ...]


@dataclass(slots=True)
class _Running:
    program: Program
    process: subprocess.Popen[bytes]
    starts: int = 1
    stopping: bool = False


@dataclass(slots=True)
class Supervisor:
    """Keeps every program running until :meth:`stop`."""

    logs: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    _running: dict[str, _Running] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closing: threading.Event = field(default_factory=threading.Event)
    _watcher: threading.Thread | None = None

    def start(self, program: Program) -> None:
        """Start ``program`` and watch it."""
        with self._lock:
            self._running[program.name] = _Running(program, self._spawn(program))
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
            self._watcher.start()

    def names(self) -> list[str]:
        """Every program's name, in order of start."""
        return list(self._running)

    def pid(self, name: str) -> int:
        """The present process id of a program."""
        return self._running[name].process.pid

    def starts(self, name: str) -> int:
        """How often a program was started so far."""
        return self._running[name].starts

    def kill(self, name: str) -> int:
        """``kill -9`` a program and every child of it; the watcher starts it again."""
        with self._lock:
            running = self._running[name]
            os.killpg(running.process.pid, signal.SIGKILL)
            running.process.wait()
            return running.process.pid

    def pause(self, name: str) -> None:
        """Stop a program and leave it stopped until :meth:`resume`."""
        with self._lock:
            running = self._running[name]
            running.stopping = True
            _end(running.process)

    def resume(self, name: str) -> None:
        """Start a paused program again."""
        with self._lock:
            running = self._running[name]
            running.process = self._spawn(running.program)
            running.starts += 1
            running.stopping = False

    def tail(self, name: str, lines: int = 20) -> str:
        """The last log lines of a program."""
        path = self._log(name)
        if not path.exists():
            return ""
        return "\n".join(path.read_text("utf-8", "replace").splitlines()[-lines:])

    def stop(self) -> None:
        """Stop every program: first politely, after 15 seconds by force."""
        self._closing.set()
        if self._watcher is not None:
            self._watcher.join()
        with self._lock:
            for running in self._running.values():
                running.stopping = True
                if running.process.poll() is None:
                    running.process.send_signal(signal.SIGTERM)
            for running in self._running.values():
                _end(running.process)

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        path = self._log(program.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".old.log"))
        with path.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *program.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                # Its own group: Ctrl-C reaches only us, and kill() reaches its workers too.
                start_new_session=True,
            )

    def _log(self, name: str) -> Path:
        return self.logs / f"{name.replace(' ', '-')}.log"

    def _watch(self) -> None:
        while not self._closing.wait(RESTART_SECONDS):
            with self._lock:
                for running in self._running.values():
                    if running.stopping or running.process.poll() is None:
                        continue
                    running.process = self._spawn(running.program)
                    running.starts += 1


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
