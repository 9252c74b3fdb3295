"""A PostgreSQL server of Debian's package, made for one test run and thrown away after it."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_BINARIES: Final = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def is_installed() -> bool:
    return bool(_BINARIES)


@contextmanager
def server(parent: Path | None = None, *, durable: bool = False) -> Iterator[Path]:
    """Start a server that listens on a socket in a new folder below ``parent``; answers the folder.

    Only a ``durable`` one waits for its disk.
    """
    folder = Path(tempfile.mkdtemp(prefix="tongban-pg-", dir=parent))
    run = _as_postgres(folder)
    binaries = _BINARIES[-1]
    _call(
        [
            *run,
            str(binaries / "initdb"),
            "-D",
            str(folder / "data"),
            "-U",
            "postgres",
            "-A",
            "trust",
        ]
    )
    options = f"-c listen_addresses= -k {folder} -c max_connections=120"
    options += "" if durable else " -c fsync=off"
    pg_ctl = [*run, str(binaries / "pg_ctl"), "-D", str(folder / "data"), "-w"]
    _call([*pg_ctl, "-l", str(folder / "log"), "-o", options, "start"])
    try:
        yield folder
    finally:
        _call([*pg_ctl, "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def new_database(folder: Path, template: str = "template1") -> str:
    """Make a database, empty or a copy of ``template``, which nobody may use; answers its URL."""
    name = f"t{uuid.uuid4().hex[:12]}"
    create = [str(_BINARIES[-1] / "createdb"), "-h", str(folder), "-U", "postgres"]
    _call([*create, "-T", template, name])
    return f"postgresql+psycopg://postgres@/{name}?host={folder}"


def _as_postgres(folder: Path) -> list[str]:
    if os.geteuid() != 0:
        return []
    account = pwd.getpwnam("postgres")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return ["runuser", "-u", "postgres", "--"]


def _call(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, cwd="/")
