"""The three hosts, deployed once for every claim about them."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from appliance.hosts.commands import attempt, run
from appliance.hosts.network import Networks
from appliance.hosts.root import bare_root, missing
from appliance.hosts.trio import Bundle, Trio, deployed

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "hosts"
PREVIOUS = "0.1.0"
PREVIOUS_COMMIT = "16cefaa2a4e2f06d75072e15e33381731f8af0f2"
"""What tag v0.1.0 names; clones do not always bring tags."""
_SHEET = re.compile(r"指纹 +([0-9a-f]{64})")


def built_bundle(root: Path, folder: Path) -> Bundle:
    """What ``make bundle`` makes of the tree at ``root``, unpacked at ``folder``."""
    run(sys.executable, "-m", "bundle", "build", folder=root, environment=_paths(root))
    tar = next((root / "build" / "bundle").glob("tongban-*.tar"))
    sheet = _SHEET.search(tar.with_suffix(".sheet.txt").read_text("utf-8"))
    if sheet is None:
        raise RuntimeError("the delivery sheet names no fingerprint")
    folder.mkdir(parents=True)
    run("tar", "--extract", "--no-same-owner", "-f", str(tar), "-C", str(folder))
    return Bundle(next(folder.iterdir()), sheet[1])


def _paths(root: Path) -> dict[str, str]:
    return {"PYTHONPATH": f"{root / 'ansible'}:{root}"}


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The offline bundle of this tree."""
    return built_bundle(ROOT, tmp_path_factory.mktemp("bundle") / "unpacked")


class Lodging:
    """Room for three machines and not for six: who moves in makes whoever was there move out."""

    def __init__(self) -> None:
        self._lodged = ExitStack()

    def move_in(self, bundle: Bundle) -> Trio:
        """Three bare machines, deployed from ``bundle``."""
        self.clear()
        folder = BUILD / f"run-{os.getpid()}"
        networks = Networks(f"tb{os.getpid()}")
        return self._lodged.enter_context(
            deployed(folder, bare_root(BUILD / "roots"), networks, bundle, BUILD / "logs")
        )

    def clear(self) -> None:
        """Take the machines away."""
        self._lodged.close()


@pytest.fixture(scope="session")
def lodging() -> Iterator[Lodging]:
    """Where machines are; empty at the end."""
    if os.geteuid() != 0 or missing():
        pytest.skip(f"needs root and {' '.join(missing())}")
    lodging = Lodging()
    try:
        yield lodging
    finally:
        lodging.clear()


@pytest.fixture(scope="session")
def trio(lodging: Lodging, bundle: Bundle) -> Trio:
    """Three bare machines, deployed from this tree's bundle."""
    return lodging.move_in(bundle)


@pytest.fixture(scope="session")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The offline bundle of the release before this one."""
    source = tmp_path_factory.mktemp("previous") / "source"
    if attempt(("git", "-C", str(ROOT), "cat-file", "-e", PREVIOUS_COMMIT))[0]:
        pytest.skip(f"this clone is shallow: {PREVIOUS} ({PREVIOUS_COMMIT}) is not in it")
    run("git", "clone", "--quiet", "--shared", "--no-checkout", str(ROOT), str(source))
    run("git", "-C", str(source), "checkout", "--quiet", "--detach", PREVIOUS_COMMIT)
    return built_bundle(source, source.parent / "unpacked")


@pytest.fixture(scope="module")
def aged(lodging: Lodging, previous: Bundle) -> Trio:
    """Three machines on the release before, and a case on its way: reviewed, not yet ferried."""
    aged = lodging.move_in(previous)
    aged.case("--part", "begin")
    return aged
