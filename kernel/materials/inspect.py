"""Whether an uploaded file is what its name says, whole, and of a kind we take.

The name, or what a bundle's header says, decides what the file must be, the first bytes decide what
it is, and a full decode decides whether it is whole. Pictures are decoded completely; of a PDF the
structure is read. What unpacks to far more than it is, or hides an archive, is refused. Portals ask
this of uploads and the gate of bundles, so that what one takes the other takes too.
"""

import struct
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from PIL import Image

from kernel.errors import InvalidValueError
from kernel.materials.pdf import require_whole_pdf

MAX_FILE_BYTES: Final = 50 * 1024 * 1024
"""One file; a whole application is bounded by the item's own limit."""
MAX_PIXELS: Final = 120_000_000
"""A4 at 1200 dpi is 139 million, at 600 dpi 35 million; beyond this it is a bomb or a mistake."""
_START: Final = 16
_ARCHIVE_END: Final = b"PK\x05\x06"
_ARCHIVE_END_SIZE: Final = 22
_MAX_ARCHIVE_COMMENT: Final = 0xFFFF

_TYPE_OF_SUFFIX: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".pdf": "application/pdf",
}
_MAGIC: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
)


# What decoding a hostile picture may raise; fuzzing met a division by zero.
_PICTURE_DEFECTS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a file was found to be."""

    media_type: str
    pages: int


def inspect(path: Path, file_name: str) -> Inspected:
    """Check the file at ``path`` that its sender calls ``file_name``.

    Raises :class:`InvalidValueError` with ``upload_type_not_allowed`` (suffix), or as
    :func:`inspect_content`.
    """
    claimed = _TYPE_OF_SUFFIX.get(PurePosixPath(file_name.replace("\\", "/")).suffix.lower())
    if claimed is None:
        raise InvalidValueError("upload_type_not_allowed", "只接收 JPG、PNG 和 PDF 文件")
    with path.open("rb") as source:
        require_type(source, path.stat().st_size, claimed)
        return inspect_content(source, path.stat().st_size, claimed)


def require_type(source: BinaryIO, size: int, claimed: str) -> None:
    """Check by size and first bytes alone that ``source`` can be of the type ``claimed``.

    Raises :class:`InvalidValueError` with ``upload_empty``, ``upload_too_large`` or
    ``upload_type_mismatch`` (content is not what was claimed).
    """
    if size == 0:
        raise InvalidValueError("upload_empty", "文件是空的，请重新选择")
    if size > MAX_FILE_BYTES:
        raise InvalidValueError(
            "upload_too_large", f"单个文件不能超过 {MAX_FILE_BYTES // 1024 // 1024} MB"
        )
    source.seek(0)
    start = source.read(_START)
    found = next((kind for magic, kind in _MAGIC if start.startswith(magic)), None)
    if found != claimed:
        raise InvalidValueError("upload_type_mismatch", "文件内容与扩展名不符，请确认文件类型")


def inspect_content(source: BinaryIO, size: int, claimed: str) -> Inspected:
    """Check that ``source``, whose type :func:`require_type` found right, is whole and harmless.

    Raises :class:`InvalidValueError` with one of ``upload_archive`` (an archive follows),
    ``upload_too_many_pixels``, ``upload_too_many_pages``, ``upload_expands`` (unpacks to too much),
    ``upload_attachments``, ``upload_encrypted`` or ``upload_damaged`` (cut off or broken).
    """
    _require_no_archive(source, size)
    source.seek(0)
    if claimed == "application/pdf":
        return Inspected(claimed, require_whole_pdf(source, size))
    _require_whole_picture(source)
    return Inspected(claimed, 1)


def _require_no_archive(source: BinaryIO, size: int) -> None:
    """A ZIP may follow any file and be opened from its end; its last record says that it ends."""
    source.seek(max(0, size - _ARCHIVE_END_SIZE - _MAX_ARCHIVE_COMMENT))
    tail = source.read(_ARCHIVE_END_SIZE + _MAX_ARCHIVE_COMMENT)
    at = tail.rfind(_ARCHIVE_END)
    while at >= 0:
        record = tail[at : at + _ARCHIVE_END_SIZE]
        if len(record) == _ARCHIVE_END_SIZE:
            comment = int.from_bytes(record[-2:], "little")
            if at + _ARCHIVE_END_SIZE + comment <= len(tail) and record[4:8] == bytes(4):
                raise InvalidValueError("upload_archive", "文件内藏有压缩包，请去除后上传")
        at = tail.rfind(_ARCHIVE_END, 0, at)


def _require_whole_picture(source: BinaryIO) -> None:
    damaged = InvalidValueError("upload_damaged", "图片不完整或已损坏，请重新扫描后上传")
    try:
        with warnings.catch_warnings():
            # Pillow warns before its own bomb limit; ours below decides.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(source, formats=("JPEG", "PNG")) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise InvalidValueError(
                        "upload_too_many_pixels", "图片像素过大，请降低扫描精度"
                    )
                # Scanned A4 pages are JPEG; decoding at an eighth still reads every byte.
                picture.draft("RGB", (picture.width // 8, picture.height // 8))
                picture.load()
    except Image.DecompressionBombError:
        raise InvalidValueError("upload_too_many_pixels", "图片像素过大，请降低扫描精度") from None
    except _PICTURE_DEFECTS:
        raise damaged from None
