"""The authority's marks on units (历史遗留, 问题楼盘, 未测绘): loaded as a list, asked by unit."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, ValidationError, model_validator
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from extranet_zone.catalogue.models import MarkKind, UnitMark
from kernel import audit
from kernel.catalogue.conditions import Subjects
from kernel.catalogue.faults import first_fault
from kernel.catalogue.tables import Day, Table
from kernel.db import new_id
from kernel.errors import SettingsError
from kernel.vocabulary.unit import LENGTH, PARCEL_LENGTH

MAX_MARKS: Final = 5000
MAX_LIST_BYTES: Final = 4 * 1024 * 1024


class MarkLine(Table):
    """One line of the list; the prefix is a parcel (19), a building (24) or a unit (28)."""

    prefix: Annotated[str, Field(pattern=r"^[0-9A-Z]{19}([A-Z][0-9]{4}([0-9]{4})?)?$")]
    kind: MarkKind
    document: Annotated[str, Field(min_length=4, max_length=200)]
    valid_from: Day
    valid_until: Day | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("valid_until 早于 valid_from")
        return self


class MarkList(Table):
    """The list: one decision, signed by the authority, with every mark it makes."""

    marks: Annotated[tuple[MarkLine, ...], Field(min_length=1, max_length=MAX_MARKS)]


def read_marks(path: Path) -> MarkList:
    """Read a TOML list of marks.

    Raises :class:`SettingsError`: ``marks_unreadable`` or ``marks_invalid`` (naming line and key).
    """
    try:
        with path.open("rb") as file:
            table = tomllib.loads(file.read(MAX_LIST_BYTES).decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError("marks_unreadable", f"标记清单 {path} 无法读取") from error
    try:
        return MarkList.model_validate(table)
    except ValidationError as error:
        location, words = first_fault(error)
        key = ".".join(str(part) for part in location) or "（整个文件）"
        raise SettingsError("marks_invalid", f"标记清单有误——{key}：{words}") from None


def load_marks(session: Session, listed: MarkList, actor: str, now: int) -> int:
    """Add the marks that are not there yet; answers how many. Repeated, it adds nothing."""
    added = 0
    for line in listed.marks:
        known = session.scalar(
            select(UnitMark.id)
            .where(
                UnitMark.prefix == line.prefix,
                UnitMark.kind == line.kind,
                UnitMark.valid_from == line.valid_from,
                UnitMark.document == line.document,
            )
            .limit(1)
        )
        if known is None:
            session.add(
                UnitMark(id=new_id(), entered_at=now, entered_by=actor, **line.model_dump())
            )
            session.flush()
            added += 1
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor,
            act="catalogue.marks_loaded",
            object_kind="unit_mark",
            object_id="list",
            detail={"listed": len(listed.marks), "added": added},
        ),
    )
    return added


def marks_of(session: Session, unit_no: str, day: date) -> Subjects:
    """``unit.marks`` of a unit on ``day``: known to be none where the list says nothing."""
    prefixes = [unit_no[:length] for length in (PARCEL_LENGTH, PARCEL_LENGTH + 5, LENGTH)]
    found = session.scalars(
        select(UnitMark.kind).where(
            UnitMark.prefix.in_(prefixes),
            UnitMark.valid_from <= day.isoformat(),
            or_(UnitMark.valid_until.is_(None), UnitMark.valid_until >= day.isoformat()),
        )
    )
    return {"unit.marks": frozenset(kind.value for kind in found)}
