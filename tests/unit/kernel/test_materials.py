"""Claims about uploads and the store: only whole files of our kinds get in, under their digest."""

import errno
import hashlib
import importlib
import io
import os
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfWriter

from kernel.errors import InvalidValueError, NotFoundError, UnavailableError
from kernel.materials import MaterialsStore
from kernel.materials import store as storing
from kernel.materials.inspect import inspect
from kernel.materials.store import StoreSink

LIMIT = 10 * 1024 * 1024


def _picture(kind: str) -> bytes:
    made = io.BytesIO()
    Image.effect_noise((200, 150), 90).convert("RGB").save(made, kind)
    return made.getvalue()


def _pdf(pages: int = 1, password: str = "") -> bytes:
    writer, made = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(width=200, height=200)
    if password:
        writer.encrypt(password, algorithm="AES-256")
    writer.write(made)
    return made.getvalue()


def _bomb() -> bytes:
    """A PNG of few bytes that says it has 100000 times 100000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    size = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    parts = [chunk(b"IHDR", size), chunk(b"IDAT", data), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


JPEG, PNG, PDF = _picture("JPEG"), _picture("PNG"), _pdf()


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "upload"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "name", "media_type", "pages"),
    [
        (JPEG, "身份证.JPG", "image/jpeg", 1),
        (JPEG, "scan.jpeg", "image/jpeg", 1),
        (PNG, "图.png", "image/png", 1),
        (_pdf(3), "合同.pdf", "application/pdf", 3),
        (JPEG, r"C:\扫描\第1页.jpg", "image/jpeg", 1),
    ],
)
def test_whole_file_is_taken_for_what_it_is(
    tmp_path: Path, content: bytes, name: str, media_type: str, pages: int
) -> None:
    found = inspect(_file(tmp_path, content), name)
    assert (found.media_type, found.pages) == (media_type, pages)


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (JPEG, "页.bmp", "upload_type_not_allowed"),
        (JPEG, "页.jpg.exe", "upload_type_not_allowed"),
        (JPEG, "jpg", "upload_type_not_allowed"),
        (b"", "页.jpg", "upload_empty"),
        (PNG, "页.jpg", "upload_type_mismatch"),
        (b"MZ" + bytes(100), "页.pdf", "upload_type_mismatch"),
        (b"<html></html>", "页.png", "upload_type_mismatch"),
        (JPEG[: len(JPEG) // 2], "页.jpg", "upload_damaged"),
        (PNG[: len(PNG) // 2], "页.png", "upload_damaged"),
        (JPEG[:20], "页.jpg", "upload_damaged"),
        (PDF[: len(PDF) // 2], "页.pdf", "upload_damaged"),
        (b"%PDF-1.7\n%%EOF\n", "页.pdf", "upload_damaged"),
        (PDF.replace(b"/Pages", b"/Pagex"), "页.pdf", "upload_damaged"),
        (_bomb(), "页.png", "upload_too_many_pixels"),
        (_pdf(password="secret"), "页.pdf", "upload_encrypted"),
        (_pdf(501), "页.pdf", "upload_too_many_pages"),
        (_pdf(0), "页.pdf", "upload_too_many_pages"),
    ],
)
def test_bad_file_is_refused_with_its_reason(
    tmp_path: Path, content: bytes, name: str, code: str
) -> None:
    with pytest.raises(InvalidValueError) as caught:
        inspect(_file(tmp_path, content), name)
    assert caught.value.code == code


def test_too_large_file_is_refused_before_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("kernel.materials.inspect")
    monkeypatch.setattr(module, "MAX_FILE_BYTES", len(JPEG) - 1)
    with pytest.raises(InvalidValueError) as caught:
        inspect(_file(tmp_path, JPEG), "页.jpg")
    assert caught.value.code == "upload_too_large"


@pytest.mark.parametrize("content", [JPEG, PNG], ids=["jpeg", "png"])
def test_every_cut_of_a_picture_is_noticed(tmp_path: Path, content: bytes) -> None:
    for keep in range(16, len(content) - 12, max(1, len(content) // 40)):
        with pytest.raises(InvalidValueError):
            inspect(_file(tmp_path, content[:keep]), "页.jpg" if content is JPEG else "页.png")


@pytest.fixture
def store(tmp_path: Path) -> MaterialsStore:
    return MaterialsStore(tmp_path / "materials")


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_stored_file_has_its_digest_for_a_name(store: MaterialsStore, tmp_path: Path) -> None:
    blob = store.put(io.BytesIO(JPEG), LIMIT)
    assert (blob.digest, blob.size) == (hashlib.sha256(JPEG).hexdigest(), len(JPEG))
    assert _files(tmp_path) == [blob.digest]
    with store.open(blob.digest) as file:
        assert file.read() == JPEG


def test_equal_files_are_stored_once(store: MaterialsStore, tmp_path: Path) -> None:
    assert store.put(io.BytesIO(PDF), LIMIT) == store.put(io.BytesIO(PDF), LIMIT)
    assert len(_files(tmp_path)) == 1


def test_what_is_too_large_is_not_kept(store: MaterialsStore, tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError) as caught:
        store.put(io.BytesIO(JPEG), len(JPEG) - 1)
    assert caught.value.code == "upload_too_large"
    assert _files(tmp_path) == []


def test_what_inspection_refuses_is_not_kept(store: MaterialsStore, tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError):
        store.put_inspected(io.BytesIO(JPEG[:500]), "页.jpg", LIMIT)
    assert _files(tmp_path) == []


def test_full_disk_keeps_nothing(
    store: MaterialsStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(storing.os, "fsync", full)
    with pytest.raises(UnavailableError) as caught:
        store.put(io.BytesIO(PDF), LIMIT)
    assert caught.value.code == "disk_full"
    assert _files(tmp_path) == []


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64])
def test_unknown_digest_is_not_found(store: MaterialsStore, digest: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        store.open(digest)
    assert caught.value.code == "material_unknown"


def test_sink_that_is_not_kept_leaves_nothing(store: MaterialsStore, tmp_path: Path) -> None:
    digest = hashlib.sha256(PDF).hexdigest()
    with StoreSink(store) as sink:
        sink.begin(digest, len(PDF))
        sink.write(PDF)
        sink.end()
        assert not store.has(digest)
    assert _files(tmp_path) == []


def test_sink_gives_names_only_when_it_keeps(store: MaterialsStore) -> None:
    digest = hashlib.sha256(PDF).hexdigest()
    with StoreSink(store) as sink:
        for _ in range(2):
            sink.begin(digest, len(PDF))
            sink.write(PDF[:10])
            sink.write(PDF[10:])
            sink.end()
        sink.keep()
    assert store.path(digest).read_bytes() == PDF


def test_only_old_parts_of_uploads_are_swept(store: MaterialsStore) -> None:
    old, fresh = store.new_part(), store.new_part()
    for part in (old, fresh):
        part.write_bytes(b"x")
    os.utime(old, (0, 0))
    assert store.sweep_parts(1000.0) == 1
    assert fresh.exists()


def test_only_what_was_not_written_lately_is_removed(store: MaterialsStore) -> None:
    blob = store.put(io.BytesIO(b"scan"), LIMIT)
    written = store.path(blob.digest).stat().st_mtime
    assert not store.remove(blob.digest, written)
    assert store.has(blob.digest)
    assert store.remove(blob.digest, written + 1)
    assert not store.has(blob.digest)
    assert not store.remove(blob.digest, written + 1)
