"""The committed vectors are what the generator makes, and are judged as the specification says."""

import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import bundle_forge as forge
import make_bundle_v1
import pytest
from bundle_defects import INVALID

from kernel.bundle import Receiver, open_beacon, read_header, unpack, verify
from kernel.errors import RejectedBundleError
from kernel.keys import TrustStore
from kernel.vocabulary.zones import Zone

FOLDER = make_bundle_v1.FOLDER
SPEC = Path(__file__).parents[3] / "docs" / "spec" / "bundle-v1.md"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_bytes())


class MemorySink:
    """Remembers whole blobs."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self._digest = ""
        self._content = b""

    def begin(self, digest: str, _size: int) -> None:
        self._digest, self._content = digest, b""

    def write(self, chunk: bytes | memoryview) -> None:
        self._content += bytes(chunk)

    def end(self) -> None:
        self.blobs[self._digest] = self._content


def receiver() -> Receiver:
    return Receiver(TrustStore.load(FOLDER / "trust.toml"), Zone.EXTRANET, forge.AT)


def test_vectors_are_what_the_generator_makes() -> None:
    committed = {
        str(path.relative_to(FOLDER)): path.read_bytes()
        for path in FOLDER.rglob("*")
        if path.is_file()
    }
    assert committed == make_bundle_v1.files()


@pytest.mark.parametrize("name", EXPECTED["valid"])
def test_whole_bundle_is_accepted_by_carrier_and_destination(name: str) -> None:
    content = (FOLDER / "valid" / f"{name}.tar").read_bytes()
    copy, sink = io.BytesIO(), MemorySink()
    carried = verify(io.BytesIO(content), receiver(), None, copy)
    opened = unpack(io.BytesIO(content), receiver(), None, forge.EXTRANET, sink)
    assert copy.getvalue() == content
    assert opened.header == carried.header
    assert len(opened.messages) == len(opened.header.messages)
    assert all(line == forge.LINE for line in opened.messages)
    assert read_header(io.BytesIO(content), receiver(), None) == carried


@pytest.mark.parametrize("name", ["plain", "encrypted"])
def test_plain_blobs_reach_the_sink(name: str) -> None:
    sink = MemorySink()
    content = (FOLDER / "valid" / f"{name}.tar").read_bytes()
    unpack(io.BytesIO(content), receiver(), None, forge.EXTRANET, sink)
    assert forge.SCAN in sink.blobs.values()
    assert (forge.SCAN in content) is (name == "plain")
    assert (forge.LINE in content) is (name == "plain")


@pytest.mark.parametrize("name", EXPECTED["valid"])
def test_standard_tar_reads_a_bundle(name: str) -> None:
    with tarfile.open(FOLDER / "valid" / f"{name}.tar") as archive:
        members = archive.getmembers()
        header = json.load(archive.extractfile("header.json"))  # type: ignore[arg-type] # a file
    assert [member.name for member in members] == [
        "header.json",
        "signature.json",
        *(f"blobs/{blob['digest']}" for blob in header["blobs"]),
    ]
    assert {(m.mode, m.uid, m.gid, m.mtime, m.uname, m.gname) for m in members} == {
        (0o444, 0, 0, 0, "", "")
    }


@pytest.mark.parametrize("name", sorted(INVALID))
def test_defect_is_refused_with_its_code(name: str) -> None:
    expected = EXPECTED["invalid"][name]
    content = (FOLDER / "invalid" / f"{name}.tar").read_bytes()
    with pytest.raises(RejectedBundleError) as caught:
        unpack(io.BytesIO(content), receiver(), None, forge.EXTRANET, MemorySink())
    assert caught.value.code == expected["code"]
    if expected["seen_by_carrier"]:
        with pytest.raises(RejectedBundleError) as caught:
            verify(io.BytesIO(content), receiver(), None)
        assert caught.value.code == expected["code"]
    else:
        verify(io.BytesIO(content), receiver(), None)


def test_beacon_vector_is_accepted() -> None:
    content = (FOLDER / "valid" / "beacon.json").read_bytes()
    assert open_beacon(content, receiver(), None).counter == 8


def test_every_code_of_the_vectors_is_in_the_specification() -> None:
    listed = set(re.findall(r"^\| `([a-z_]+)` \|", SPEC.read_text("utf-8"), re.MULTILINE))
    assert {defect.code for defect in INVALID.values()} <= listed
