"""Claims about files that unpack to more than they are: refused, quickly, in flat memory."""

import contextlib
import io
import random
import zlib

import pytest
from PIL import Image
from pypdf import PdfWriter

from kernel.errors import InvalidValueError
from kernel.materials import inspect_content, pdf, require_type

PDF = "application/pdf"


def _pdf(stream: bytes = b"", filters: bytes = b"/FlateDecode", extra: bytes = b"") -> bytes:
    """A PDF of one page, written by hand, with one more stream."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R" + extra + b">>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
        b"<</Filter%s/Length %d>>stream\n%s\nendstream" % (filters, len(stream), stream),
    ]
    content, places = bytearray(b"%PDF-1.7\n"), []
    for number, value in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    start = len(content)
    content += b"xref\n0 5\n0000000000 65535 f \n"
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(content)


def _code(content: bytes) -> str | None:
    source = io.BytesIO(content)
    try:
        require_type(source, len(content), PDF)
        inspect_content(source, len(content), PDF)
    except InvalidValueError as error:
        return error.code
    return None


def test_plain_document_passes() -> None:
    assert _code(_pdf(zlib.compress(b"0 0 m"))) is None


def test_stream_that_unpacks_to_far_more_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_STREAM_BYTES", 10_000_000)
    assert _code(_pdf(zlib.compress(bytes(10_000_000)))) is None
    assert _code(_pdf(zlib.compress(bytes(30_000_000)))) == "upload_expands"


def test_many_streams_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_UNPACKED_BYTES", 10_000_000)
    packed = zlib.compress(bytes(4_000_000))
    second = packed + b"\nendstream endobj 9 0 obj <<>>stream\n" + packed
    third = second + b"\nendstream endobj 9 0 obj <<>>stream\n" + packed
    assert _code(_pdf(second)) is None
    assert _code(_pdf(third)) == "upload_expands"


def test_packed_twice_is_refused() -> None:
    twice = zlib.compress(zlib.compress(bytes(1000)))
    assert _code(_pdf(twice, b"[/FlateDecode /FlateDecode]")) == "upload_expands"


def test_too_many_objects_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_OBJECTS", 3)
    assert _code(_pdf()) == "upload_expands"


def test_attachment_is_refused() -> None:
    writer = PdfWriter()
    writer.add_blank_page(9, 9)
    assert _code(_written(writer)) is None
    writer.add_attachment("inside.zip", b"PK")
    assert _code(_written(writer)) == "upload_attachments"


def _written(writer: PdfWriter) -> bytes:
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def test_streams_that_overlap_do_not_cost_their_square(monkeypatch: pytest.MonkeyPatch) -> None:
    # Stored blocks of a few bytes, each of which begins a stream that runs to the end.
    inner = b"stream\n\x78\x01"
    block = b"\x00" + len(inner).to_bytes(2, "little") + (0xFFFF ^ len(inner)).to_bytes(2, "little")
    monkeypatch.setattr(pdf, "MAX_OBJECTS", 1_000_000)
    assert _code(_pdf(b"\x78\x01" + (block + inner) * 100_000)) == "upload_expands"


def test_random_damage_to_pictures_is_damage_and_no_bug() -> None:
    made = io.BytesIO()
    Image.frombytes("RGB", (40, 40), bytes(4800)).save(made, "JPEG")
    chance, whole = random.Random(3), made.getvalue()
    for _ in range(3000):
        content = bytearray(whole)
        for _change in range(chance.randint(1, 8)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        with contextlib.suppress(InvalidValueError):
            inspect_content(io.BytesIO(bytes(content)), len(content), "image/jpeg")
