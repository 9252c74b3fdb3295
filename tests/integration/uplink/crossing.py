"""The uplink's two ends around a real server, and certificates for friends and strangers."""

import io
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from integration.exchange.pair import Pair

from extranet_zone.uplink.client import Uplink
from extranet_zone.uplink.settings import UplinkSettings
from kernel.clock import SystemClock
from kernel.exchange import post
from kernel.keys import entry_text
from kernel.keys.__main__ import certificate_sha256
from kernel.keys.tls import issue_client, issue_server, make_ca
from kernel.messages import BlobRef, CertificateIssued, Kind, MaterialsDelivered
from kernel.vocabulary.zones import Zone

ROOT = Path(__file__).parents[3]
HOST = "127.0.0.1"
UNIT = "419001001001GB00001F00010001"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def write_certificates(folder: Path) -> str:
    """An authority, the server, the extranet's client, a colleague, a stranger; the pin."""
    now = datetime.now(UTC)
    ours, other = make_ca("上联", now), make_ca("别家", now)
    ours.write(folder / "ca.crt", folder / "ca.key")
    other.write(folder / "other-ca.crt", folder / "other-ca.key")
    issue_server(ours, [HOST], now).write(folder / "server.crt", folder / "server.key")
    client = issue_client(ours, "extranet", now)
    client.write(folder / "client.crt", folder / "client.key")
    issue_client(ours, "extranet", now).write(folder / "colleague.crt", folder / "colleague.key")
    issue_client(other, "extranet", now).write(folder / "stranger.crt", folder / "stranger.key")
    return certificate_sha256(client.certificate)


def write_settings(folder: Path, pair: Pair, port: int, pin: str) -> Path:
    """The portal's settings file; the uplink uses only spool, trust and its own table."""
    keys = pair.keys.values()
    trust = [entry_text(own.public(purpose)) for own in keys for purpose in own.purposes()]
    (folder / "trust.toml").write_text("\n".join(trust))
    path = folder / "internet.toml"
    path.write_text(
        '[database]\nurl = "sqlite:///internet.db"\n'
        '[materials]\nfolder = "internet/materials"\n'
        '[spool]\nfolder = "internet/spool"\n'
        '[keys]\nfolder = "internet/keys"\ntrust = "trust.toml"\n'
        f'[web]\nhost = "{HOST}"\nport = 0\nsecret_file = "secret"\nsecure_cookies = false\n'
        f'[uplink]\nhost = "{HOST}"\nport = {port}\ncertificate = "server.crt"\n'
        f'key = "server.key"\nclient_authority = "ca.crt"\nclient_sha256 = "{pin}"\n'
    )
    return path


@dataclass(slots=True)
class Server:
    """``python -m internet_zone uplink`` on one port; killed and started again at will."""

    settings: Path
    port: int
    _process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        command = [sys.executable, "-m", "internet_zone", "uplink", "--settings", self.settings]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True
        )
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex((HOST, self.port)) == 0:
                    return
            assert self._process.poll() is None, "the uplink ended at once"
            time.sleep(0.05)
        raise AssertionError("the uplink does not listen")

    def kill(self) -> None:
        """``kill -9`` master and workers."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


@dataclass(slots=True)
class Crossing:
    folder: Path
    pair: Pair
    server: Server
    _open: list[Uplink] = field(default_factory=list)

    def dial(self, client: str = "client", authority: str = "ca") -> Uplink:
        settings = UplinkSettings(
            url=f"https://{HOST}:{self.server.port}",
            certificate=self.folder / f"{client}.crt",
            key=self.folder / f"{client}.key",
            authority=self.folder / f"{authority}.crt",
        )
        uplink = Uplink(settings, self.pair.extranet.spool, self.pair.trust, SystemClock())
        self._open.append(uplink)
        return uplink

    def close(self) -> None:
        for uplink in self._open:
            uplink.close()
        self.server.kill()
        self.pair.close()

    def down(self, content: bytes) -> str:
        """The portal seals a message with ``content`` as its file; answers the message's id."""
        blob = self.pair.internet.store.put(io.BytesIO(content), 1 << 30)
        body = MaterialsDelivered(case_no=f"W{1:015d}", digests=[blob.digest])
        return self._post(Zone.INTERNET, Kind.MATERIALS_DELIVERED, body, blob.digest, blob.size)

    def up(self, content: bytes) -> str:
        """The extranet seals a certificate whose PDF is ``content``."""
        blob = self.pair.extranet.store.put(io.BytesIO(content), 1 << 30)
        body = CertificateIssued(
            case_no=f"W{1:015d}",
            certificate_no="豫（2026）济源市不动产权第0000001号",
            unit_no=UNIT,
            statement="{}",
            pdf=blob.digest,
            pdf_size=blob.size,
        )
        return self._post(Zone.EXTRANET, Kind.CERTIFICATE_ISSUED, body, blob.digest, blob.size)

    def _post(
        self,
        origin: Zone,
        kind: Kind,
        body: MaterialsDelivered | CertificateIssued,
        digest: str,
        size: int,
    ) -> str:
        destination = Zone.EXTRANET if origin is Zone.INTERNET else Zone.INTERNET
        side = self.pair.sides[origin]
        with side.database.begin() as session:
            sent = post(
                session,
                origin=origin,
                destination=destination,
                kind=kind,
                body=body,
                case_no=body.case_no,
                now=1,
                blobs=[BlobRef(digest=digest, size=size, media_type="application/pdf")],
            )
        side.exchange.tick()
        return sent

    def effects(self, zone: Zone) -> list[str]:
        self.pair.sides[zone].exchange.tick()
        return self.pair.sides[zone].effects
