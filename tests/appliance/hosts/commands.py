"""Runs commands of the machine under the test; what fails says what it printed."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SHOWN: Final = 4000


class CommandError(RuntimeError):
    """A command that should not have failed."""


def run(
    *command: str,
    give: str | bytes | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """What ``command`` prints on both outputs; raises :class:`CommandError`."""
    code, out = attempt(command, give=give, environment=environment, folder=folder)
    if code:
        raise CommandError(f"{' '.join(command)}: {code}\n{out[-_SHOWN:]}")
    return out


def attempt(
    command: Sequence[str],
    *,
    give: str | bytes | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    seconds: float | None = None,
) -> tuple[int, str]:
    """The exit code of ``command`` and what it printed; raises :class:`TimeoutError`."""
    given = give.encode() if isinstance(give, str) else give
    try:
        done = subprocess.run(
            command,
            check=False,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": _PATH, "LC_ALL": "C.UTF-8", **(environment or {})},
            cwd=folder,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"{' '.join(command)}: {seconds} s") from error
    return done.returncode, done.stdout.decode("utf-8", errors="replace")
