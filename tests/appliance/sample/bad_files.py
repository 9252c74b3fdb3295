"""Files that an upload must refuse, one defect each, and one that it may take."""

import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from appliance.sample.materials import pdf_of, small_materials

OVERSIZE: Final = 50 * 1024 * 1024 + 1
"""One byte more than a single file may have."""


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file, and the code with which an upload refuses it; ``None`` where it is taken."""

    path: Path
    code: str | None


def write_bad_files(folder: Path, seed: int = 1) -> tuple[BadFile, ...]:
    """Write all of them; the oversized one is sparse and takes no room on the disc."""
    folder.mkdir(parents=True, exist_ok=True)
    picture = small_materials(seed, 1)[0].data
    document = pdf_of([picture])
    contents = (
        ("wrong-extension-jpeg.pdf", picture, "upload_type_mismatch"),
        ("wrong-extension-pdf.jpg", document, "upload_type_mismatch"),
        ("text.jpg", "这不是图片\n".encode(), "upload_type_mismatch"),
        ("program.exe", b"MZ" + bytes(510), "upload_type_not_allowed"),
        ("empty.jpg", b"", "upload_empty"),
        ("empty.pdf", b"", "upload_empty"),
        ("truncated.jpg", picture[: len(picture) // 2], "upload_damaged"),
        ("truncated.pdf", document[: len(document) // 2], "upload_damaged"),
        ("html-in-front.pdf", b"<script>1</script>" + document, "upload_type_mismatch"),
        # Whole as a picture and whole as an archive: nobody beyond the gate shall open the archive.
        ("jpeg-and-zip.jpg", picture + _archive(), "upload_archive"),
    )
    written = []
    for name, data, code in contents:
        path = folder / name
        path.write_bytes(data)
        written.append(BadFile(path, code))
    oversize = folder / "oversize.jpg"
    oversize.write_bytes(picture)
    os.truncate(oversize, OVERSIZE)
    return (*written, BadFile(oversize, "upload_too_large"))


def _archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(zipfile.ZipInfo("hidden.txt"), "样例")
    return made.getvalue()
