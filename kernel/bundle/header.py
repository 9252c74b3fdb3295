"""The header of a bundle: what is signed, and whose digest is the bundle's identity.

Limits are named here and repeated in docs/spec/bundle-v1.md, which a test compares.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, ValidationError, model_validator

from kernel.bundle.receipts import (
    MAX_SEQUENCE,
    Digest,
    Epoch,
    Receipts,
    Record,
    Renewed,
    Sequence,
    Sparse,
)
from kernel.bundle.tar import MAX_MEMBER
from kernel.errors import RejectedBundleError
from kernel.vocabulary.zones import CARRIER_OF, ENCRYPTED, Stream, Zone

FORMAT: Final = "tongban-bundle/1"
PAYLOAD_TYPE: Final = "application/vnd.tongban.bundle.v1+json"
MESSAGES_TYPE: Final = "application/vnd.tongban.messages+jsonl"
ENCRYPTED_TYPE: Final = "application/octet-stream"

MAX_HEADER_BYTES: Final = 1024 * 1024
MAX_SIGNATURE_BYTES: Final = 1024
MAX_MESSAGES: Final = 1000
MAX_BLOBS: Final = 2000
MAX_MESSAGES_BYTES: Final = 64 * 1024 * 1024
MAX_BUNDLE_BYTES: Final = 16 * 1024**3


class MessageRef(Record):
    """A message named in the header: a carrier can count and trace it without reading it."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    kind: Annotated[str, Field(pattern=r"^[a-z]+\.[a-z]+$", max_length=40)]


class BlobEntry(Record):
    """One blob as it is stored in the bundle: digest and size of the stored bytes."""

    digest: Digest
    size: Annotated[int, Field(ge=0, le=MAX_MEMBER)]
    media_type: Annotated[str, Field(pattern=r"^[a-z0-9.+-]+/[a-z0-9.+-]+$", max_length=100)]


class Encryption(Record):
    """To whom the blobs are encrypted; the public key is base64 of 32 bytes."""

    recipient: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    ephemeral: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]


class BundleHeader(Sparse):
    """Everything that is signed about a bundle."""

    optional: ClassVar[frozenset[str]] = frozenset({"renews"})

    format: Literal["tongban-bundle/1"]
    suite: Literal["international"]
    origin: Annotated[Zone, Field(strict=False)]
    destination: Annotated[Zone, Field(strict=False)]
    stream: Annotated[Stream, Field(strict=False)]
    epoch: Epoch
    sequence: Sequence
    previous: Digest | None
    """Digest of the stream's bundle before this one; null if and only if this is the first."""
    created: Annotated[int, Field(ge=0, le=MAX_SEQUENCE)]
    """Microseconds UTC by the origin's clock: evidence, never order."""
    messages: Annotated[list[MessageRef], Field(max_length=MAX_MESSAGES)]
    blobs: Annotated[list[BlobEntry], Field(max_length=MAX_BLOBS)]
    """The first holds the messages' bodies when there are messages."""
    receipts: Receipts
    encryption: Encryption | None
    renews: Renewed | None = None
    """Only in the first bundle of an epoch that replaces another: where that one was left."""

    @model_validator(mode="after")
    def _require_sense(self) -> "BundleHeader":
        way = (self.origin, self.destination)
        if way not in CARRIER_OF:
            raise ValueError("no carrier goes this way")
        if (way in ENCRYPTED) != (self.encryption is not None):
            raise ValueError("this way is encrypted, or it is not")
        if (self.sequence == 1) != (self.previous is None):
            raise ValueError("previous and sequence disagree")
        if self.renews is not None and self.sequence != 1:
            raise ValueError("only a first bundle replaces an epoch")
        if bool(self.messages) != bool(self.blobs):
            raise ValueError("messages need their blob")
        self._require_blobs()
        return self

    def _require_blobs(self) -> None:
        if self.encryption is None:
            if self.blobs and self.blobs[0].media_type != MESSAGES_TYPE:
                raise ValueError("the first blob holds the messages")
        elif any(blob.media_type != ENCRYPTED_TYPE for blob in self.blobs):
            raise ValueError("an encrypted blob does not show its media type")
        if len({message.id for message in self.messages}) != len(self.messages):
            raise ValueError("a message is listed twice")
        if len({blob.digest for blob in self.blobs}) != len(self.blobs):
            raise ValueError("a blob is listed twice")
        if sum(blob.size for blob in self.blobs) > MAX_BUNDLE_BYTES:
            raise ValueError("larger than a bundle may be")


def canonical(value: object) -> bytes:
    """JSON with sorted keys, no spaces and real characters: the form that is written."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def header_bytes(header: BundleHeader) -> bytes:
    """The bytes a sealer writes and signs."""
    return canonical(header.model_dump(mode="json"))


def digest_of(header: bytes) -> str:
    """The bundle's identity: SHA-256 of the header's bytes."""
    return hashlib.sha256(header).hexdigest()


def parse_header(raw: bytes) -> BundleHeader:
    """Step 7: parse a header whose signature is good.

    Raises :class:`RejectedBundleError` with code ``header_invalid``; the detail names the field.
    """
    try:
        json.loads(raw, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
        header = BundleHeader.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:100]
        raise RejectedBundleError("header_invalid", "交换包头不符合规范", field=where) from None
    except (ValueError, RecursionError):
        raise RejectedBundleError("header_invalid", "交换包头不符合规范") from None
    if header_bytes(header) != raw:
        raise RejectedBundleError("header_not_canonical", "交换包头不是规范形式")
    return header


def _no_duplicates(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError("duplicate key")
        found[key] = value
    return found


def _no_constant(name: str) -> object:
    raise ValueError(name)
