"""Every vector through the real receiving side: set aside with its code, the next unaffected."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import bundle_forge as forge
import make_bundle_v1
import pytest
from parcels import Landing

from kernel.bundle import BeaconName, Receiver, unpack
from kernel.bundle.names import BundleName
from kernel.errors import RejectedBundleError
from kernel.keys import TrustStore
from kernel.materials import MaterialsStore, StoreSink
from kernel.vocabulary.zones import Stream, Zone

FOLDER = make_bundle_v1.FOLDER
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_bytes())
GOOD = (FOLDER / "valid" / "beacon.json").read_bytes()
GOOD_NAME = str(BeaconName(8, hashlib.sha256(GOOD).hexdigest()))


def _header(content: bytes) -> tuple[bytes, dict[str, Any]]:
    """The header's bytes and what it says, or nothing when nobody could read it."""
    try:
        raw = content[512 : 512 + int(content[124:135], 8)]
        said = json.loads(raw)
    except (ValueError, RecursionError):
        return b"", {}
    return raw, said if isinstance(said, dict) else {}


def _name(content: bytes) -> str:
    """The name the file rightly has, or one of the right form."""
    raw, said = _header(content)
    try:
        stream, sequence = Stream(said["stream"]), said["sequence"]
    except (KeyError, ValueError):
        stream, sequence = Stream.REVIEW, 1
    number = sequence if isinstance(sequence, int) and sequence > 0 else 1
    return str(BundleName(stream, number, hashlib.sha256(raw).hexdigest()))


def _receive(folder: Path, content: bytes) -> Landing:
    """One file and, after it, a good one; the good one must have arrived."""
    origin = Zone.INTRANET if _header(content)[1].get("origin") == "intranet" else Zone.INTERNET
    landing = Landing(folder, origin=origin, destination=Zone.EXTRANET)
    (landing.drop / _name(content)).write_bytes(content)
    landing.receive()
    landing.scanner.origin = Zone.INTERNET
    (landing.drop / GOOD_NAME).write_bytes(GOOD)
    found = landing.receive()
    assert (found.files, found.quarantined) == (1, 0)
    assert list(landing.drop.iterdir()) == []
    assert (landing.spool.arrivals_folder(Zone.INTERNET) / GOOD_NAME).exists()
    return landing


@pytest.mark.parametrize("name", sorted(EXPECTED["invalid"]))
def test_defect_is_set_aside_under_its_code(tmp_path: Path, name: str) -> None:
    expected = EXPECTED["invalid"][name]
    content = (FOLDER / "invalid" / f"{name}.tar").read_bytes()
    landing = _receive(tmp_path, content)
    if _header(content)[1].get("encryption") is None or expected["seen_by_carrier"]:
        assert landing.codes() == [expected["code"]]
        return
    # Only the destination can look inside: the gate passes it on, and opening it finds it.
    assert landing.codes() == []
    receiver = Receiver(TrustStore.load(FOLDER / "trust.toml"), Zone.EXTRANET, forge.AT)
    with (
        StoreSink(MaterialsStore(tmp_path / "store")) as sink,
        pytest.raises(RejectedBundleError) as caught,
    ):
        unpack(io.BytesIO(content), receiver, None, forge.EXTRANET, sink)
    assert caught.value.code == expected["code"]


@pytest.mark.parametrize("name", EXPECTED["valid"])
def test_whole_vector_passes_unless_its_content_is_none_of_ours(tmp_path: Path, name: str) -> None:
    content = (FOLDER / "valid" / f"{name}.tar").read_bytes()
    landing = _receive(tmp_path, content)
    said = _header(content)[1]
    readable = said["messages"] and said["encryption"] is None
    # The vectors' message is none of the contract: the format asks for none, inspection does.
    assert landing.codes() == (["message_schema"] if readable else [])
