"""Whether an uploaded file is what its name says, whole, and of a kind we take.

The name decides what the file must be, the first bytes decide what it is, and a full decode decides
whether it is whole. Pictures are decoded completely; of a PDF the structure is read.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from PIL import Image
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from kernel.errors import InvalidValueError

MAX_FILE_BYTES: Final = 50 * 1024 * 1024
"""One file; a whole application is bounded by the item's own limit."""
MAX_PIXELS: Final = 120_000_000
"""A4 at 1200 dpi is 139 million, at 600 dpi 35 million; beyond this it is a bomb or a mistake."""
MAX_PDF_PAGES: Final = 500
_PDF_TAIL: Final = 2048

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

# What a parser of hostile structure may raise besides its own error.
_PDF_DEFECTS: Final = (
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


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a file was found to be."""

    media_type: str
    pages: int


def inspect(path: Path, file_name: str) -> Inspected:
    """Check the file at ``path`` that its sender calls ``file_name``.

    Raises :class:`InvalidValueError` with one of ``upload_type_not_allowed`` (suffix),
    ``upload_empty``, ``upload_too_large``, ``upload_type_mismatch`` (content is not what the name
    says), ``upload_too_many_pixels``, ``upload_too_many_pages``, ``upload_encrypted`` or
    ``upload_damaged`` (cut off or broken).
    """
    claimed = _TYPE_OF_SUFFIX.get(PurePosixPath(file_name.replace("\\", "/")).suffix.lower())
    if claimed is None:
        raise InvalidValueError("upload_type_not_allowed", "只接收 JPG、PNG 和 PDF 文件")
    size = path.stat().st_size
    if size == 0:
        raise InvalidValueError("upload_empty", "文件是空的，请重新选择")
    if size > MAX_FILE_BYTES:
        raise InvalidValueError(
            "upload_too_large", f"单个文件不能超过 {MAX_FILE_BYTES // 1024 // 1024} MB"
        )
    with path.open("rb") as file:
        start = file.read(16)
    found = next((kind for magic, kind in _MAGIC if start.startswith(magic)), None)
    if found != claimed:
        raise InvalidValueError("upload_type_mismatch", "文件内容与扩展名不符，请确认文件类型")
    if claimed == "application/pdf":
        return Inspected(claimed, _require_whole_pdf(path, size))
    _require_whole_picture(path)
    return Inspected(claimed, 1)


def _require_whole_picture(path: Path) -> None:
    damaged = InvalidValueError("upload_damaged", "图片不完整或已损坏，请重新扫描后上传")
    try:
        with warnings.catch_warnings():
            # Pillow warns before its own bomb limit; ours below decides.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise InvalidValueError(
                        "upload_too_many_pixels", "图片像素过大，请降低扫描精度"
                    )
                # Scanned A4 pages are JPEG; decoding at an eighth still reads every byte.
                picture.draft("RGB", (picture.width // 8, picture.height // 8))
                picture.load()
    except Image.DecompressionBombError:
        raise InvalidValueError("upload_too_many_pixels", "图片像素过大，请降低扫描精度") from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError):
        raise damaged from None


def _require_whole_pdf(path: Path, size: int) -> int:
    damaged = InvalidValueError("upload_damaged", "PDF 不完整或已损坏，请重新生成后上传")
    with path.open("rb") as file:
        file.seek(max(0, size - _PDF_TAIL))
        if b"%%EOF" not in file.read():
            raise damaged
    try:
        reader = PdfReader(path, strict=True)
        pages = 0 if reader.is_encrypted else len(reader.pages)
    except _PDF_DEFECTS:
        raise damaged from None
    if reader.is_encrypted:
        raise InvalidValueError("upload_encrypted", "PDF 设有密码，请去除密码后上传")
    if not 1 <= pages <= MAX_PDF_PAGES:
        raise InvalidValueError("upload_too_many_pages", f"PDF 页数须在 1 至 {MAX_PDF_PAGES} 之间")
    return pages
