"""Claims about files that unpack to more than they are: refused, quickly, in flat memory."""

import io
import zlib

import pytest
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
