"""Which service makes the effect of which message; a kind without a line cannot arrive."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.orm import Session

from intranet_zone.mirror.services import take_entry
from intranet_zone.reviews.services import receive
from kernel.exchange import Handler
from kernel.exchange.handling import taking
from kernel.messages import Kind, MaterialsDelivered, RegisterRecorded, ReviewRequested


def _keep(_session: Session, _body: MaterialsDelivered, _now: int) -> None:
    """The files lie in the materials store already; a review sees them by their digests."""


HANDLERS: Final[Mapping[str, Handler]] = {
    Kind.REVIEW_REQUESTED: taking(ReviewRequested, receive),
    Kind.MATERIALS_DELIVERED: taking(MaterialsDelivered, _keep),
    Kind.REGISTER_RECORDED: taking(RegisterRecorded, take_entry),
}
"""The handler of every kind of message that may come to the intranet."""
