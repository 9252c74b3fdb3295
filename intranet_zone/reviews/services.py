"""Receiving, looking at and concluding spatial reviews."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from intranet_zone.parcels.services import Surroundings, surroundings
from intranet_zone.reviews.models import Review, ReviewMaterial
from intranet_zone.reviews.states import REVIEW, Action, State
from kernel.audit import AuditEntry, record
from kernel.db import new_id
from kernel.errors import InvalidValueError, NotFoundError, RefusedError
from kernel.exchange import post
from kernel.materials import MaterialsStore
from kernel.messages import Kind, ProgressReported, ReviewConcluded, ReviewRequested
from kernel.vocabulary.unit import UnitNo
from kernel.vocabulary.zones import Zone
from kernel.web.accounts import Person

PAGE_SIZE: Final = 50
MAX_OPINION: Final = 1000


def receive(session: Session, body: ReviewRequested, now: int) -> None:
    """A case arrived through the gate; the same case twice is one review."""
    if session.get(Review, body.case_no) is not None:
        return
    review = Review(
        case_no=body.case_no,
        item_code=body.item_code,
        item_title=body.item_title,
        unit_no=body.unit_no,
        location=body.location,
        applicant=body.applicant,
        registered_area=body.registered_area,
        accepted_at=body.accepted_at,
        due_at=body.due_at,
        received_at=now,
        state=State.RECEIVED,
        opinion="",
        reviewer="",
        concluded_at=None,
    )
    review.materials.extend(
        ReviewMaterial(
            id=new_id(),
            position=position,
            code=material.code,
            title=material.title,
            file_name=material.file_name,
            digest=material.digest,
            size=material.size,
            media_type=material.media_type,
            pages=material.pages,
        )
        for position, material in enumerate(body.materials)
    )
    session.add(review)
    record(
        session,
        AuditEntry("system:exchange", "review.receive", "review", body.case_no, body.case_no),
    )
    _report(session, body.case_no, "spatial_received", "已到达业务内网，待空间审核", now)


def _report(session: Session, case_no: str, step: str, label: str, now: int) -> None:
    post(
        session,
        origin=Zone.INTRANET,
        destination=Zone.EXTRANET,
        kind=Kind.PROGRESS_REPORTED,
        body=ProgressReported(case_no=case_no, step=step, label=label, zone="intranet", at=now),
        case_no=case_no,
        now=now,
    )


def worklist(session: Session, *, everything: bool, case_no: str, page: int) -> Sequence[Review]:
    """Reviews that wait, what is due first at the top; one more than a page if there are more."""
    statement = select(Review)
    if not everything:
        statement = statement.where(Review.state == State.RECEIVED)
    if case_no:
        statement = statement.where(Review.case_no.startswith(case_no, autoescape=True))
    return session.scalars(
        statement.order_by(Review.due_at, Review.received_at)
        .offset(page * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    ).all()


def load(session: Session, case_no: str) -> Review:
    """Raises :class:`NotFoundError` with code ``review_unknown``."""
    review = session.get(Review, case_no)
    if review is None:
        raise NotFoundError("review_unknown", "没有这个办件的空间审核")
    return review


def look(session: Session, review: Review) -> Surroundings:
    """The parcel of the review's unit with its surroundings and checks."""
    return surroundings(session, UnitNo.parse(review.unit_no).parcel_no)


def missing(review: Review, store: MaterialsStore) -> int:
    """How many of the review's files have not arrived yet."""
    return sum(1 for material in review.materials if not store.has(material.digest))


def may_conclude(review: Review, roles: Collection[str]) -> bool:
    """Whether a person with ``roles`` is offered the conclusion."""
    return bool(REVIEW.actions(review.state, roles))


def conclude(
    session: Session,
    store: MaterialsStore,
    person: Person,
    case_no: str,
    action: Action,
    opinion: str,
    now: int,
) -> None:
    """Conclude a review; the conclusion leaves for the extranet by ferry.

    Raises :class:`RefusedError`: ``materials_missing``, :class:`InvalidValueError`:
    ``opinion_required`` (a failed review, or a pass against a failed check, needs a reason),
    ``opinion_too_long``; and what the table raises.
    """
    review = load(session, case_no)
    target = REVIEW.target(review.state, action, person.roles)
    opinion = opinion.strip()
    if len(opinion) > MAX_OPINION:
        raise InvalidValueError("opinion_too_long", f"意见不能超过 {MAX_OPINION} 字")
    waiting = missing(review, store)
    if waiting:
        raise RefusedError("materials_missing", f"还有 {waiting} 份材料没有到达，暂不能作出结论")
    found = look(session, review)
    failed = [check for check in found.checks if not check.passed]
    if not opinion and (failed or target is State.FAILED):
        raise InvalidValueError("opinion_required", "有未通过的检查或结论为不通过，请写明理由")
    review.state, review.opinion = target, opinion
    review.reviewer, review.concluded_at = person.display_name, now
    post(
        session,
        origin=Zone.INTRANET,
        destination=Zone.EXTRANET,
        kind=Kind.REVIEW_CONCLUDED,
        body=ReviewConcluded(
            case_no=case_no,
            unit_no=review.unit_no,
            passed=target is State.PASSED,
            opinion=opinion,
            checks=list(found.checks),
            reviewer=person.display_name,
            received_at=review.received_at,
            concluded_at=now,
        ),
        case_no=case_no,
        now=now,
    )
    record(
        session,
        AuditEntry(
            person.login,
            f"review.{action.value}",
            "review",
            case_no,
            case_no=case_no,
            roles=tuple(person.roles),
            detail={"failed_checks": len(failed)},
        ),
    )
