"""Whether a PDF is whole, and unpacks to no more than a reader can bear.

Every stream is unpacked once, a little at a time and thrown away, before a parser sees the file:
what it would make of a bomb is never made. Then the structure is read strictly.
"""

import re
import zlib
from typing import BinaryIO, Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from kernel.errors import InvalidValueError

MAX_PAGES: Final = 500
MAX_OBJECTS: Final = 200_000
MAX_STREAM_BYTES: Final = 400_000_000
"""One stream unpacked: an uncompressed page of A4 at 1200 dpi in colour is about that."""
MAX_UNPACKED_BYTES: Final = 1_500_000_000
"""All streams of a file unpacked."""
_TAIL: Final = 2048
_PIECE: Final = 64 * 1024
_MOST: Final = 1024 * 1024
_STREAM: Final = re.compile(rb"(?<!end)stream\r?\n")
_TWICE: Final = re.compile(rb"/(?:FlateDecode|Fl)\s*/(?:FlateDecode|Fl)\b")

# What a parser of hostile structure may raise besides its own error.
_DEFECTS: Final = (
    PyPdfError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
)


def require_whole_pdf(source: BinaryIO, size: int) -> int:
    """Check the PDF in ``source``; answers how many pages it has.

    Raises :class:`InvalidValueError`: ``upload_expands``, ``upload_attachments``,
    ``upload_encrypted``, ``upload_too_many_pages`` or ``upload_damaged``.
    """
    damaged = InvalidValueError("upload_damaged", "PDF 不完整或已损坏，请重新生成后上传")
    source.seek(max(0, size - _TAIL))
    if b"%%EOF" not in source.read(_TAIL):
        raise damaged
    source.seek(0)
    _require_bounded(source.read(size))
    source.seek(0)
    try:
        reader = PdfReader(source, strict=True)
        encrypted = reader.is_encrypted
        pages = 0 if encrypted else len(reader.pages)
        attached = False if encrypted else _has_attachments(reader)
    except _DEFECTS:
        raise damaged from None
    if encrypted:
        raise InvalidValueError("upload_encrypted", "PDF 设有密码，请去除密码后上传")
    if attached:
        raise _attachments()
    if not 1 <= pages <= MAX_PAGES:
        raise InvalidValueError("upload_too_many_pages", f"PDF 页数须在 1 至 {MAX_PAGES} 之间")
    return pages


def _require_bounded(content: bytes) -> None:
    expands = InvalidValueError("upload_expands", "PDF 展开后过大，请重新生成后上传")
    if content.count(b" obj") > MAX_OBJECTS or _TWICE.search(content):
        raise expands
    if b"/EmbeddedFile" in content:
        raise _attachments()
    view, total, work = memoryview(content), 0, 0
    for count, found in enumerate(_STREAM.finditer(content)):
        unpacked, read = _unpacked(view[found.end() :], min(MAX_STREAM_BYTES, MAX_UNPACKED_BYTES))
        total, work = total + unpacked, work + read
        # Streams do not overlap, so all of them together are no longer than the file.
        if total > MAX_UNPACKED_BYTES or work > 2 * len(content) + _PIECE or count > MAX_OBJECTS:
            raise expands


def _unpacked(packed: memoryview, limit: int) -> tuple[int, int]:
    """How much a stream unpacks to, and how much was read beyond its first piece.

    What is not deflated unpacks to nothing. Raises :class:`InvalidValueError` (``upload_expands``)
    beyond ``limit``.
    """
    unpacker, size, at = zlib.decompressobj(), 0, 0
    pending: bytes | memoryview = b""
    try:
        while not unpacker.eof:
            if not pending:
                pending = packed[at : at + _PIECE]
                at += len(pending)
                if not pending:
                    break
            size += len(unpacker.decompress(pending, _MOST))
            pending = unpacker.unconsumed_tail
            if size > limit:
                raise InvalidValueError("upload_expands", "PDF 展开后过大，请重新生成后上传")
    except zlib.error:
        # Pictures inside are JPEG as a rule, and no reader unpacks a stream beyond its defect.
        pass
    return size, max(0, at - _PIECE)


def _has_attachments(reader: PdfReader) -> bool:
    names = reader.root_object.get("/Names")
    return names is not None and "/EmbeddedFiles" in names.get_object()


def _attachments() -> InvalidValueError:
    return InvalidValueError("upload_attachments", "PDF 内含附件，请去除附件后上传")
