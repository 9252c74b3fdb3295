"""Sending again because a person asks: by names, by stream and range, or by case number."""

from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kernel.audit import AuditEntry, record
from kernel.errors import InvalidValueError, NotFoundError
from kernel.exchange.models import OPEN, BundleOut, BundleOutState, OutboxMessage
from kernel.exchange.receipts import offered
from kernel.requests import Request
from kernel.vocabulary.zones import Stream, Zone

MAX_RESENT = 1000
"""Bundles one request offers again."""


@dataclass(frozen=True, slots=True)
class Resent:
    """Names to offer again with their way, and names that need no sending any more."""

    offered: tuple[tuple[Zone, str], ...]
    confirmed: tuple[str, ...]


def resend(session: Session, request: Request) -> Resent:
    """Offer again what ``request`` names: the same bytes under the same numbers.

    The automatic tries begin anew. What a receipt covers is only named. Raises
    :class:`InvalidValueError` (``resend_unclear``) and :class:`NotFoundError`
    (``resend_nothing``).
    """
    found = session.scalars(_chosen(request).order_by(BundleOut.sequence).limit(MAX_RESENT)).all()
    if not found:
        raise NotFoundError("resend_nothing", "没有符合条件的交换包")
    again: list[tuple[Zone, str]] = []
    for bundle in found:
        if bundle.state not in OPEN:
            continue
        bundle.tries, bundle.exhausted_at = 0, None
        offered(session, bundle, bundle.destination)
        again.append((bundle.destination, bundle.name))
    done = tuple(row.name for row in found if row.state is BundleOutState.CONFIRMED)
    record(
        session,
        AuditEntry(
            actor=request.by,
            act="exchange.resent",
            object_kind="bundles",
            object_id=request.id,
            case_no=request.text("case_no"),
            detail={"offered": len(again), "confirmed": len(done), "first": found[0].name},
        ),
    )
    return Resent(tuple(again), done)


def _chosen(request: Request) -> Select[BundleOut]:
    unclear = InvalidValueError("resend_unclear", "请指明文件名、交换流和序号范围，或办件编号")
    chosen = select(BundleOut).where(BundleOut.state != BundleOutState.SUPERSEDED)
    try:
        destination, stream = request.text("destination"), request.text("stream")
        if destination is not None:
            chosen = chosen.where(BundleOut.destination == Zone(destination))
        if (name := request.text("name")) is not None:
            return chosen.where(BundleOut.name == name)
        if (names := request.text("names")) is not None:
            return chosen.where(BundleOut.name.in_(names.split()))
        if (case_no := request.text("case_no")) is not None:
            bundles = select(OutboxMessage.bundle).where(OutboxMessage.case_no == case_no)
            return chosen.where(BundleOut.digest.in_(bundles))
        first, last = request.number("first"), request.number("last")
        if stream is None or first is None or last is None or not 1 <= first <= last:
            raise unclear
        return chosen.where(
            BundleOut.stream == Stream(stream), BundleOut.sequence.between(first, last)
        )
    except ValueError:
        raise unclear from None
