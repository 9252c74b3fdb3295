"""Posting a message: one row in the transaction of the act that caused it."""

import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from kernel.db import new_id
from kernel.exchange.models import OutboxMessage
from kernel.messages import BlobRef, Body, Kind
from kernel.messages.envelope import MAX_BLOBS, MAX_MESSAGE_BYTES
from kernel.messages.routes import ROUTES
from kernel.vocabulary.zones import Zone

_ORDINAL: Final = "exchange.ordinal"
_LINE_BYTES: Final = 512
"""What a message's line needs beside body and blobs: id, kind, instant, keys."""
_BLOB_BYTES: Final = 256
"""The most that one blob's reference takes in the line."""


def post(
    session: Session,
    *,
    origin: Zone,
    destination: Zone,
    kind: Kind,
    body: Body,
    case_no: str | None,
    now: int,
    blobs: Sequence[BlobRef] = (),
) -> str:
    """Queue ``body`` for ``destination``; it is sent if and only if the transaction commits.

    ``now`` is microseconds UTC. The blobs must lie in the zone's materials store already. Answers
    the message's id. A kind that has no route, or a body that is not the route's, is a bug and
    raises :class:`ValueError`.
    """
    route = ROUTES.get((kind, origin, destination))
    if route is None or type(body) is not route.body:
        raise ValueError(f"no route for {kind} from {origin} to {destination}")
    text = json.dumps(
        body.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    line = len(text.encode()) + _BLOB_BYTES * len(blobs) + _LINE_BYTES
    if line > MAX_MESSAGE_BYTES or len(blobs) > MAX_BLOBS:
        raise ValueError("the message is larger than the contract allows; send several")
    ordinal = session.info.get(_ORDINAL, 0)
    session.info[_ORDINAL] = ordinal + 1
    message = OutboxMessage(
        id=new_id(),
        destination=destination,
        stream=route.stream,
        kind=kind.value,
        case_no=case_no,
        body=text,
        blobs=json.dumps([blob.model_dump() for blob in blobs]),
        created=now,
        ordinal=ordinal,
        bundle=None,
    )
    session.add(message)
    return message.id
