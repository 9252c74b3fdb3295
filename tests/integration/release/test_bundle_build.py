"""The whole bundle, built as a releaser builds it, and used as a host without a network uses it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bundle.debian import read_list
from bundle.kinds import KINDS, HostKind
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).parents[3]
WALK = """
import importlib, pkgutil, sys
for top in sys.argv[1:]:
    package = importlib.import_module(top)
    for found in pkgutil.walk_packages(package.__path__, top + "."):
        if not found.name.endswith((".__main__", ".env")) and ".versions" not in found.name:
            importlib.import_module(found.name)
            print(found.name)
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built() -> dict[str, Any]:
    """Downloads are kept below ``build``, as ``make bundle`` keeps them."""
    done = subprocess.run(
        [sys.executable, "-m", "bundle", "build", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "ansible")},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def verify(folder: Path, fingerprint: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *("/usr/bin/python3", "-I", folder / "verify.py", "--this-machine", "--json"),
            *("--fingerprint", fingerprint),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def unpacked(built: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What a sysadmin has after unpacking the tar."""
    place = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["tar", "-xf", built["tar"], "-C", place], check=True)
    yield place / f"tongban-{built['version']}"
    subprocess.run(["rm", "-rf", place], check=True)


def test_the_unpacked_bundle_is_whole(built: dict[str, Any], unpacked: Path) -> None:
    done = verify(unpacked, built["fingerprint"])
    assert (done.returncode, json.loads(done.stdout)["files"]) == (0, built["files"])


def test_one_byte_in_the_largest_file_is_noticed(built: dict[str, Any], unpacked: Path) -> None:
    files = [path for path in unpacked.rglob("*") if path.is_file()]
    largest = max(files, key=lambda path: path.stat().st_size)
    with largest.open("r+b") as file:
        file.seek(largest.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    done = verify(unpacked, built["fingerprint"])
    assert (done.returncode, json.loads(done.stdout)["error"]) == (4, "release_file_changed")
    with largest.open("r+b") as file:
        file.seek(largest.stat().st_size // 2)
        file.write(bytes([byte]))
    assert verify(unpacked, built["fingerprint"]).returncode == 0


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_host_installs_its_programs_from_its_folder_alone(
    unpacked: Path, kind: HostKind, tmp_path: Path
) -> None:
    wheels = unpacked / "wheels" / kind.name
    subprocess.run(["/usr/bin/python3", "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv/bin/python"
    alone = {"PATH": "/usr/bin:/bin", "PIP_CONFIG_FILE": "/dev/null", "HOME": str(tmp_path)}
    install = [python, "-m", "pip", "install", "--quiet", "--no-index", "--require-hashes"]
    subprocess.run(
        [*install, "--find-links", wheels, "--requirement", wheels / "requirements.txt"],
        check=True,
        env=alone,
    )
    subprocess.run([python, "-m", "pip", "check"], check=True, env=alone, cwd=tmp_path)
    done = subprocess.run(
        [python, "-I", "-c", WALK, *kind.packages],
        capture_output=True,
        text=True,
        check=False,
        env=alone,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 100
    others = {"internet_zone", "extranet_zone", "intranet_zone", "gate", "ferry"}
    for other in others - set(kind.packages):
        missing = subprocess.run(
            [python, "-I", "-c", f"import {other}"],
            env=alone,
            check=False,
            capture_output=True,
            cwd=tmp_path,
        )
        assert missing.returncode == 1


def test_an_altered_wheel_is_refused_by_pip_too(unpacked: Path, tmp_path: Path) -> None:
    kind = KINDS[0]
    folder = tmp_path / "wheels"
    subprocess.run(["cp", "-r", unpacked / "wheels" / kind.name, folder], check=True)
    flask = next(folder.glob("flask-*.whl"))
    flask.write_bytes(flask.read_bytes() + b"\n")
    subprocess.run(["/usr/bin/python3", "-m", "venv", tmp_path / "venv"], check=True)
    done = subprocess.run(
        [
            *(tmp_path / "venv/bin/python", "-m", "pip", "install", "--no-index"),
            *("--require-hashes", "--find-links", folder),
            *("--requirement", folder / "requirements.txt"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PIP_CONFIG_FILE": "/dev/null", "HOME": str(tmp_path)},
    )
    assert done.returncode != 0
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in done.stderr


def test_apt_finds_every_roles_packages_with_the_bundle_as_its_only_source(
    unpacked: Path, tmp_path: Path
) -> None:
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "status").touch()
    (tmp_path / "sources.list").write_text(f"deb [trusted=yes] file:{unpacked}/debian ./\n")
    configuration = tmp_path / "apt.conf"
    configuration.write_text(
        f'Dir::State "{tmp_path}/state";\nDir::State::status "{tmp_path}/status";\n'
        f'Dir::Cache "{tmp_path}/cache";\nDir::Etc::main "/dev/null";\n'
        f'Dir::Etc::parts "/dev/null";\nDir::Etc::sourcelist "{tmp_path}/sources.list";\n'
        'Dir::Etc::sourceparts "/dev/null";\nAPT::Install-Recommends "false";\n'
        'APT::Sandbox::User "root";\n'
    )
    environment = {"APT_CONFIG": str(configuration), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
    for path in sorted((ROOT / "ansible" / "packages").glob("*.txt")):
        names = read_list(path)
        done = subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--download-only", *names],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        assert done.returncode == 0, (path.name, done.stderr)
    done = subprocess.run(
        ["apt-get", "install", "-qq", "--simulate", "telnet"],
        capture_output=True,
        check=False,
        env=environment,
    )
    assert done.returncode != 0


def test_the_list_of_parts_is_cyclonedx_and_complete(unpacked: Path) -> None:
    text = (unpacked / "sbom.json").read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    components = json.loads(text)["components"]
    hashes = {one["hashes"][0]["content"] for one in components}
    listed = {
        entry["path"]: entry["sha256"]
        for entry in json.loads((unpacked / "manifest.json").read_text("utf-8"))["files"]
    }
    for path, sha256 in listed.items():
        third_party = path.endswith(".whl") and "/tongban_" not in path
        if third_party or path.endswith(".deb"):
            assert sha256 in hashes, path
    names = {one["name"] for one in components}
    assert {"flask", "openssl", "kernel/paper/fonts/tongban-serif.otf"} <= names


def test_a_second_build_gives_the_same_bundle(built: dict[str, Any]) -> None:
    before = (Path(built["folder"]) / "manifest.json").read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "bundle", "build", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "ansible")},
    )
    assert done.returncode == 0, done.stderr
    assert (Path(built["folder"]) / "manifest.json").read_bytes() == before
