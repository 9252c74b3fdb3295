"""The three administrators' views: one inventory a zone, and what people bring between them."""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from appliance.hosts.commands import run
from appliance.hosts.host import Host
from appliance.hosts.network import GATE_RECEIVER_MAC, GATE_SENDER_MAC, ZONES, address
from appliance.hosts.root import ADMINISTRATOR
from extranet_zone.clocks.calendar_file import YearCalendar, sign
from gate.diode.frame import LinkKey
from kernel.clock import BEIJING
from kernel.keys import Purpose, entry_text, generate_signer, load_station
from kernel.keys.tls import issue_server, make_ca
from kernel.vocabulary.zones import Zone

CONSOLES: Final = {"internet": "public", "extranet": "office", "intranet": "survey"}
"""The card a zone's console listens on."""
EICAR: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_LINK_BYTES_PER_SECOND: Final = 4_000_000
"""Slow enough for a receiver that shares two cores with everybody; nobody can say "slower"."""


@dataclass(frozen=True, slots=True)
class Views:
    """Everything below ``folder``; a view holds nothing of the other zones but public facts."""

    folder: Path

    def inventory(self, zone: str) -> Path:
        """The inventory of a zone's view."""
        return self.folder / zone / "hosts.yml"

    def handover(self, zone: str) -> Path:
        """What the other zones' people brought."""
        return self.folder / zone / "handover"

    @property
    def authority(self) -> Path:
        """The certificate authority every browser of the test trusts."""
        return self.folder / "authority.crt"

    @property
    def identity(self) -> Path:
        """The private key that opens backups; real ones lie in a safe."""
        return self.folder / "recovery.key"

    @property
    def recipient(self) -> str:
        """The public key that backups are made for."""
        return run("age-keygen", "-y", str(self.identity)).strip()

    def write(self, hosts: dict[str, Host], bundle: Path, fingerprint: str) -> None:
        """Write every view, its certificates and secrets."""
        authority = make_ca("sample city authority", datetime.now(UTC))
        self.folder.mkdir(parents=True)
        authority.write(self.authority, self.folder / "authority.key")
        run("age-keygen", "-o", str(self.identity))
        link_key = LinkKey.new_text()
        for zone in ZONES:
            view = self.folder / zone
            (view / "secrets").mkdir(parents=True)
            (view / "handover").mkdir()
            issue_server(authority, (address(zone, CONSOLES[zone]),), datetime.now(UTC)).write(
                view / "secrets/site.crt", view / "secrets/site.key"
            )
            if zone == "extranet":
                self._sign_calendar(view / "calendars")
            (view / "signatures").mkdir()
            (view / "signatures/sample.ndb").write_text(f"Sample.Eicar:0:*:{EICAR.hex()}\n")
            if zone != "internet":
                (view / "secrets/link.key").write_text(link_key)
                (view / "secrets/link.key").chmod(0o600)
            self.write_inventory(zone, hosts[zone], bundle, fingerprint)

    @staticmethod
    def _sign_calendar(folder: Path) -> None:
        """This year's calendar as an administrator signs it, with weekends off and nothing else."""
        now = datetime.now(BEIJING)
        private = folder / "calendar.key"
        public = generate_signer(Zone.EXTRANET, Purpose.CALENDAR, private)
        (folder / "calendar.public.toml").write_text(entry_text(public), "utf-8")
        calendar = YearCalendar(year=now.year, edition=1, source="样例：只休周末", breaks=())
        (folder / f"{now.year}.json").write_text(sign(calendar, load_station(private)), "ascii")

    def write_inventory(self, zone: str, host: Host, bundle: Path, fingerprint: str) -> None:
        """The inventory of one view; written again when the bundle is another."""
        version = json.loads((bundle / "manifest.json").read_bytes())["version"]
        view = self.folder / zone
        facts: dict[str, object] = {
            "ansible_host": host.address,
            "ansible_user": ADMINISTRATOR,
            "ansible_ssh_private_key_file": str(host.key),
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={host.known_hosts}",
            "tongban__zone": zone,
            "tongban__version": version,
            "bundle__source": str(bundle),
            "bundle__fingerprint": fingerprint,
            "bundle__staging": str(self.folder),
            "base__administrators": [
                {
                    "name": ADMINISTRATOR,
                    "keys": [host.key.with_suffix(".key.pub").read_text().strip()],
                    "sudo": True,
                    "password_free": True,
                }
            ],
            "base__ssh_listen": [host.address],
            "nftables__managers": [address(f"admin-{zone}", "admin")],
            "nftables__visitors": [
                "0.0.0.0/0" if zone == "internet" else address("people", CONSOLES[zone])
            ],
            "nginx__listen": [address(zone, CONSOLES[zone])],
            "nginx__certificate": str(view / "secrets/site.crt"),
            "nginx__key": str(view / "secrets/site.key"),
            "nginx__requests_per_second": 1000,
            "chrony__servers": [address(f"admin-{zone}", "admin")],
            "backup__recipient": self.recipient,
            "clamav__signatures": str(view / "signatures"),
            "app__sample": True,
            "app__tick_seconds": 1,
            "app__uplink_seconds": 1,
            "app__beacon_seconds": 5,
            "app__threads": 4,
            "app__workers": 1,
            "app__disk_low_mib": 64,
            "app__disk_stop_mib": 32,
            "app__disk_floor_mib": 16,
            **_OWN[zone],
            **({"gate__link_key": str(view / "secrets/link.key")} if zone != "internet" else {}),
            **(self._calendar_facts(view / "calendars") if zone == "extranet" else {}),
        }
        known = self._fingerprints(zone)
        if known:
            facts["handover__fingerprints"] = known
        self._write(zone, {"tongban": {"hosts": {f"jy-{zone}": facts}}})

    @staticmethod
    def _calendar_facts(folder: Path) -> dict[str, object]:
        return {
            "handover__calendar_key": str(folder / "calendar.public.toml"),
            "app__calendars": [str(path) for path in sorted(folder.glob("*.json"))],
        }

    def _fingerprints(self, zone: str) -> dict[str, str]:
        """What was written down of the neighbours before."""
        if not self.inventory(zone).exists():
            return {}
        (facts,) = json.loads(self.inventory(zone).read_bytes())["tongban"]["hosts"].values()
        known: dict[str, str] = facts.get("handover__fingerprints", {})
        return known

    def carry_handovers(self, fingerprints: dict[str, str]) -> None:
        """People bring each zone's handover to its neighbours, and read its fingerprint to them."""
        for zone, neighbours in _NEIGHBOURS.items():
            for other in neighbours:
                name = f"{other}.handover.json"
                shutil.copy(self.handover(other) / "own" / name, self.handover(zone) / name)
            inventory = json.loads(self.inventory(zone).read_bytes())
            (facts,) = inventory["tongban"]["hosts"].values()
            facts["handover__fingerprints"] = {other: fingerprints[other] for other in neighbours}
            self._write(zone, inventory)

    def _write(self, zone: str, inventory: object) -> None:
        # JSON is YAML.
        text = json.dumps(inventory, ensure_ascii=False, indent=2)
        self.inventory(zone).write_text(text, "utf-8")


_NEIGHBOURS: Final = {
    "internet": ("extranet",),
    "extranet": ("internet", "intranet"),
    "intranet": ("extranet",),
}
_LINK: Final[dict[str, object]] = {
    "gate__link_address": address("intranet", "gate"),
    "gate__link_interface": "gate",
    "gate__link_bytes_per_second": _LINK_BYTES_PER_SECOND,
    "gate__scan_seconds": 1,
}
_OWN: Final[dict[str, dict[str, object]]] = {
    "internet": {
        "app__uplink_host": address("internet", "uplink"),
        "nftables__uplink_peer": address("extranet", "uplink"),
        "app__limits": {"registrations": 100_000, "sign_ins": 100_000, "verifications": 10_000},
    },
    "extranet": {
        **_LINK,
        "app__uplink_host": address("internet", "uplink"),
        "app__portal_url": f"https://{address('internet', 'public')}",
        "gate__link_peer_address": address("intranet", "gate"),
        "gate__link_peer_mac": GATE_RECEIVER_MAC,
        "ferry__device": "/var/lib/tongban/ferry/disc.iso",
        "ferry__kind": "image",
        "ferry__watching": False,
        "ferry__operators": [ADMINISTRATOR],
    },
    "intranet": {
        **_LINK,
        "gate__link_peer_address": address("extranet", "gate"),
        "gate__link_peer_mac": GATE_SENDER_MAC,
        "ferry__device": "/var/lib/tongban/ferry/disc.iso",
        "ferry__kind": "image",
        "ferry__operators": [ADMINISTRATOR],
    },
}
