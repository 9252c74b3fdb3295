"""Three zones whose handovers agree, made with real keys and certificates."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kernel.bundle.envelope import sign
from kernel.bundle.header import canonical
from kernel.clock import SetClock
from kernel.handover.form import PAYLOAD_TYPE, Certificates, fingerprint, make
from kernel.keys import Purpose, ZoneKeys, entry_text, generate, generate_station
from kernel.keys.tls import issue_client, issue_server, make_ca
from kernel.vocabulary.zones import Zone

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
UPLINK = "https://portal.example:8443"
PORTAL = "https://portal.example"


def payload_of(raw: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.b64decode(json.loads(raw)["payload"]))
    return found


def signed_again(keys: ZoneKeys, payload: bytes) -> bytes:
    """An envelope over any payload, signed rightly."""
    public = keys.suite.signing_public(keys.seal)
    return canonical(
        {
            "payload": base64.b64encode(payload).decode(),
            "public": base64.b64encode(public).decode(),
            "signature": json.loads(sign(PAYLOAD_TYPE, payload, keys, Purpose.SEAL)),
        }
    )


@dataclass(frozen=True)
class World:
    """Keys and handovers by zone."""

    clock: SetClock
    keys: dict[Zone, ZoneKeys]
    files: dict[Zone, bytes]

    def fingerprint(self, zone: Zone) -> str:
        keys = self.keys[zone]
        return fingerprint(keys.suite.signing_public(keys.seal))

    def changed(self, zone: Zone, change: Callable[[dict[str, Any]], object]) -> bytes:
        """The zone's handover with its payload changed, and signed by the zone all the same."""
        payload = payload_of(self.files[zone])
        change(payload)
        return signed_again(self.keys[zone], canonical(payload))

    def with_file(self, zone: Zone, raw: bytes) -> "World":
        return replace(self, files={**self.files, zone: raw})


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("handover")
    clock = SetClock(NOW)
    keys = {zone: generate(zone, folder / zone.value) for zone in Zone}
    station = generate_station(Zone.INTRANET, folder / "carry.key")
    entries = {
        zone: [keys[zone].public(purpose) for purpose in keys[zone].purposes()] for zone in Zone
    }
    entries[Zone.INTRANET].append(station)
    none = Certificates(authority=None, client=None, server=None)
    authority = make_ca("internet", NOW)
    server = issue_server(authority, ["portal.example"], NOW)
    other = make_ca("extranet", NOW)
    client = issue_client(other, "extranet", NOW)
    certificates = {
        Zone.INTERNET: none.model_copy(
            update={
                "authority": authority.certificate.decode(),
                "server": server.certificate.decode(),
            }
        ),
        Zone.EXTRANET: none.model_copy(
            update={"authority": other.certificate.decode(), "client": client.certificate.decode()}
        ),
        Zone.INTRANET: none,
    }
    files = {
        zone: make(
            keys[zone],
            "\n".join(entry_text(key) for key in entries[zone]),
            certificates[zone],
            None if zone is Zone.INTRANET else UPLINK,
            None if zone is Zone.INTRANET else PORTAL,
            "tongban 0.1.0",
            clock,
        )
        for zone in Zone
    }
    return World(clock, keys, files)


def expired_certificate(host: str) -> dict[str, str]:
    """A server's certificate and authority that ran out yesterday."""
    then = NOW - timedelta(days=20)
    authority = make_ca("internet", then, days=3650)
    server = issue_server(authority, [host], then, days=19)
    return {"authority": authority.certificate.decode(), "server": server.certificate.decode()}


@pytest.fixture
def expired() -> Callable[[str], dict[str, str]]:
    return expired_certificate


@pytest.fixture
def paths(world: World, tmp_path: Path) -> dict[Zone, Path]:
    """The handovers as files."""
    found = {zone: tmp_path / f"{zone.value}.json" for zone in Zone}
    for zone, path in found.items():
        path.write_bytes(world.files[zone])
    return found
