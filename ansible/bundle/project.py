"""The project's wheel for one kind of host: the kernel, that host's programs, and nothing else.

The files are laid out in a folder of their own with a ``setup.cfg`` that names only them, so that
nothing else can slip in, and a build that was made of the same files is not made again.
"""

import ast
import configparser
import hashlib
import io
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bundle.kinds import HostKind
from bundle.running import run_tool
from bundle.tree import commit_time, files_below, read_setup
from bundle.wheels import Wheel
from kernel.errors import UnavailableError

LOADED_BY_NAME: Final = frozenset({"psycopg"})
"""Not imported by our code but by SQLAlchemy, as the database's address asks for it."""


@dataclass(frozen=True, slots=True)
class ProjectWheel:
    """A wheel of our own, and the third-party requirements that its code has."""

    path: Path
    requirements: tuple[Requirement, ...]


def build_project_wheel(
    root: Path, kind: HostKind, locked: Mapping[str, Wheel], work: Path
) -> ProjectWheel:
    """Build the wheel of ``kind`` below ``work``, or find it there.

    Raises :class:`UnavailableError` as :func:`requirements_of` and :func:`run_tool`.
    """
    files = files_below(root, *kind.packages)
    requirements = requirements_of(root, kind, files, locked)
    setup = _setup(root, kind, requirements)
    seconds = commit_time(root)
    folder = work / f"{kind.name}-{_digest(root, files, setup, seconds)}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _stage(root, files, setup, folder / "tree")
        _build(folder, seconds)
        (folder / "done").touch()
    return ProjectWheel(next(folder.glob("*.whl")), requirements)


def imported(paths: list[Path]) -> set[str]:
    """Top-level names that the modules import, wherever in the file."""
    found: set[str] = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names


def requirements_of(
    root: Path, kind: HostKind, files: Sequence[str], locked: Mapping[str, Wheel]
) -> tuple[Requirement, ...]:
    """The distributions that the modules among ``files`` import, pinned as locked.

    Raises :class:`UnavailableError` with code ``wheel_missing`` for an import that no locked wheel
    serves: such a host would fail when it comes to that line.
    """
    modules = imported([root / name for name in files if name.endswith(".py")])
    found: set[str] = set()
    for module in (modules | LOADED_BY_NAME) - set(kind.packages):
        serving = [wheel for wheel in locked.values() if module in wheel.modules]
        if not serving:
            raise UnavailableError(
                "wheel_missing", f"{kind.name} 的程序引用了 {module}，锁定清单中没有它"
            )
        found.update(wheel.name for wheel in serving)
    direct: dict[str, Requirement] = {
        canonicalize_name(requirement.name): requirement for requirement in _declared(root)
    }
    return tuple(
        direct.get(name) or Requirement(f"{name}=={locked[name].version}") for name in sorted(found)
    )


def _declared(root: Path) -> list[Requirement]:
    lines = read_setup(root)["options"]["install_requires"].splitlines()
    stripped = (line.strip() for line in lines)
    return [Requirement(line) for line in stripped if line and not line.startswith("#")]


def _setup(root: Path, kind: HostKind, requirements: tuple[Requirement, ...]) -> str:
    setup = read_setup(root)
    made = configparser.ConfigParser(interpolation=None)
    made["metadata"] = {**setup["metadata"], "name": kind.distribution}
    del made["metadata"]["long_description"]
    made["options"] = {
        **setup["options"],
        "install_requires": "\n" + "\n".join(str(requirement) for requirement in requirements),
    }
    made["options.packages.find"] = {
        "include": "\n" + "\n".join(f"{package}*" for package in kind.packages)
    }
    made["options.package_data"] = dict(setup["options.package_data"])
    scripts = [
        line
        for line in setup["options.entry_points"]["console_scripts"].splitlines()
        if line.partition("=")[0].strip() in kind.programs
    ]
    if scripts:
        made["options.entry_points"] = {"console_scripts": "\n" + "\n".join(scripts)}
    text = io.StringIO()
    made.write(text)
    return text.getvalue()


def _digest(root: Path, files: tuple[str, ...], setup: str, seconds: int) -> str:
    digest = hashlib.sha256(f"{setup}\0{seconds}".encode())
    for name in files:
        digest.update(f"\0{name}\0".encode())
        digest.update(hashlib.sha256((root / name).read_bytes()).digest())
    return digest.hexdigest()[:16]


def _stage(root: Path, files: tuple[str, ...], setup: str, tree: Path) -> None:
    for name in files:
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target)
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copyfile(root / name, tree / name)
    (tree / "setup.cfg").write_text(setup, "utf-8")


def _build(folder: Path, seconds: int) -> None:
    # The build's own tools are this environment's, locked like everything else.
    run_tool(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--no-index",
            "--no-build-isolation",
            "--wheel-dir",
            str(folder),
            str(folder / "tree"),
        ],
        environment={**os.environ, "SOURCE_DATE_EPOCH": str(seconds)},
    )
