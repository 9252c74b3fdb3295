"""One message as one line of canonical JSON, the form bundles carry."""

import json
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, ValidationError

from kernel.errors import RejectedBundleError
from kernel.messages.bodies import Body, Digest, Micros
from kernel.messages.routes import require_route
from kernel.vocabulary.zones import Zone

MAX_MESSAGE_BYTES = 256 * 1024
MAX_BLOBS = 500


class BlobRef(Body):
    """A blob that travels with a message; the digest is of the plain bytes."""

    digest: Digest
    size: Annotated[int, Field(ge=0)]
    media_type: Annotated[str, Field(pattern=r"^[a-z0-9.+-]+/[a-z0-9.+-]+$", max_length=100)]


class _Line(Body):
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    kind: Annotated[str, Field(pattern=r"^[a-z]+\.[a-z]+$", max_length=40)]
    created: Micros
    body: dict[str, object]
    blobs: Annotated[list[BlobRef], Field(max_length=MAX_BLOBS)]


@dataclass(frozen=True, slots=True)
class Message:
    """A fact with its identity: receiving the same ``id`` twice has one effect."""

    id: str
    kind: str
    created: int
    body: Body
    blobs: tuple[BlobRef, ...] = ()


def encode(message_id: str, kind: str, created: int, body: str, blobs: list[BlobRef]) -> bytes:
    """The canonical line, without line end, of a message whose body is canonical JSON already."""
    line = json.dumps(
        {
            "id": message_id,
            "kind": kind,
            "created": created,
            "body": json.loads(body),
            "blobs": [blob.model_dump() for blob in blobs],
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    ).encode()
    if len(line) > MAX_MESSAGE_BYTES:
        raise ValueError("a message is larger than the contract allows")
    return line


def decode(line: bytes, origin: Zone, destination: Zone) -> Message:
    """Validate one received line against its route.

    Raises :class:`RejectedBundleError`: ``message_size``, ``message_schema`` or ``message_route``.
    """
    if len(line) > MAX_MESSAGE_BYTES:
        raise RejectedBundleError("message_size", "消息超过允许的长度")
    try:
        raw = _Line.model_validate_json(line)
        route = require_route(raw.kind, origin, destination)
        body = route.body.model_validate_json(json.dumps(raw.body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise RejectedBundleError(
            "message_schema",
            "消息内容不符合约定的格式",
            field=".".join(str(part) for part in first["loc"])[:100],
        ) from None
    return Message(id=raw.id, kind=raw.kind, created=raw.created, body=body, blobs=tuple(raw.blobs))
