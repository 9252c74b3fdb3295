"""A small offline bundle, signed as a real one."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from bundle.manifest import Release, fingerprint, write_manifest
from bundle.target import Target

from kernel.keys import InternationalSuite

VERIFIER = Path(__file__).parents[3] / "ansible" / "verify.py"
FILES = {
    "LICENSE": b"licence\n",
    "ansible/playbooks/site.yml": b"- hosts: tongban\n",
    "debian/Packages": b"Package: nginx\n",
    "debian/nginx_1.22.1_amd64.deb": bytes(range(256)) * 16,
    "debian/empty_1_all.deb": b"",
    "wheels/internet/requirements.txt": b"flask==3.1.3\n",
    "wheels/extranet/requirements.txt": b"flask==3.1.3\n",
}


@dataclass(frozen=True)
class Small:
    """The bundle's folder and the fingerprint of the key that signed it."""

    folder: Path
    fingerprint: str

    def sign(self, private: bytes) -> None:
        write_manifest(
            self.folder,
            Release("tongban", "0.1.0", 1_790_000_000_000_000, Target("amd64")),
            private,
        )

    def verify(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """As a target does: Debian's own Python, nothing of the project within reach."""
        return subprocess.run(
            ["/usr/bin/python3", "-I", str(VERIFIER), str(self.folder), "--json", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )

    def check(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.verify("--fingerprint", self.fingerprint, *arguments)


@pytest.fixture(scope="session")
def private() -> bytes:
    return InternationalSuite().new_signing_key()


@pytest.fixture(scope="session")
def signed(tmp_path_factory: pytest.TempPathFactory, private: bytes) -> Small:
    folder = tmp_path_factory.mktemp("release") / "tongban-0.1.0"
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o644)
    shutil.copyfile(VERIFIER, folder / "verify.py")
    (folder / "verify.py").chmod(0o755)
    small = Small(folder, fingerprint(InternationalSuite().signing_public(private)))
    small.sign(private)
    for path in folder.glob("*"):
        if path.is_file() and path.name != "verify.py":
            path.chmod(0o644)
    return small


@pytest.fixture
def small(signed: Small, tmp_path: Path) -> Small:
    """A copy to spoil."""
    folder = tmp_path / "tongban-0.1.0"
    shutil.copytree(signed.folder, folder, symlinks=True)
    return Small(folder, signed.fingerprint)


@pytest.fixture(scope="session")
def verifier() -> object:
    """The verifier as a module, where a process a case would be too slow."""
    sys.path.insert(0, str(VERIFIER.parent))
    try:
        import verify  # noqa: PLC0415 - a single file beside the roles, no package
    finally:
        sys.path.remove(str(VERIFIER.parent))
    return verify
