"""A real ClamAV daemon with a signature of its own: no update server is reached."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parcels import EICAR

from gate.inspection import Clamd


def is_installed() -> bool:
    return shutil.which("clamd") is not None


@contextmanager
def clamd(folder: Path) -> Iterator[tuple[Clamd, subprocess.Popen[bytes]]]:
    """Runs until the block ends; signatures: EICAR's text anywhere in a file."""
    signatures = folder / "signatures"
    signatures.mkdir(exist_ok=True)
    (signatures / "test.ndb").write_text(f"Test.Eicar:0:*:{EICAR.hex()}\n")
    socket = folder / "clamd.sock"
    config = folder / "clamd.conf"
    config.write_text(
        f"LocalSocket {socket}\nDatabaseDirectory {signatures}\nForeground yes\n"
        f"LogFile {folder / 'clamd.log'}\nStreamMaxLength 1M\nMaxFileSize 1M\n"
        f"MaxScanSize 4M\nAlertExceedsMax yes\nUser {_user()}\n"
    )
    process = subprocess.Popen(
        ["clamd", "--config-file", str(config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    scanner = Clamd(socket, 20)
    try:
        for _ in range(600):
            if scanner.is_up() or process.poll() is not None:
                break
            time.sleep(0.1)
        if not scanner.is_up():
            raise RuntimeError((folder / "clamd.log").read_text())
        yield scanner, process
    finally:
        process.kill()
        process.wait()


def _user() -> str:
    return "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody")
