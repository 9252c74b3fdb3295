"""Sealing writes what the specification says, or raises and leaves the number unused."""

import hashlib
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import bundle_forge as forge
import pytest

from kernel.bundle import MessageRef, Receipts, Receiver, unpack, verify
from kernel.bundle import header as header_module
from kernel.bundle import receipts as receipts_module
from kernel.bundle.seal import BlobSource, BundleDraft, seal
from kernel.bundle.stream import CHUNK
from kernel.bundle.tar import MAX_MEMBER, header_block
from kernel.errors import UnavailableError
from kernel.keys import InternationalSuite, Purpose, ZoneKeys
from kernel.materials import MaterialsStore, StoreSink
from kernel.vocabulary.zones import Stream, Zone

SPEC = Path(__file__).parents[3] / "docs" / "spec" / "bundle-v1.md"
SOURCES = Path(header_module.__file__).parent
REFS = [MessageRef(id=forge.ID, kind="case.submitted")]
RECEIVER = Receiver(forge.trust(), Zone.EXTRANET, forge.AT)


def draft(origin: Zone) -> BundleDraft:
    return BundleDraft(
        origin,
        Zone.EXTRANET,
        Stream.MATERIALS,
        forge.EPOCH,
        1,
        None,
        0,
        Receipts(seen_beacon=0, streams=[]),
    )


def source_of(path: Path, content: bytes) -> BlobSource:
    path.write_bytes(content)
    return BlobSource(path, hashlib.sha256(content).hexdigest(), len(content), "image/png")


def sealed(origin: Zone, blobs: list[BlobSource], target: Any) -> Any:
    keys = {Zone.INTERNET: forge.INTERNET, Zone.INTRANET: forge.INTRANET}[origin]
    recipient = forge.EXTRANET.public(Purpose.RECEIVE) if origin is Zone.INTRANET else None
    return seal(target, draft(origin), REFS, [forge.LINE], blobs, keys, recipient)


@pytest.mark.parametrize("origin", [Zone.INTERNET, Zone.INTRANET])
@pytest.mark.parametrize(
    "size", [0, 1, 511, 512, 513, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 17]
)
def test_blob_of_any_size_arrives_as_it_was(tmp_path: Path, origin: Zone, size: int) -> None:
    content = os.urandom(size)
    blob = source_of(tmp_path / "scan", content)
    target = io.BytesIO()
    bundle = sealed(origin, [blob], target)
    assert bundle.size == len(target.getvalue())
    store = MaterialsStore(tmp_path / "store")
    verify(io.BytesIO(target.getvalue()), RECEIVER, bundle.name)
    with StoreSink(store) as sink:
        opened = unpack(io.BytesIO(target.getvalue()), RECEIVER, bundle.name, forge.EXTRANET, sink)
        assert not store.has(blob.digest)
        sink.keep()
    assert opened.digest == bundle.digest
    assert opened.messages == (forge.LINE,)
    assert store.path(blob.digest).read_bytes() == content


def test_encrypting_twice_shows_nothing_alike(tmp_path: Path) -> None:
    blob = source_of(tmp_path / "scan", b"the same scan")
    one, two = io.BytesIO(), io.BytesIO()
    suite = InternationalSuite()
    keys = ZoneKeys(Zone.INTRANET, suite, forge.INTRANET.seal, forge.INTRANET.receive)
    for target in (one, two):
        seal(
            target,
            draft(Zone.INTRANET),
            REFS,
            [forge.LINE],
            [blob],
            keys,
            forge.EXTRANET.public(Purpose.RECEIVE),
        )
    first, second = (json.loads(_header(target.getvalue())) for target in (one, two))
    assert not {b["digest"] for b in first["blobs"]} & {b["digest"] for b in second["blobs"]}


def _header(content: bytes) -> bytes:
    return content[512 : 512 + int(content[124:135], 8)]


@pytest.mark.parametrize("origin", [Zone.INTERNET, Zone.INTRANET])
@pytest.mark.parametrize("rot", ["flipped", "shorter", "longer", "gone"])
def test_rotten_store_is_noticed(tmp_path: Path, origin: Zone, rot: str) -> None:
    blob = source_of(tmp_path / "scan", b"a scan")
    if rot == "gone":
        blob.path.unlink()
    else:
        blob.path.write_bytes({"flipped": b"a sCan", "shorter": b"a", "longer": b"a scan!"}[rot])
    with pytest.raises(UnavailableError) as caught:
        sealed(origin, [blob], io.BytesIO())
    assert caught.value.code == "material_damaged"


def test_full_disk_is_said() -> None:
    with (
        open("/dev/full", "wb", buffering=0) as target,  # noqa: PTH123 - the kernel's full disk
        pytest.raises(UnavailableError) as caught,
    ):
        sealed(Zone.INTERNET, [], target)
    assert caught.value.code == "disk_full"


def test_message_of_two_lines_is_a_bug() -> None:
    with pytest.raises(ValueError, match="one line"):
        seal(
            io.BytesIO(),
            draft(Zone.INTERNET),
            REFS,
            [b"{}\n{}"],
            [],
            forge.INTERNET,
            None,
        )


def test_tar_cannot_say_more_than_its_limit() -> None:
    header_block("x", MAX_MEMBER)
    with pytest.raises(ValueError, match="does not fit"):
        header_block("x", MAX_MEMBER + 1)


def test_limits_are_those_of_the_specification() -> None:
    told = dict(
        line.strip("|` \n").replace("`", "").split(" | ")
        for line in SPEC.read_text("utf-8").splitlines()
        if line.startswith("| `MAX_")
    )
    assert told
    for name, value in told.items():
        module = receipts_module if hasattr(receipts_module, name) else header_module
        assert getattr(module, name) == int(value), name


def test_every_code_in_the_source_is_in_the_specifications() -> None:
    text = SPEC.read_text("utf-8") + (SPEC.parent / "beacon-v1.md").read_text("utf-8")
    raised = {
        code
        for path in [*SOURCES.glob("*.py"), SOURCES.parent / "keys" / "trust.py"]
        for code in _codes(path.read_text("utf-8"))
    }
    assert len(raised) > 20
    assert [code for code in sorted(raised) if f"| `{code}` |" not in text] == []


def _codes(source: str) -> list[str]:
    return re.findall(r'RejectedBundleError\(\s*"([a-z_]+)"', source)
