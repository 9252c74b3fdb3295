"""The disk of a test machine: Debian's kernel and userland with the project's libraries.

Made once by debootstrap and kept below ``build``, named after everything it is made of. Nothing is
mounted: mke2fs fills the file system from a folder.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
LOCK: Final = ROOT / "requirements" / "run.txt"
SUITE: Final = "bookworm"
PACKAGES: Final = (
    *("systemd-sysv", "udev", "kmod", "linux-image-amd64", "initramfs-tools", "zstd"),
    # What tests/setup/debian-run.txt and the service need.
    *("python3", "python3-venv", "xorriso", "libisal2", "eject"),
    # The test's hands within the machine.
    "qemu-guest-agent",
)
NEEDED: Final = ("debootstrap", "mke2fs", "qemu-system-x86_64")
_MODULES: Final = ("virtio_pci", "virtio_blk", "ext4")
_MASKED: Final = ("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer")
_NEWEST_GLIBC: Final = 36
"""The minor version of the suite's C library: which wheels its Python takes."""
_DISK_BYTES: Final = 4 * 1024**3
_LAYOUT: Final = 1
"""Counts changes of how the image is made."""


@dataclass(frozen=True, slots=True)
class Image:
    """What a machine is started from."""

    folder: Path

    @property
    def disk(self) -> Path:
        """The root file system, raw; never written to."""
        return self.folder / "disk.img"

    @property
    def kernel(self) -> Path:
        """Debian's kernel."""
        return self.folder / "vmlinuz"

    @property
    def initrd(self) -> Path:
        """Its first file system, with the few drivers that find the disk."""
        return self.folder / "initrd.img"


def missing() -> list[str]:
    """Programs that are needed and not installed."""
    return [name for name in NEEDED if shutil.which(name, path="/usr/sbin:/usr/bin:/sbin") is None]


def image(cache: Path) -> Image:
    """The image of these packages and this lock; made in ``cache`` when it is not there."""
    parts = repr((_LAYOUT, SUITE, PACKAGES, _MODULES, _MASKED)).encode() + LOCK.read_bytes()
    key = hashlib.sha256(parts).hexdigest()[:16]
    found = Image(cache / key)
    if found.folder.is_dir():
        return found
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="making-") as making:
        made = Image(Path(making) / "image")
        made.folder.mkdir()
        _make(made, Path(making) / "root")
        made.folder.rename(found.folder)
    return found


def file_system(content: Path, disk: Path, size: int, label: str) -> None:
    """Make ``disk`` an ext4 file system of ``size`` bytes that holds the folder ``content``."""
    with disk.open("wb") as file:
        file.truncate(size)
    _run("mke2fs", "-q", "-F", "-t", "ext4", "-L", label, "-d", str(content), str(disk))


def _make(made: Image, root: Path) -> None:
    include = "--include=" + ",".join(PACKAGES)
    _run("debootstrap", "--variant=minbase", include, SUITE, str(root))
    (root / "etc/initramfs-tools/conf.d/machine").write_text("MODULES=list\nCOMPRESS=zstd\n")
    (root / "etc/initramfs-tools/modules").write_text("\n".join(_MODULES) + "\n")
    _run("chroot", str(root), "update-initramfs", "-u")
    (root / "etc/fstab").write_text("/dev/vda / ext4 defaults 0 0\n")
    (root / "etc/hostname").write_text("machine\n")
    for unit in _MASKED:
        (root / "etc/systemd/system" / unit).symlink_to("/dev/null")
    _install_libraries(root)
    for name, target in (("vmlinuz", made.kernel), ("initrd.img", made.initrd)):
        shutil.copy(next((root / "boot").glob(f"{name}-*")), target)
    shutil.rmtree(root / "var/cache/apt")
    file_system(root, made.disk, _DISK_BYTES, "root")


def _install_libraries(root: Path) -> None:
    """An environment of the machine's own Python, filled from outside: no network in there."""
    _run("chroot", str(root), "python3", "-m", "venv", "--without-pip", "/opt/tongban")
    site = next((root / "opt/tongban/lib").glob("python3.*")) / "site-packages"
    version = site.parent.name.removeprefix("python")
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in range(_NEWEST_GLIBC, 4, -1)]
    _run(
        *(sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"),
        *("--root-user-action=ignore", "--target", str(site), "--require-hashes", "-r", str(LOCK)),
        *("--implementation", "cp", "--python-version", version, "--only-binary=:all:"),
        *(word for platform in platforms for word in ("--platform", platform)),
    )


def _run(*command: str) -> None:
    done = subprocess.run(
        command,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout[-2000:]}")
