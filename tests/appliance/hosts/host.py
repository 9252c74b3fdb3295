"""One host: its own root over the bare one, booted with systemd, administered by SSH."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from appliance.hosts.cgroups import Cgroups
from appliance.hosts.commands import CommandError, attempt, run
from appliance.hosts.network import Networks, address
from appliance.hosts.root import ADMINISTRATOR

_START_SECONDS: Final = 120
_STOP_SECONDS: Final = 60
_LOOK_SECONDS: Final = 0.3
_NEED_A_KERNEL: Final = ("auditd", "usbguard", "usbguard-dbus")
"""Services that Debian starts as soon as they are installed, and that no container can run."""
_HALT: Final = signal.SIGRTMIN + 4
"""What systemd takes as "power off"."""


@dataclass(slots=True)
class Host:
    """The host of ``zone``; everything of it lies below ``folder``."""

    zone: str
    folder: Path
    bare: Path
    networks: Networks
    _booted: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def root(self) -> Path:
        """Its root file system, seen from outside."""
        return self.folder / "root"

    @property
    def address(self) -> str:
        """Where its administrator reaches it."""
        return address(self.zone, "admin")

    @property
    def key(self) -> Path:
        """The administrator's private key."""
        return self.folder / "ops.key"

    @property
    def known_hosts(self) -> Path:
        """The host's public key as the administrator wrote it down."""
        return self.folder / "known_hosts"

    def make(self) -> None:
        """Lay a fresh root over the bare one; keys are new each time."""
        for name in ("upper", "work", "root"):
            (self.folder / name).mkdir(parents=True)
        layers = (
            f"lowerdir={self.bare},upperdir={self.folder / 'upper'},workdir={self.folder / 'work'}"
        )
        run("mount", "-t", "overlay", "overlay", "-o", layers, str(self.root))
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ops", "-f", str(self.key))
        run("chroot", str(self.root), "ssh-keygen", "-q", "-A")
        public = (self.root / "etc/ssh/ssh_host_ed25519_key.pub").read_text().split()
        self.known_hosts.write_text(f"{self.address} {public[0]} {public[1]}\n")
        known = self.root / "home" / ADMINISTRATOR / ".ssh"
        known.mkdir(mode=0o700)
        (known / "authorized_keys").write_text(self.key.with_suffix(".key.pub").read_text())
        run("chroot", str(self.root), "chown", "-R", ADMINISTRATOR, f"/home/{ADMINISTRATOR}/.ssh")
        for unit in _NEED_A_KERNEL:
            settings = self.root / "etc/systemd/system" / f"{unit}.service.d"
            settings.mkdir(parents=True)
            (settings / "container.conf").write_text("[Unit]\nConditionVirtualization=!container\n")
        (self.root / "etc/hostname").write_text(f"jy-{self.zone}\n")
        (self.root / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 jy-{self.zone}\n")

    def start(self) -> None:
        """Boot; returns when its administrator can work."""
        self._cgroups.make()
        with (self.folder / "console.log").open("ab") as console:
            self._booted = subprocess.Popen(
                self._cgroups.inside(
                    *("systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit"),
                    *("--directory", str(self.root), "--machine", f"jy-{self.zone}"),
                    *("--network-namespace-path", self._namespace, "--console=passive"),
                    *("--resolv-conf=off", "--timezone=off", "--capability=CAP_NET_ADMIN"),
                    *("--system-call-filter=@keyring", "--link-journal=no"),
                ),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env={
                    **os.environ,
                    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                    # Parameters of its own network are the host's to set, as on a real machine.
                    "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
                },
            )
        self.wait_until_running()

    @property
    def _cgroups(self) -> Cgroups:
        return Cgroups(self.networks.namespace(self.zone))

    @property
    def _namespace(self) -> str:
        return f"/run/netns/{self.networks.namespace(self.zone)}"

    def wait_until_running(self) -> None:
        """Wait until systemd is up and SSH answers; raises :class:`CommandError`."""
        until = time.monotonic() + _START_SECONDS
        while True:
            code, said = attempt(self.ssh("systemctl is-system-running"))
            if said.strip().endswith(("running", "degraded")):
                return
            if time.monotonic() > until:
                raise CommandError(f"{self.zone} does not come up: {code} {said}")
            time.sleep(_LOOK_SECONDS)

    def ssh(self, command: str) -> tuple[str, ...]:
        """``command`` as the administrator runs it from their own station."""
        return self.networks.inside(
            f"admin-{self.zone}",
            *("ssh", "-q", "-i", str(self.key), "-o", f"UserKnownHostsFile={self.known_hosts}"),
            *("-o", "ConnectTimeout=5", "-o", "BatchMode=yes"),
            # As the playbooks do, see ansible.cfg.
            *("-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=12"),
            *(f"{ADMINISTRATOR}@{self.address}", command),
        )

    def sudo(self, command: str, give: str | bytes | None = None) -> str:
        """What ``command`` prints as root; raises :class:`CommandError`."""
        return run(*self.ssh(f"sudo sh -ec {_quoted(command)}"), give=give)

    def stop(self) -> None:
        """Power off."""
        if self._booted is None:
            return
        if self._booted.poll() is None:
            for child in _children(self._booted.pid):
                os.kill(child, _HALT)
            try:
                self._booted.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._booted.kill()
                self._booted.wait()
        self._booted = None
        self._cgroups.remove()

    def keep_logs(self, folder: Path) -> None:
        """Copy what tells why a step failed."""
        folder.mkdir(parents=True, exist_ok=True)
        if (self.folder / "console.log").exists():
            shutil.copy(self.folder / "console.log", folder / f"{self.zone}-console.log")
        journal = self.root / "var/log/journal"
        code, said = attempt(("journalctl", "--no-pager", "-D", str(journal)))
        if code == 0:
            (folder / f"{self.zone}-journal.log").write_text(said, "utf-8")

    def remove(self) -> None:
        """Power off and throw the machine away: a lost host."""
        self.stop()
        if self.root.is_mount():
            run("umount", "--lazy", str(self.root))
        shutil.rmtree(self.folder, ignore_errors=True)


def _quoted(command: str) -> str:
    return "'" + command.replace("'", "'\\''") + "'"


def _children(pid: int) -> list[int]:
    said = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in said.split()]
