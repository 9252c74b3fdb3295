"""Sending an accepted case through the gate: the request, then its materials in groups."""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, CaseMaterial
from extranet_zone.cases.services.work import CaseWork
from kernel.exchange import post
from kernel.messages import BlobRef, Kind, Material, MaterialsDelivered, ReviewRequested
from kernel.vocabulary.zones import Zone

GROUP_BYTES: Final = 32 * 1024 * 1024
"""Materials of one message; a single larger file travels alone."""


def request_review(session: Session, work: CaseWork, case: Case, now: int) -> None:
    """Post ``review.requested`` and the case's files to the intranet.

    ``accepted_at`` and ``due_at`` of the case must be set.
    """
    on_register = work.register.facts(session, case.unit_no)
    post(
        session,
        origin=Zone.EXTRANET,
        destination=Zone.INTRANET,
        kind=Kind.REVIEW_REQUESTED,
        body=ReviewRequested(
            case_no=case.case_no,
            item_code=case.item_code,
            item_title=work.title_of(session, case),
            unit_no=case.unit_no,
            location=on_register.location if on_register else case.location,
            applicant=case.applicant,
            registered_area=on_register.area if on_register else None,
            accepted_at=now,
            due_at=case.due_at,
            materials=[_listed(material) for material in case.materials],
        ),
        case_no=case.case_no,
        now=now,
    )
    for group in grouped(case.materials):
        post(
            session,
            origin=Zone.EXTRANET,
            destination=Zone.INTRANET,
            kind=Kind.MATERIALS_DELIVERED,
            body=MaterialsDelivered(
                case_no=case.case_no, digests=[material.digest for material in group]
            ),
            case_no=case.case_no,
            now=now,
            blobs=[
                BlobRef(digest=material.digest, size=material.size, media_type=material.media_type)
                for material in group
            ],
        )


def grouped(materials: Sequence[CaseMaterial]) -> Iterator[list[CaseMaterial]]:
    """Files in order, each digest once, in groups of at most :data:`GROUP_BYTES`."""
    group: list[CaseMaterial] = []
    size = 0
    for material in {material.digest: material for material in materials}.values():
        if group and size + material.size > GROUP_BYTES:
            yield group
            group, size = [], 0
        group.append(material)
        size += material.size
    if group:
        yield group


def _listed(material: CaseMaterial) -> Material:
    return Material.model_validate(
        {
            "code": material.code,
            "title": material.title,
            "file_name": material.file_name,
            "digest": material.digest,
            "size": material.size,
            "media_type": material.media_type,
            "pages": material.pages,
        }
    )
