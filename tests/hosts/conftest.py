"""The three hosts, deployed once for every claim about them."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from appliance.hosts.commands import run
from appliance.hosts.network import Networks
from appliance.hosts.root import bare_root, missing
from appliance.hosts.trio import Bundle, Trio, deployed

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "hosts"
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


@pytest.fixture(scope="session")
def trio(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    """Three bare machines, deployed."""
    if os.geteuid() != 0 or missing():
        pytest.skip(f"needs root and {' '.join(missing())}")
    folder = BUILD / f"run-{os.getpid()}"
    networks = Networks(f"tb{os.getpid()}")
    with deployed(folder, bare_root(BUILD / "roots"), networks, bundle, BUILD / "logs") as hosts:
        yield hosts
