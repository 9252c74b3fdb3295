"""Sending editions to the portal: in the transaction that changes what the portal should know.

What is sent is the edition with the reasons of what is closed just now. It is sent again when that
changes, for example when a new version of the program can record more; the same is not sent twice.
"""

import hashlib
import io

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.catalogue.models import LoadedEdition
from extranet_zone.catalogue.services import Catalogue
from kernel.catalogue.edition import MAX_DOCUMENT_BYTES, Edition
from kernel.catalogue.publication import DOCUMENT_TYPE, Publication, to_bytes
from kernel.exchange import post
from kernel.materials import MaterialsStore
from kernel.messages import BlobRef, CataloguePublished, Kind
from kernel.vocabulary.zones import Zone


def publish(session: Session, catalogue: Catalogue, store: MaterialsStore, now: int) -> list[int]:
    """Post every edition the portal needs and does not have as it is; answers their numbers.

    The portal needs the one in force and those that come after it.
    """
    in_force = catalogue.in_force(session, now).number
    rows = session.scalars(
        select(LoadedEdition).where(LoadedEdition.number >= in_force).order_by(LoadedEdition.number)
    ).all()
    return [
        row.number
        for row in rows
        if _send(session, store, row, catalogue.edition(session, row.number), catalogue, now)
    ]


def _send(
    session: Session,
    store: MaterialsStore,
    row: LoadedEdition,
    edition: Edition,
    catalogue: Catalogue,
    now: int,
) -> bool:
    document = to_bytes(Publication(edition=edition, closed=catalogue.closed(edition)))
    digest = hashlib.sha256(document).hexdigest()
    if row.publication == digest:
        return False
    blob = store.put(io.BytesIO(document), MAX_DOCUMENT_BYTES)
    post(
        session,
        origin=Zone.EXTRANET,
        destination=Zone.INTERNET,
        kind=Kind.CATALOGUE_PUBLISHED,
        body=CataloguePublished(
            number=row.number, document=blob.digest, size=blob.size, published_at=now
        ),
        case_no=None,
        now=now,
        blobs=[BlobRef(digest=blob.digest, size=blob.size, media_type=DOCUMENT_TYPE)],
    )
    row.publication = digest
    row.published_at = row.published_at or now
    return True
