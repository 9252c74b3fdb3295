"""Running dvdisaster (Debian, 0.79.5), an option for archive copies: RS03 around a whole image.

RS03 fills the image up to the next size of medium. Its exit codes are not believed: repairing with
success ends with 1, and so does failing; testing ends with 0 whatever is found (``src/rs03-fix.c``,
``src/rs03-verify.c``). What it says is read, and only the two lines that say all is well will do.
"""

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from kernel.errors import UnavailableError

TOOL: Final = "dvdisaster"
_PERCENT: Final = re.compile(r"(\d{1,3})(?:\.\d)?%")
_AUGMENTED: Final = "Image has been augmented with error correction data."
_GOOD: Final = (
    re.compile(r"^- good image/file +: all sectors present$", re.MULTILINE),
    re.compile(r"^- Ecc block test +: pass$", re.MULTILINE),
)
LEAST_SECTORS: Final = 300
"""Smaller images it cannot read: it looks for 150 sectors of padding, twice."""
_TOLD: Final = 64 * 1024
"""Of what it says, the end is kept."""

Progress = Callable[[float], None]


def augment(image: Path, timeout: int, progress: Progress) -> None:
    """Append error correction to ``image``, which grows to the size of a medium.

    Raises :class:`UnavailableError`: ``dvdisaster_missing``, ``dvdisaster_failed``.
    """
    said = _run(timeout, progress, "-i", str(image), "-mRS03", "-c")
    if _AUGMENTED not in said:
        raise _failed(said)


def require_good(image: Path, timeout: int, progress: Progress) -> None:
    """Read ``image`` whole and hold it against its error correction.

    Raises :class:`UnavailableError`: ``dvdisaster_missing``, ``dvdisaster_failed``.
    """
    said = _run(timeout, progress, "-i", str(image), "-t")
    if not is_good(said):
        raise _failed(said)


def is_good(said: str) -> bool:
    """Whether these are the words of a test that found everything in order."""
    return all(line.search(said) for line in _GOOD)


def program() -> str:
    """Where it is; raises :class:`UnavailableError` (``dvdisaster_missing``)."""
    found = shutil.which(TOOL)
    if found is None:
        raise UnavailableError("dvdisaster_missing", "本机没有安装 dvdisaster（可选软件包）")
    return found


def _failed(said: str) -> UnavailableError:
    words = " ".join(said.split())[-300:]
    return UnavailableError("dvdisaster_failed", "dvdisaster 没有成功，副本作废", said=words)


def _run(timeout: int, progress: Progress, *arguments: str) -> str:
    """Run it; answers what it said, with every count it overwrote left out."""
    found = program()
    with (
        tempfile.TemporaryDirectory(prefix="tongban-dvdisaster-") as home,
        subprocess.Popen(
            [found, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # Its words are translated, and it keeps a file of its own in the home folder.
            env={**os.environ, "LC_ALL": "C", "LANGUAGE": "C", "HOME": home},
        ) as process,
    ):
        # Killed when it takes too long; what it had said then is not what it says at a good end.
        late = threading.Timer(timeout, process.kill)
        late.start()
        try:
            said = _listen(process, progress)
            process.wait()
        finally:
            late.cancel()
    return said


def _listen(process: "subprocess.Popen[bytes]", progress: Progress) -> str:
    said = ""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    while chunk := os.read(process.stdout.fileno(), 4096):
        said = (said + chunk.decode("utf-8", "replace"))[-_TOLD:]
        if counted := _PERCENT.findall(said[-80:]):
            progress(min(100.0, float(counted[-1])))
    # A count is followed by as many backspaces, and written over by the next words.
    return re.sub(r"[^\n\b\r]*[\b\r]+", "", said)
