"""What the extranet is told of an application: the application itself, then its files in groups."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy.orm import Session

from internet_zone.applications.models import Application, ApplicationParty, Upload
from kernel.catalogue.item import Item
from kernel.exchange import post
from kernel.messages import (
    ApplicationSubmitted,
    BlobRef,
    Kind,
    Material,
    MaterialsDelivered,
    Party,
    SupplementSubmitted,
)
from kernel.vocabulary.zones import Zone

GROUP_FILES: Final = 100
GROUP_BYTES: Final = 32 * 1024 * 1024
"""How much one materials message carries, so that bundles stay small and resume cheaply."""


def post_application(
    session: Session,
    application: Application,
    item: Item,
    case_no: str,
    collecting_authority: str,
    now: int,
) -> None:
    """Queue ``application.submitted``."""
    post(
        session,
        origin=Zone.INTERNET,
        destination=Zone.EXTRANET,
        kind=Kind.APPLICATION_SUBMITTED,
        body=_body(application, item, case_no, collecting_authority, now),
        case_no=case_no,
        now=now,
    )


def post_supplement(
    session: Session,
    case_no: str,
    notice: int,
    uploads: Sequence[Upload],
    item: Item,
    remark: str,
    now: int,
) -> None:
    """Queue ``supplement.submitted``, the answer to a notice of defects."""
    titles = {rule.code: rule.title for rule in item.materials}
    post(
        session,
        origin=Zone.INTERNET,
        destination=Zone.EXTRANET,
        kind=Kind.SUPPLEMENT_SUBMITTED,
        body=SupplementSubmitted(
            case_no=case_no,
            notice=notice,
            materials=[_material(upload, titles) for upload in uploads],
            remark=remark,
            submitted_at=now,
        ),
        case_no=case_no,
        now=now,
    )


def post_materials(session: Session, uploads: Sequence[Upload], case_no: str, now: int) -> None:
    """Queue ``materials.delivered`` for every group of files."""
    for group in groups(uploads):
        post(
            session,
            origin=Zone.INTERNET,
            destination=Zone.EXTRANET,
            kind=Kind.MATERIALS_DELIVERED,
            body=MaterialsDelivered(case_no=case_no, digests=[item.digest for item in group]),
            case_no=case_no,
            now=now,
            blobs=[
                BlobRef(digest=item.digest, size=item.size, media_type=item.media_type)
                for item in group
            ],
        )


def groups(uploads: Sequence[Upload]) -> list[list[Upload]]:
    """Uploads in groups of bounded number and size, each digest once.

    A file that is larger than a group may be travels alone.
    """
    made: list[list[Upload]] = []
    seen: set[str] = set()
    size = 0
    for upload in uploads:
        if upload.digest in seen:
            continue
        seen.add(upload.digest)
        if not made or len(made[-1]) >= GROUP_FILES or size + upload.size > GROUP_BYTES:
            made.append([])
            size = 0
        made[-1].append(upload)
        size += upload.size
    return made


def _body(
    application: Application, item: Item, case_no: str, collecting_authority: str, now: int
) -> ApplicationSubmitted:
    titles = {rule.code: rule.title for rule in item.materials}
    return ApplicationSubmitted.model_validate(
        {
            "case_no": case_no,
            "mode": application.mode,
            "item_code": application.item_code,
            "edition": application.edition,
            "unit_no": application.unit_no,
            "applicant": application.parties[0].name,
            "parties": [_party(party) for party in application.parties],
            "materials": [_material(upload, titles) for upload in application.materials],
            "facts": json.loads(application.facts),
            "declaration": item.declaration,
            "signed_by": application.signed_by,
            "signed_at": now,
            "submitted_at": now,
            "collecting_authority": collecting_authority,
        }
    )


def _party(party: ApplicationParty) -> Party:
    return Party.model_validate(
        {
            "role": party.role,
            "name": party.name,
            "kind": party.kind,
            "document_type": party.document_type,
            "document_no": party.document_no,
            "phone": party.phone,
            "share": party.share,
        }
    )


def _material(upload: Upload, titles: Mapping[str, str]) -> Material:
    return Material.model_validate(
        {
            "code": upload.code,
            "title": titles.get(upload.code, upload.code),
            "file_name": upload.file_name,
            "digest": upload.digest,
            "size": upload.size,
            "media_type": upload.media_type,
            "pages": upload.pages,
        }
    )
