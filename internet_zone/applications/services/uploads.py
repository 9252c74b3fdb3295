"""The files of an application: bounded in number and size, each taken or refused by itself."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from sqlalchemy.orm import Session

from internet_zone.applications.models import Application, Upload
from internet_zone.applications.services.drafts import editable, entry
from kernel.audit import record
from kernel.db import new_id
from kernel.errors import RefusedError
from kernel.web.accounts import Person

MAX_FILES: Final = 500
MAX_BYTES: Final = 200 * 1024 * 1024
MAX_FILE_NAME: Final = 64
"""Characters of a name that are kept: 500 such names still fit into one message."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """An uploaded file that lies in the materials store."""

    code: str
    file_name: str
    digest: str
    size: int
    media_type: str
    pages: int


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that was not taken, with what its sender reads."""

    code: str
    file_name: str
    error_code: str
    message: str


def add_files(
    session: Session, person: Person, application_id: str, files: Sequence[NewFile], now: int
) -> list[RefusedFile]:
    """Add what there is room for to a draft, and answer what there was not.

    The same file for the same material is added once, so that sending a form again adds nothing.
    """
    application = editable(session, person, application_id)
    known = {(upload.code, upload.digest) for upload in application.materials}
    refused: list[RefusedFile] = []
    for file in files:
        if (file.code, file.digest) in known:
            continue
        try:
            _require_room(application, file)
        except RefusedError as error:
            refused.append(RefusedFile(file.code, file.file_name, error.code, error.message))
            continue
        known.add((file.code, file.digest))
        application.materials.append(_upload(application, file, now))
    record(session, entry(person, "application.upload", application_id))
    return refused


def remove_file(session: Session, person: Person, application_id: str, upload_id: str) -> None:
    """Take a file out of a draft; one that is gone already is no error."""
    application = editable(session, person, application_id)
    application.materials[:] = [item for item in application.materials if item.id != upload_id]
    record(session, entry(person, "application.remove_file", application_id))


def shown_name(file_name: str) -> str:
    """A browser's file name without folders and invisible marks, cut with its suffix kept."""
    name = PurePosixPath(file_name.replace("\\", "/")).name
    name = "".join(mark for mark in name if unicodedata.category(mark)[0] != "C").strip()
    if len(name) <= MAX_FILE_NAME:
        return name or "未命名"
    suffix = PurePosixPath(name).suffix[:8]
    return name[: MAX_FILE_NAME - len(suffix) - 1] + "…" + suffix


def _require_room(application: Application, file: NewFile) -> None:
    if len(application.materials) >= MAX_FILES:
        raise RefusedError("too_many_files", f"一份申请最多 {MAX_FILES} 个文件")
    if sum(upload.size for upload in application.materials) + file.size > MAX_BYTES:
        limit = MAX_BYTES // 1024 // 1024
        raise RefusedError("application_too_large", f"一份申请的材料合计不能超过 {limit} MB")


def _upload(application: Application, file: NewFile, now: int) -> Upload:
    return Upload(
        id=new_id(),
        position=max((upload.position for upload in application.materials), default=-1) + 1,
        code=file.code,
        file_name=file.file_name,
        digest=file.digest,
        size=file.size,
        media_type=file.media_type,
        pages=file.pages,
        uploaded_at=now,
    )
