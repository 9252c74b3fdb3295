"""Debian packages for the roles, resolved against a machine that has nothing yet.

apt works in a folder of its own with an empty list of installed packages, so that what happens to
be on the building machine does not show. apt checks every package against the archive's signed
index; the archive is the one that this machine is set up for.
"""

import json
import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bundle.running import run_tool
from bundle.target import Target
from kernel.errors import SettingsError, UnavailableError

KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
FRESH_SECONDS: Final = 86_400
"""The archive's index is fetched anew after a day, or when the lists have changed."""
MAX_LIST_BYTES: Final = 65_536
INDEX_DATE: Final = "Sat, 10 Jun 2023 00:00:00 UTC"
"""When Debian 12 came out. The same packages make the same bytes, and a host whose clock is not set
yet does not take the index for one of the future."""
_NAME: Final = re.compile(r"^[a-z0-9][a-z0-9+.-]+$")
_INSTALL: Final = re.compile(r"^Inst (\S+) \((\S+) .*\[(\S+)\]\)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Package:
    """One package of a certain version and architecture."""

    name: str
    version: str
    architecture: str

    @property
    def cached_name(self) -> str:
        """The file as apt keeps it."""
        version = self.version.replace(":", "%3a")
        return f"{self.name}_{version}_{self.architecture}.deb"

    @property
    def file_name(self) -> str:
        """The file as archives name it: without the epoch, which no file name needs."""
        version = self.version.partition(":")[2] or self.version
        return f"{self.name}_{version}_{self.architecture}.deb"


def read_list(path: Path) -> tuple[str, ...]:
    """Package names of one role: one a line, what follows a tab or ``#`` says why.

    Raises :class:`SettingsError` with code ``package_list_invalid``, naming file and line.
    """
    names = []
    if path.stat().st_size > MAX_LIST_BYTES:
        raise SettingsError("package_list_invalid", f"软件包清单 {path} 过大")
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        name = line.partition("#")[0].partition("\t")[0].strip()
        if not name:
            continue
        if not _NAME.match(name):
            raise SettingsError(
                "package_list_invalid", f"软件包清单 {path} 第 {number} 行不是软件包名称"
            )
        names.append(name)
    return tuple(names)


def gather(lists: Path, target: Target, work: Path, folder: Path) -> tuple[Package, ...]:
    """Put the packages of every list in ``lists``, with all they depend on, into ``folder``.

    ``folder`` becomes an archive with index that apt takes as its only source. Raises
    :class:`UnavailableError` as :func:`bundle.running.run_tool`.
    """
    roles = [names for path in sorted(lists.glob("*.txt")) if (names := read_list(path))]
    if not roles:
        raise SettingsError("package_list_invalid", f"{lists} 中没有软件包清单")
    apt = _Apt(work, target)
    found = apt.packages(roles)
    folder.mkdir(parents=True)
    for package in found:
        shutil.copyfile(apt.archives / package.cached_name, folder / package.file_name)
    _index(folder, work, target)
    return found


class _Apt:
    """apt with a root of its own below ``work``."""

    def __init__(self, work: Path, target: Target) -> None:
        self._folder = work / target.label
        self._target = target
        self.archives = self._folder / "cache" / "archives"
        (self.archives / "partial").mkdir(parents=True, exist_ok=True)
        (self._folder / "state" / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        (self._folder / "status").write_text("")
        self._configuration = self._folder / "apt.conf"
        self._configuration.write_text(self._text(), "utf-8")

    def packages(self, roles: list[tuple[str, ...]]) -> tuple[Package, ...]:
        """What all roles need, fetched; asked anew when it is old, or when a list has changed."""
        stamp, wanted = self._folder / "resolved.json", [list(names) for names in roles]
        if stamp.exists() and time.time() - stamp.stat().st_mtime < FRESH_SECONDS:
            known = json.loads(stamp.read_text("utf-8"))
            if known["roles"] == wanted:
                return tuple(Package(*parts) for parts in known["packages"])
        (self._folder / "sources.list").write_text(self._sources(), "utf-8")
        self._run("apt-get", "update", "-qq")
        for names in roles:
            self._run("apt-get", "install", "-y", "-qq", "--download-only", *names)
        found = sorted(
            {package for names in roles for package in self._resolve(names)},
            key=lambda package: package.file_name,
        )
        parts = [[one.name, one.version, one.architecture] for one in found]
        stamp.write_text(json.dumps({"roles": wanted, "packages": parts}), "utf-8")
        return tuple(found)

    def _resolve(self, names: tuple[str, ...]) -> list[Package]:
        """What apt would install for ``names`` on a machine that has nothing."""
        answer = self._run("apt-get", "install", "-qq", "--simulate", *names)
        found = [Package(*parts) for parts in _INSTALL.findall(answer)]
        if not found:
            raise UnavailableError("tool_failed", f"apt 没有列出任何软件包：{' '.join(names)}")
        return found

    def _sources(self) -> str:
        """The suites of Debian among what this machine takes packages from."""
        lines = run_tool(
            [
                *("apt-get", "indextargets", "--format"),
                "$(ORIGIN)|$(CODENAME)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)",
                "Created-By: Packages",
            ]
        )
        found = sorted(
            {
                f"deb [signed-by={KEYRING}] {uri} {suite} main\n"
                for origin, codename, uri, suite, component in (
                    line.split("|") for line in lines.splitlines()
                )
                if origin == "Debian"
                and codename.startswith(self._target.codename)
                and component == "main"
            }
        )
        if not found:
            raise UnavailableError(
                "archive_missing",
                f"本机的 apt 没有 {self._target.codename} 软件源，请先配置并执行 apt-get update",
            )
        return "".join(found)

    def _run(self, *command: str) -> str:
        environment = {
            **os.environ,
            "APT_CONFIG": str(self._configuration),
            "DEBIAN_FRONTEND": "noninteractive",
            "LC_ALL": "C.UTF-8",
        }
        return run_tool(command, environment=environment)

    def _text(self) -> str:
        nothing, folder, architecture = "/dev/null", self._folder, self._target.architecture
        return "\n".join(
            (
                f'Dir::State "{folder}/state";',
                f'Dir::State::status "{folder}/status";',
                f'Dir::Cache "{folder}/cache";',
                f'Dir::Etc::main "{nothing}";',
                f'Dir::Etc::parts "{nothing}";',
                f'Dir::Etc::preferences "{nothing}";',
                f'Dir::Etc::preferencesparts "{nothing}";',
                f'Dir::Etc::sourcelist "{folder}/sources.list";',
                f'Dir::Etc::sourceparts "{nothing}";',
                f'APT::Architecture "{architecture}";',
                f'APT::Architectures {{ "{architecture}"; }};',
                'APT::Install-Recommends "false";',
                'APT::Sandbox::User "root";',
                'Acquire::Languages "none";',
                "",
            )
        )


def _index(folder: Path, work: Path, target: Target) -> None:
    """Write ``Packages`` and ``Release``; what was read once is remembered beside the cache."""
    run = ("apt-ftparchive", "-o", f"APT::Architecture={target.architecture}")
    database = work / f"{target.label}.db"
    packages = run_tool([*run, "--db", str(database), "packages", "."], cwd=folder)
    (folder / "Packages").write_text(packages, "utf-8")
    # Its authenticity is the manifest's.
    release = run_tool([*run, "release", "."], cwd=folder)
    lines = [
        f"Date: {INDEX_DATE}" if line.startswith("Date:") else line for line in release.splitlines()
    ]
    (folder / "Release").write_text("\n".join(lines) + "\n", "utf-8")
