"""The editions in the database: loading one, finding the one in force, finding a case's item.

Rules:

1. an edition is never changed and never deleted: a case is handled to its end under the edition it
   was applied for under;
2. a new edition has a higher number than every edition before it; loading the same one again is
   nothing;
3. in force is the highest number whose first day has come, in Beijing;
4. an item is open for application only while the register can record its effect.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from extranet_zone.catalogue.models import LoadedEdition
from extranet_zone.catalogue.schema import CatalogueItem
from kernel import audit
from kernel.catalogue.edition import Edition
from kernel.catalogue.publication import to_bytes
from kernel.clock import BEIJING, from_micros
from kernel.errors import ConflictError, NotFoundError, UnavailableError
from kernel.vocabulary.effects import Effect

MAX_CACHED: Final = 20
MAX_LISTED: Final = 200


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading an edition did; ``is_new`` is false where it was there already."""

    number: int
    digest: str
    is_new: bool


class Catalogue:
    """Reads editions from the database and keeps the few in use, which never change, in memory."""

    def __init__(self, recordable: Collection[Effect]) -> None:
        """``recordable`` are the effects the register can record."""
        self._recordable: Final = frozenset(recordable)
        self._kept: Final[dict[int, tuple[str, Edition]]] = {}

    def in_force(self, session: Session, now: int) -> Edition:
        """The edition new applications are made under.

        Raises :class:`UnavailableError` with code ``catalogue_empty``.
        """
        number = session.scalar(
            select(func.max(LoadedEdition.number)).where(
                LoadedEdition.valid_from <= beijing_day(now).isoformat()
            )
        )
        if number is None:
            raise UnavailableError(
                "catalogue_empty", "尚未装入已经生效的事项清单，请系统管理员执行 catalogue load"
            )
        return self.edition(session, number)

    def edition(self, session: Session, number: int) -> Edition:
        """The edition with this number.

        Raises :class:`NotFoundError` with code ``edition_gone``.
        """
        digest = _digest(session, number)
        if digest is None:
            raise NotFoundError(
                "edition_gone", f"系统中没有第 {number} 版事项清单，请系统管理员重新装入该版"
            )
        kept = self._kept.get(number)
        if kept is not None and kept[0] == digest:
            return kept[1]
        edition = Edition.model_validate_json(session.get_one(LoadedEdition, number).document)
        if len(self._kept) >= MAX_CACHED:
            self._kept.clear()
        self._kept[number] = (digest, edition)
        return edition

    def item(self, session: Session, number: int, code: str) -> CatalogueItem:
        """The item as the edition ``number`` has it.

        Raises :class:`NotFoundError`: ``edition_gone`` (the edition is not there) or
        ``item_unknown`` (it has no such item).
        """
        item = self.edition(session, number).item(code)
        if item is None:
            raise NotFoundError("item_unknown", "事项清单中没有这个事项", item=code[:40])
        return item

    def title_of(self, session: Session, number: int, code: str) -> str:
        """The item's title, or its code when edition or item is not there: for lists."""
        try:
            return self.item(session, number, code).title
        except NotFoundError:
            return code

    def title_in_force(self, session: Session, code: str, now: int) -> str:
        """The title as the edition in force has it, or the code: for sums over many cases."""
        try:
            return self.title_of(session, self.in_force(session, now).number, code)
        except UnavailableError:
            return code

    def closed(self, edition: Edition) -> dict[str, str]:
        """The items that nobody can apply for just now, each with its reason in Chinese."""
        return {
            item.code: f"登记簿尚不能办理{item.effect.label}"
            for item in edition.items
            if item.effect not in self._recordable
        }


def _digest(session: Session, number: int) -> str | None:
    """The edition's digest; asked for once a session, because an edition never changes."""
    asked: dict[int, str] = session.info.setdefault("edition_digests", {})
    if number not in asked:
        found = session.scalar(select(LoadedEdition.digest).where(LoadedEdition.number == number))
        if found is None:
            return None
        asked[number] = found
    return asked[number]


def load_edition(session: Session, edition: Edition, actor: str, now: int) -> Loaded:
    """Keep a validated edition for ever.

    Raises :class:`ConflictError`: ``edition_differs`` (the number is taken by another content) or
    ``edition_number`` (a higher number is loaded already).
    """
    document = to_bytes(edition)
    digest = hashlib.sha256(document).hexdigest()
    known = session.get(LoadedEdition, edition.number)
    if known is not None:
        if known.digest != digest:
            raise ConflictError(
                "edition_differs", f"第 {edition.number} 版已经装入，内容不同；修改后请用新的版号"
            )
        return Loaded(edition.number, digest, is_new=False)
    newest = session.scalar(select(func.max(LoadedEdition.number)))
    if newest is not None and newest > edition.number:
        raise ConflictError("edition_number", f"版号应大于已装入的第 {newest} 版")
    session.add(
        LoadedEdition(
            number=edition.number,
            name=edition.name,
            source=edition.source,
            received_on=edition.received_on,
            valid_from=edition.valid_from,
            digest=digest,
            document=document.decode(),
            loaded_at=now,
            loaded_by=actor,
            published_at=None,
            publication="",
        )
    )
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor,
            act="catalogue.loaded",
            object_kind="catalogue_edition",
            object_id=str(edition.number),
            detail={"digest": digest, "items": len(edition.items)},
        ),
    )
    session.flush()
    return Loaded(edition.number, digest, is_new=True)


def loaded_editions(session: Session) -> list[LoadedEdition]:
    """Every loaded edition, the newest first."""
    return list(
        session.scalars(
            select(LoadedEdition).order_by(LoadedEdition.number.desc()).limit(MAX_LISTED)
        )
    )


def beijing_day(now: int) -> date:
    """The day in Beijing of an instant in microseconds UTC."""
    return from_micros(now).astimezone(BEIJING).date()
