"""A window for tests: its computer's folder, the agent as a process, the console over HTTP."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from extranet_console import Browser, ConsoleOffice
from extranet_office import UNIT
from werkzeug.serving import make_server

from extranet_zone.roles import Role
from extranet_zone.window.contract import Reading, reading_digest

SIMULATED = (sys.executable, "-m", "extranet_zone.window.agent.simulated")
KINDS = ("identity_reader", "camera", "face", "signature_pad", "fingerprint")
ROOT = Path(__file__).parents[3]


@contextmanager
def serving(console: ConsoleOffice, tls: tuple[Path, Path] | None = None) -> Iterator[str]:
    """The console on a port of this machine; answers its address.

    ``tls`` is certificate and key of a server that speaks HTTPS.
    """
    files = (str(tls[0]), str(tls[1])) if tls is not None else None
    server = make_server("127.0.0.1", 0, console.app, threaded=True, ssl_context=files)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def register(console: ConsoleOffice, name: str = "1号窗口") -> tuple[str, str]:
    """A window with its token, made as an administrator makes them; answers id and token."""
    page = "/window/registration"
    admin = console.browser(Role.SYSTEM_ADMINISTRATOR)
    assert admin.post(page, page, name=name).status_code == 303
    listed = admin.get(page).text.partition(f'data-window="{name}"')[2]
    found = re.search(r"/window/registration/([0-9a-f]{32})/token", listed)
    assert found is not None
    issued = admin.post(f"{page}/{found[1]}/token", page)
    token = re.search(r'<code id="token">([^<]+)</code>', issued.text)
    assert token is not None
    return found[1], token[1]


def seated(console: ConsoleOffice, window: str) -> Browser:
    """The intake clerk's browser, sitting at the window."""
    clerk = console.browser(Role.INTAKE_CLERK)
    assert clerk.post("/window/seat", "/window", window=window).status_code == 303
    return clerk


def begin(clerk: Browser, item: str = "change-details") -> str:
    """A case that the clerk is entering."""
    answer = clerk.post("/cases/entry", "/cases/entry", unit_no=UNIT, item=item)
    assert answer.status_code == 303, answer.text
    return str(answer.location.split("/")[2])


def push(
    url: str, token: str, key: str = "0" * 32, content: bytes = b"", **said: Any
) -> requests.Response:
    """Bring a reading as an agent does, or a little wrong."""
    reading = Reading.model_construct(contract=1, **said)  # the zone's to judge
    raw = reading.model_dump_json(warnings=False).encode()
    files: dict[str, Any] = {"reading": (None, raw, "application/json")}
    if content:
        files["file"] = ("file", content, "image/png")
    return requests.post(
        f"{url}/window/v1/readings",
        files=files,
        headers={
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "Idempotency-Key": key,
            "Reading-Digest": reading_digest(raw),
        },
        timeout=20,
    )


@dataclass
class Desk:
    """The window's computer."""

    folder: Path
    config: Path

    @property
    def scans(self) -> Path:
        return self.folder / "scans"

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.scans / folder).iterdir())

    def command(self, *arguments: str) -> list[str]:
        module = "extranet_zone.window.agent"
        return [sys.executable, "-m", module, "--config", str(self.config), *arguments]

    def run(self, *arguments: str) -> tuple[int, Any]:
        """The agent to its end; answers exit code and its JSON."""
        done = subprocess.run(
            self.command("--json", *arguments),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)


def desk(
    folder: Path,
    url: str,
    token: str,
    drivers: dict[str, Sequence[str]] | None = None,
    seconds: float = 20,
    authority: Path | None = None,
) -> Desk:
    """A window's computer with a settings file and drivers, simulated where none are named."""
    (folder / "scans").mkdir(parents=True, exist_ok=True)
    (folder / "token").write_text(f"{token}\n")
    programs = drivers if drivers is not None else {kind: (*SIMULATED, kind) for kind in KINDS}
    lines = ["poll_seconds = 0.2", "[zone]", f'url = "{url}"', 'token_file = "token"']
    lines += [f'authority_file = "{authority}"'] if authority is not None else []
    lines += ["[scan]", 'folder = "scans"', "settle_seconds = 0.3", "patience_seconds = 20"]
    for kind, command in programs.items():
        lines += ["[[drivers]]", f'kind = "{kind}"', f"command = {json.dumps(list(command))}"]
        lines += [f"seconds = {seconds}"]
    config = folder / "window.toml"
    config.write_text("\n".join(lines))
    return Desk(folder, config)
