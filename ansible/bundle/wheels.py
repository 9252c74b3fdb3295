"""Third-party wheels: downloaded by the lock's hashes, and what each of them brings and needs."""

import hashlib
import shutil
import sys
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from bundle.running import run_tool
from bundle.target import Target
from kernel.errors import UnavailableError

LOCK: Final = "requirements/run.txt"


@dataclass(frozen=True, slots=True)
class Wheel:
    """One wheel file; ``name`` is normalised (PEP 503)."""

    path: Path
    name: str
    version: str
    requires: tuple[Requirement, ...]
    modules: frozenset[str]
    """What can be imported of it: top-level names."""

    @property
    def sha256(self) -> str:
        """Of the file."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


def read_wheel(path: Path) -> Wheel:
    """A wheel's name, version and requirements."""
    name, version, _, _ = parse_wheel_filename(path.name)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        inside = next(n for n in names if n.endswith(".dist-info/METADATA"))
        metadata = BytesHeaderParser().parsebytes(archive.read(inside))
    return Wheel(
        path,
        str(name),
        str(version),
        tuple(Requirement(line) for line in metadata.get_all("Requires-Dist", [])),
        frozenset(name.partition("/")[0].partition(".")[0] for name in names),
    )


def download(root: Path, target: Target, work: Path) -> dict[str, Wheel]:
    """Every wheel of the lock for ``target``, by name; once for each lock.

    Raises :class:`UnavailableError` as :func:`bundle.running.run_tool`; pip refuses a wheel whose
    hash is not in the lock.
    """
    lock = root / LOCK
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    folder = work / f"{target.label}-{digest}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        platforms = [word for tag in target.platforms() for word in ("--platform", tag)]
        version = target.python
        run_tool(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet"),
                *("--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"),
                *("--require-hashes", "--requirement", str(lock)),
                *("--implementation", "cp", "--python-version", version),
                *("--abi", f"cp{version.replace('.', '')}", *platforms),
                *("--dest", str(folder)),
            ]
        )
        (folder / "done").touch()
    return {wheel.name: wheel for wheel in map(read_wheel, folder.glob("*.whl"))}


def closure(
    roots: Iterable[Requirement], wheels: Mapping[str, Wheel], target: Target
) -> tuple[Wheel, ...]:
    """The wheels that ``roots`` need, by name; raises :class:`UnavailableError` for a gap."""
    found: dict[str, Wheel] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(root.name, extra) for root in roots for extra in ("", *root.extras)]
    while waiting:
        name, extra = waiting.pop()
        name = canonicalize_name(name)
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        if name not in wheels:
            raise UnavailableError("wheel_missing", f"锁定清单中没有 {name}")
        found[name] = wheels[name]
        for needed in wheels[name].requires:
            if needed.marker is None or needed.marker.evaluate(_environment(target, extra)):
                waiting += [(needed.name, more) for more in ("", *needed.extras)]
    return tuple(found[name] for name in sorted(found))


def _environment(target: Target, extra: str) -> dict[str, str]:
    """The markers' environment on the hosts, not on the machine that builds (PEP 508)."""
    return {
        "extra": extra,
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": target.machine,
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{target.python}.2",
        "python_version": target.python,
        "sys_platform": "linux",
    }
