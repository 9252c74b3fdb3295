"""The reading station of a test machine, installed as the administrator's manual says."""

import io
import json
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from appliance.machine import Machine, MachineError, wait_for
from appliance.machine_image import ROOT, file_system

UNIT: Final = "tongban-ferry@ingest.service"
HOME: Final = "/var/lib/tongban"
_PARCEL_BYTES: Final = 64 * 1024**2
_INSTALL: Final = r"""
set -eux
systemctl is-system-running --wait || systemctl --failed
mkdir -p /media/parcel
mount -o ro /dev/vdb /media/parcel
cd /media/parcel
# As little as a machine may have: nothing but our rule makes the kernel look for discs.
ln -s /dev/null /etc/udev/rules.d/60-block.rules
echo 0 >/sys/module/block/parameters/events_dfl_poll_msecs
cp -r ferry kernel /opt/tongban/lib/python3.*/site-packages/
printf '#!/bin/sh\nexec /opt/tongban/bin/python -m ferry "$@"\n' >/opt/tongban/bin/ferry
chmod 755 /opt/tongban/bin/ferry
install -D -m 644 -t /etc/sysusers.d ferry/host/*.conf
# Before the rules: udev looks a group up when it reads a rule, and reads new rules unasked.
systemd-sysusers
install -D -m 644 -t /etc/udev/rules.d ferry/host/*.rules
install -D -m 644 -t /etc/systemd/system ferry/host/*.service
install -D -m 644 -t /etc/tongban ferry-ingest.toml trust.toml
install -d -o tongban -g tongban -m 750 /var/lib/tongban
udevadm control --reload
udevadm trigger --settle --type=subsystems --action=add -s module -y block
udevadm trigger --settle --subsystem-match=block
systemctl daemon-reload
systemctl enable --now "$1"
"""


def parcel(folder: Path, trust: Path, serials: list[str]) -> Path:
    """A disk below ``folder`` with all that is brought to the machine: programs and settings."""
    content = folder / "parcel"
    for package in ("ferry", "kernel"):
        shutil.copytree(
            ROOT / package, content / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(trust, content / "trust.toml")
    (content / "ferry-ingest.toml").write_text(
        'side = "ingest"\norigin = "intranet"\ndestination = "extranet"\n'
        f'[spool]\nfolder = "{HOME}/spool"\n[state]\nfolder = "{HOME}/state"\n'
        f'[medium]\ndevice = "/dev/sr0"\nkind = "usb"\nusb_serials = {json.dumps(serials)}\n'
        '[trust]\nfile = "trust.toml"\n[watch]\ndevices = ["/dev/sr0"]\nrescan_seconds = 600\n',
        "utf-8",
    )
    disk = folder / "parcel.img"
    file_system(content, disk, _PARCEL_BYTES, "parcel")
    return disk


@dataclass(frozen=True, slots=True)
class ReadingStation:
    """What the service within ``machine`` did, seen from outside."""

    machine: Machine

    def install(self) -> None:
        """Install and start the service; it watches when this ends."""
        self.machine.run("/bin/sh", "-s", UNIT, give=_INSTALL.encode())
        self.wait_for(lambda: "ferry.watching" in self.journal())

    def wait_for(self, so: Callable[[], bool]) -> None:
        """Wait until ``so``; what the service logged tells why it never came to be."""
        try:
            wait_for(so)
        except MachineError as error:
            raise MachineError(f"{error}\n{self.journal()[-6000:]}") from error

    def journal(self) -> str:
        """What the service logged."""
        return self.machine.run("/bin/journalctl", "--no-pager", "-o", "cat", "-u", UNIT).out

    def ledger(self) -> list[dict[str, Any]]:
        """The lines of its ledger."""
        done = self.machine.run("/bin/cat", f"{HOME}/state/ledger.jsonl", check=False)
        return [json.loads(line) for line in done.out.splitlines()]

    def incidents(self) -> list[str]:
        """The codes of everything that was refused, in order."""
        return [line["detail"]["code"] for line in self.ledger() if line["act"] == "incident"]

    def facts(self) -> dict[str, Any]:
        """What it publishes for consoles and metrics; nothing before its first trip."""
        path = f"{HOME}/spool/facts/ferry-ingest.json"
        said = self.machine.run("/bin/cat", path, check=False).out
        return dict(json.loads(said or "{}"))

    def spool(self) -> dict[str, bytes]:
        """Every file of its spool, by path."""
        packed = self.machine.run("/bin/tar", "-c", "-C", f"{HOME}/spool", ".").raw
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            return {
                member.name.removeprefix("./"): file.read()
                for member in tar.getmembers()
                if (file := tar.extractfile(member)) is not None
            }

    def arrivals(self) -> list[str]:
        """Names of what was admitted, and not yet taken."""
        done = self.machine.run("/bin/ls", f"{HOME}/spool/in/intranet", check=False)
        return done.out.split()

    def take(self, name: str) -> bytes:
        """Take an admitted file out of the spool, as the zone's exchange does."""
        path = f"{HOME}/spool/in/intranet/{name}"
        content = self.machine.run("/bin/cat", path).raw
        self.machine.run("/bin/rm", path)
        return content
