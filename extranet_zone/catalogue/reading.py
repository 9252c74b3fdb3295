"""Reading an edition from a folder or a ZIP archive of the same files; nothing is half read.

The layout, docs/spec/catalogue-item-v2.md: ``edition.toml``, ``fees.toml``, ``sources.toml``,
``exclusions.toml``, ``slots/*.toml``, ``items/<code>.toml``. Any other file is refused, so that a
misspelt name is not silently left out.
"""

import io
import tomllib
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from pydantic import ValidationError

from kernel.catalogue.edition import MAX_DOCUMENT_BYTES, MAX_ITEMS, Edition
from kernel.catalogue.faults import first_fault
from kernel.errors import SettingsError

PACKAGED: Final = Path(__file__).parent / "edition"
"""The edition that comes with the program: loaded at the first start, later by who decides it."""
MAX_FILES: Final = MAX_ITEMS + 200
MAX_FILE_BYTES: Final = 256 * 1024
_SINGLE: Final = ("edition.toml", "fees.toml", "sources.toml", "exclusions.toml")
_FOLDERS: Final = ("items", "slots")

Files = Mapping[str, bytes]
"""Content by path within the edition, with ``/`` between folder and file."""


def read_edition(path: Path) -> Edition:
    """The edition in a folder, or in a ZIP archive.

    Raises :class:`SettingsError`: ``catalogue_missing`` (no such path), ``catalogue_unreadable``,
    ``catalogue_layout`` (a file that has no place in an edition, or one too many or too large),
    ``catalogue_invalid`` (the message names file and key).
    """
    if path.is_dir():
        return edition_from(_folder(path))
    try:
        return read_archive(path.read_bytes())
    except FileNotFoundError:
        raise SettingsError("catalogue_missing", f"找不到事项清单 {path}") from None
    except OSError as error:
        raise SettingsError(
            "catalogue_unreadable", f"事项清单 {path} 无法读取：{error.strerror}"
        ) from error


def packaged_number() -> int:
    """The number of the edition that comes with the program."""
    number: int = _table("edition.toml", (PACKAGED / "edition.toml").read_bytes())["number"]
    return number


def read_archive(data: bytes) -> Edition:
    """The edition in the bytes of a ZIP archive; raises as :func:`read_edition` does."""
    if len(data) > MAX_DOCUMENT_BYTES:
        raise SettingsError("catalogue_layout", "事项清单压缩包过大")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            if len(infos) > MAX_FILES or any(info.file_size > MAX_FILE_BYTES for info in infos):
                raise SettingsError("catalogue_layout", "事项清单的文件过多或过大")
            if len({info.filename for info in infos}) != len(infos):
                raise SettingsError("catalogue_layout", "事项清单压缩包中有同名文件")
            return edition_from({info.filename: _member(archive, info) for info in infos})
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
    ) as error:
        raise SettingsError("catalogue_unreadable", "事项清单不是完好的 ZIP 压缩包") from error


def edition_from(files: Files) -> Edition:
    """The edition whose files are given; raises as :func:`read_edition` does."""
    _require_layout(files)
    tables = {name: _table(name, content) for name, content in sorted(files.items())}
    whole: dict[str, Any] = dict(tables["edition.toml"])
    whole["fees"] = tables["fees.toml"]
    whole["sources"] = tables["sources.toml"].get("sources", [])
    whole["exclusions"] = tables["exclusions.toml"].get("exclusions", [])
    whole["slots"] = [
        slot
        for name, table in tables.items()
        if name.startswith("slots/")
        for slot in table.get("slots", [])
    ]
    items = [name for name in tables if name.startswith("items/")]
    whole["items"] = [tables[name] for name in items]
    for name in items:
        if tables[name].get("code") != PurePosixPath(name).stem:
            raise SettingsError("catalogue_invalid", f"事项文件 {name} 的文件名与事项代码不符")
    try:
        return Edition.model_validate(whole)
    except ValidationError as error:
        location, words = first_fault(error)
        where, key = _place(location, items)
        raise SettingsError("catalogue_invalid", f"事项清单 {where} 有误——{key}：{words}") from None


def _place(location: tuple[int | str, ...], items: list[str]) -> tuple[str, str]:
    """The file and the key in which the first fault lies."""
    parts = list(location)
    if len(parts) > 1 and parts[0] == "items" and isinstance(parts[1], int):
        return items[parts[1]], ".".join(map(str, parts[2:])) or "（整个文件）"
    if parts and parts[0] in {"fees", "sources", "exclusions", "slots"}:
        file = "slots/" if parts[0] == "slots" else f"{parts[0]}.toml"
        return file, ".".join(map(str, parts[1:])) or "（整个文件）"
    return "edition.toml" if parts else "各文件之间", ".".join(map(str, parts)) or "（整体）"


def _folder(folder: Path) -> Files:
    found: dict[str, bytes] = {}
    try:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())[: MAX_FILES + 1]
        for path in paths:
            with path.open("rb") as file:
                found[path.relative_to(folder).as_posix()] = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise SettingsError(
            "catalogue_unreadable", f"事项清单 {folder} 无法读取：{error.strerror}"
        ) from error
    return found


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as file:
        # The size in the directory is only said; what is read is bounded all the same.
        return file.read(MAX_FILE_BYTES + 1)


def _require_layout(files: Files) -> None:
    if len(files) > MAX_FILES or any(len(content) > MAX_FILE_BYTES for content in files.values()):
        raise SettingsError("catalogue_layout", "事项清单的文件过多或过大")
    for name in files:
        path = PurePosixPath(name)
        in_folder = str(path.parent) in _FOLDERS and path.suffix == ".toml"
        if name not in _SINGLE and not in_folder:
            raise SettingsError("catalogue_layout", f"事项清单中不应有文件 {name[:100]}")
    if missing := [name for name in _SINGLE if name not in files]:
        raise SettingsError("catalogue_layout", f"事项清单缺少文件 {missing[0]}")


def _table(name: str, content: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(
            "catalogue_unreadable", f"事项清单文件 {name} 不是有效的 TOML"
        ) from error
