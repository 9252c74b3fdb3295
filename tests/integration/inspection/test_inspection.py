"""Claims about what a bundle may hold: anything else is set aside, with its own code, alone."""

import importlib
import io
import random
import tracemalloc
import zipfile
from pathlib import Path

import bundle_forge as forge
import pytest
from parcels import CASE_NO, PNG, Landing, line, parcel, png
from PIL import Image

from gate.inspection import Blob, Inspection
from kernel.bundle import Receiver
from kernel.errors import RejectedBundleError
from kernel.vocabulary.zones import Zone

RECEIVER = Receiver(forge.trust(), Zone.INTRANET, forge.AT)


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path)


def _zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("inside.txt", "样例")
    return made.getvalue()


def _jpeg() -> bytes:
    made = io.BytesIO()
    Image.new("L", (8, 8)).save(made, "JPEG")
    return made.getvalue()


def test_right_bundle_passes_and_is_told_in_full(tmp_path: Path) -> None:
    blob = png()
    found = parcel((blob, PNG), (_jpeg(), "image/jpeg"))
    report = Inspection().inspect(found.put(tmp_path), found.name, RECEIVER)
    assert report.origin is Zone.EXTRANET
    assert report.messages.kinds == {"review.requested": 1}
    assert report.messages.case_numbers == (CASE_NO,)
    assert report.bundle is not None
    assert [entry.media_type for entry in report.bundle.header.blobs[1:]] == [PNG, "image/jpeg"]


BAD = {
    "type that is not allowed": ([(_zip(), "application/zip")], "media_type_refused"),
    "archive under a picture's type": ([(_zip(), PNG)], "media_type_mismatch"),
    "picture of another type": ([(png(), "image/jpeg")], "media_type_mismatch"),
    "program": ([(b"\x7fELF" + bytes(60), PNG)], "media_type_mismatch"),
    "nothing at all": ([(b"", PNG)], "media_type_mismatch"),
    "archive behind a picture": ([(png(extra=_zip()), PNG)], "archive_nested"),
    "half a picture": ([(png()[:40], PNG)], "content_damaged"),
    "half a document": ([(b"%PDF-1.7\n", "application/pdf")], "content_damaged"),
    "second blob is bad": ([(png(), PNG), (b"x", PNG)], "media_type_mismatch"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_material_is_set_aside_and_the_next_bundle_passes(landing: Landing, what: str) -> None:
    blobs, code = BAD[what]
    parcel(*blobs).put(landing.drop)
    good = parcel((png(), PNG), sequence=2)
    good.put(landing.drop)
    found = landing.receive()
    assert (found.files, found.quarantined) == (1, 1)
    assert landing.codes() == [code]
    assert landing.arrived() == [good.name]
    (item,) = landing.spool.quarantined()
    assert item.message
    assert list((landing.spool.folder / "tmp").iterdir()) == []


def test_picture_with_too_many_pixels_is_refused_undecoded(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The package's attribute of that name is the function.
    monkeypatch.setattr(importlib.import_module("kernel.materials.inspect"), "MAX_PIXELS", 63)
    parcel((png(), PNG)).put(landing.drop)
    landing.receive()
    assert landing.codes() == ["content_bomb"]


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, RecursionError, KeyError])
def test_parser_that_breaks_passes_nothing_and_holds_nothing_up(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def breaks(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("gate.inspection.content.inspect_content", breaks)
        parcel((png(), PNG)).put(landing.drop)
        landing.receive()
    assert landing.codes() == ["content_damaged"]
    parcel((png(), PNG), sequence=2).put(landing.drop)
    assert landing.receive().files == 1


MESSAGES = {
    "of no kind that goes this way": ([line(kind="review.concluded")], "message_route"),
    "with an unknown field": ([line(body={"name": "样例"})], "message_schema"),
    "that is no JSON": ([b"hello"], "message_schema"),
    "that the header does not list": ([line(id="f" * 32)], "messages_mismatch"),
    "one too many": ([line(), line()], "messages_count"),
    "none where one is listed": ([], "messages_count"),
    "too long": ([b" " * 300_000], "message_size"),
}


@pytest.mark.parametrize("what", MESSAGES)
def test_bad_message_is_set_aside(landing: Landing, what: str) -> None:
    lines, code = MESSAGES[what]
    parcel(lines=lines).put(landing.drop)
    landing.receive()
    assert landing.codes() == [code]
    (item,) = landing.spool.quarantined()
    assert "样例" not in item.message


class _Nothing:
    """An inspector somebody added: it passes nothing, and remembers what it saw."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    def inspect(self, blob: Blob) -> None:
        with blob.open() as source:
            self.seen.append(source.read())
        if len(self.seen) == 2:
            raise RejectedBundleError("signature_invalid", "样例")


def test_further_inspectors_see_every_byte_last(tmp_path: Path) -> None:
    further = _Nothing()
    landing = Landing(tmp_path, (further,))
    parcel((b"x", PNG)).put(landing.drop)
    landing.receive()
    assert further.seen == []
    blob = png()
    parcel((blob, PNG), sequence=2).put(landing.drop)
    landing.receive()
    assert further.seen == [line() + b"\n", blob]
    assert sorted(landing.codes()) == ["media_type_mismatch", "signature_invalid"]


def test_memory_does_not_grow_with_the_bundle(tmp_path: Path) -> None:
    chance = random.Random(1)
    blobs = [(_noise(chance.randbytes(1500 * 1500)), PNG) for _ in range(20)]
    found = parcel(*blobs)
    path = found.put(tmp_path)
    tracemalloc.start()
    try:
        Inspection().inspect(path, found.name, RECEIVER)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 40 << 20
    assert peak < 8 << 20


def _noise(pixels: bytes) -> bytes:
    made = io.BytesIO()
    Image.frombytes("L", (1500, 1500), pixels).save(made, "PNG", compress_level=0)
    return made.getvalue()
