"""The project's own files: what belongs to it is what Git knows, tracked or not yet added."""

import configparser
import subprocess
from pathlib import Path

from kernel.errors import UnavailableError


def files_below(root: Path, *folders: str) -> tuple[str, ...]:
    """Paths below ``folders``, relative to ``root``, sorted; nothing that Git ignores.

    Raises :class:`UnavailableError` with code ``git_failed``.
    """
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders],
        cwd=root,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise UnavailableError("git_failed", "无法从 Git 取得文件清单，请在项目的工作目录中运行")
    names = done.stdout.decode("utf-8").split("\0")
    return tuple(sorted(name for name in names if name and (root / name).is_file()))


def commit_time(root: Path) -> int:
    """POSIX seconds of the last commit: the one date that everything built carries."""
    done = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=root, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise UnavailableError("git_failed", "无法从 Git 取得提交时间，请在项目的工作目录中运行")
    return int(done.stdout)


def read_setup(root: Path) -> configparser.ConfigParser:
    """The project's ``setup.cfg``."""
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(root / "setup.cfg", "utf-8")
    return setup
