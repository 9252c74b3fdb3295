"""The bare machine every host begins as: Debian as its installer leaves it, and an administrator.

Made once by debootstrap, kept below ``build`` and named after what it is made of; hosts lay their
own changes over it and never write to it.
"""

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Final

from appliance.hosts.commands import run

SUITE: Final = "bookworm"
ADMINISTRATOR: Final = "ops"
PACKAGES: Final = (
    *("systemd-sysv", "dbus", "libpam-systemd", "udev", "kmod"),
    # What Ansible needs before it can install anything.
    *("openssh-server", "sudo", "python3", "python3-apt"),
    *("ca-certificates", "iproute2"),
)
NEEDED: Final = ("debootstrap", "systemd-nspawn", "ssh", "ip", "nft")
_LAYOUT: Final = 1
"""Counts changes of how the root is made."""


def missing() -> list[str]:
    """Programs that are needed and not installed."""
    return [name for name in NEEDED if shutil.which(name, path="/usr/sbin:/usr/bin:/sbin") is None]


def bare_root(cache: Path) -> Path:
    """The root file system; made in ``cache`` when it is not there."""
    parts = repr((_LAYOUT, SUITE, PACKAGES, ADMINISTRATOR)).encode()
    found = cache / hashlib.sha256(parts).hexdigest()[:16]
    if found.is_dir():
        return found
    cache.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=cache, prefix="making-"))
    try:
        root = making / "root"
        include = "--include=" + ",".join(PACKAGES)
        run("debootstrap", "--variant=minbase", include, SUITE, str(root))
        _settle(root)
        root.rename(found)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return found


def _settle(root: Path) -> None:
    """What an installer's last questions do; host keys are each host's own."""
    inside = ("chroot", str(root))
    run(*inside, "useradd", "--create-home", "--shell", "/bin/bash", ADMINISTRATOR)
    rule = root / "etc/sudoers.d/installer"
    rule.write_text(f"{ADMINISTRATOR} ALL=(ALL:ALL) NOPASSWD: ALL\n")
    rule.chmod(0o440)
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    shutil.rmtree(root / "var/cache/apt/archives", ignore_errors=True)
    (root / "var/cache/apt/archives/partial").mkdir(parents=True)
    # Nobody outside the test's own networks is asked for a name.
    (root / "etc/resolv.conf").write_text("")
