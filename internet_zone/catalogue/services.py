"""Taking published editions, and finding the item an application is about.

Rules:

1. in force is the highest number whose first day has come, in Beijing;
2. a later publication of the same number replaces the earlier one, an earlier one is passed over;
3. what the platform published is read again, whole, before it is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from internet_zone.catalogue.models import PublishedEdition
from kernel.catalogue.edition import MAX_DOCUMENT_BYTES, Edition
from kernel.catalogue.item import Item
from kernel.catalogue.publication import Publication, publication_from
from kernel.clock import BEIJING, from_micros
from kernel.errors import InvalidValueError, NotFoundError, RefusedError
from kernel.materials import MaterialsStore
from kernel.messages import BlobRef, CataloguePublished

MAX_CACHED: Final = 20
MODES: Final = {"fusion": "网上申请，到窗口核验", "online": "全程网上办理"}
MODE_HINTS: Final = {
    "fusion": "材料在网上提交，到家门口的任一“全豫通办”窗口核验一次",
    "online": "全程不见面，办结后在本平台下载电子证书",
}


@dataclass(frozen=True, slots=True)
class Offered:
    """An item with its edition; ``closed`` says why it cannot be applied for just now."""

    edition: Edition
    item: Item
    closed: str

    @property
    def modes(self) -> list[str]:
        """By which ways it can be applied for online; none while it is closed."""
        channels = self.item.channels
        ways = (("fusion", channels.fusion), ("online", channels.online))
        return [mode for mode, is_open in ways if is_open and not self.closed]


class PortalCatalogue:
    """Reads published editions and keeps the few in use in memory by their digest."""

    def __init__(self) -> None:
        self._kept: Final[dict[str, Publication]] = {}

    def offers(self, session: Session, now: int) -> list[Offered]:
        """Every item of the edition in force; empty before the platform has published one."""
        number = self._in_force(session, now)
        if number is None:
            return []
        publication = self._publication(session, number)
        return [_offered(publication, item) for item in publication.edition.items]

    def offer(self, session: Session, code: str, now: int) -> Offered:
        """The item as it is in force.

        Raises :class:`NotFoundError` with code ``item_unknown``.
        """
        number = self._in_force(session, now)
        if number is not None:
            publication = self._publication(session, number)
            item = publication.edition.item(code)
            if item is not None:
                return _offered(publication, item)
        raise NotFoundError("item_unknown", "没有这个事项")

    def of_edition(self, session: Session, number: int, code: str) -> Offered:
        """The item as the edition ``number`` has it.

        Raises :class:`NotFoundError`: ``edition_gone`` or ``item_unknown``.
        """
        publication = self._publication(session, number)
        item = publication.edition.item(code)
        if item is None:
            raise NotFoundError("item_unknown", "没有这个事项")
        return _offered(publication, item)

    def _in_force(self, session: Session, now: int) -> int | None:
        return session.scalar(
            select(func.max(PublishedEdition.number)).where(
                PublishedEdition.valid_from <= beijing_day(now).isoformat()
            )
        )

    def _publication(self, session: Session, number: int) -> Publication:
        digest = session.scalar(
            select(PublishedEdition.digest).where(PublishedEdition.number == number)
        )
        if digest is None:
            raise NotFoundError(
                "edition_gone", f"本平台没有第 {number} 版事项清单，请与登记机构联系"
            )
        if digest not in self._kept:
            row = session.get_one(PublishedEdition, number)
            if len(self._kept) >= MAX_CACHED:
                self._kept.clear()
            self._kept[digest] = publication_from(row.document.encode())
        return self._kept[digest]


def take_publication(
    session: Session,
    store: MaterialsStore,
    body: CataloguePublished,
    blobs: Sequence[BlobRef],
    now: int,
) -> None:
    """Keep a published edition; the same one again, or an earlier state of it, changes nothing.

    Raises :class:`RefusedError` with code ``catalogue_document`` when the document did not come
    along or is not what it must be.
    """
    if (body.document, body.size) not in {(blob.digest, blob.size) for blob in blobs}:
        raise RefusedError("catalogue_document", "事项清单没有随消息送达")
    with store.open(body.document) as file:
        document = file.read(MAX_DOCUMENT_BYTES + 1)
    try:
        publication = publication_from(document)
    except InvalidValueError as error:
        raise RefusedError("catalogue_document", error.message) from error
    if publication.edition.number != body.number:
        raise RefusedError("catalogue_document", "事项清单的版号与消息不符")
    row = session.get(PublishedEdition, body.number)
    if row is None:
        row = PublishedEdition(number=body.number, published_at=-1)
        session.add(row)
    if row.published_at >= body.published_at:
        return
    row.document, row.digest = document.decode(), body.document
    row.valid_from = publication.edition.valid_from
    row.published_at, row.received_at = body.published_at, now


def beijing_day(now: int) -> date:
    """The day in Beijing of an instant in microseconds UTC."""
    return from_micros(now).astimezone(BEIJING).date()


def _offered(publication: Publication, item: Item) -> Offered:
    return Offered(publication.edition, item, publication.closed.get(item.code, ""))
