"""Whole views: the samples with their placeholders filled in, and the files they name."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kernel.keys.tls import issue_server, make_ca

SAMPLES = Path(__file__).parents[3] / "ansible" / "inventories"
NAMES = {
    "internet": "bdc.jiyuan.example",
    "extranet": "10.40.1.10",
    "intranet": "172.20.1.10",
}
PLACEHOLDERS = {
    '"' + "0" * 64 + '"': '"' + "5a" * 32 + '"',
    "q" * 58: "9" * 58,
    "AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43: "AAAAC3NzaC1lZDI1NTE5AAAAIGJ1bmRsZQ",
}


def issue(view: Path, name: str, days: int = 400, begun: int = 100) -> None:
    """A certificate and key for ``name`` that was issued ``begun`` days ago for ``days`` days."""
    then = datetime.now(UTC) - timedelta(days=begun)
    identity = issue_server(make_ca("authority", then), [name], then, days)
    (view / "secrets").mkdir(exist_ok=True)
    for path, content, mode in (
        (view / "secrets/site.crt", identity.certificate, 0o644),
        (view / "secrets/site.key", identity.key, 0o600),
    ):
        path.write_bytes(content)
        path.chmod(mode)


@pytest.fixture
def view_of(tmp_path: Path) -> Callable[[str], Path]:
    """Makes the view of a zone, without a problem."""

    def make(zone: str) -> Path:
        view = tmp_path / zone
        shutil.copytree(SAMPLES / f"{zone}.sample", view)
        for path in view.rglob("*.yml"):
            text = path.read_text("utf-8")
            for old, new in PLACEHOLDERS.items():
                text = text.replace(old, new)
            path.write_text(text, "utf-8")
        issue(view, NAMES[zone])
        (view / "secrets/link.key").write_text("link")
        (view / "secrets/link.key").chmod(0o600)
        (view / "signatures").mkdir()
        (view / "handover").mkdir()
        for other in NAMES:
            (view / "handover" / f"{other}.handover.json").write_text("{}")
        return view

    return make
