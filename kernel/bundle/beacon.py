"""Beacons: a signed word about every stream of one direction, outside the sequence.

The newest replaces all older. A beacon makes silence, tail loss and mismatched settings visible at
the side that cannot be asked, and carries the receipts of the opposite direction
(docs/spec/beacon-v1.md).
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, ValidationError, model_validator

from kernel.bundle import envelope
from kernel.bundle.header import canonical
from kernel.bundle.names import BeaconName
from kernel.bundle.open import Receiver
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
from kernel.errors import RejectedBundleError
from kernel.keys import Purpose, ZoneKeys
from kernel.vocabulary.zones import CARRIER_OF, Stream, Zone

FORMAT: Final = "tongban-beacon/1"
PAYLOAD_TYPE: Final = "application/vnd.tongban.beacon.v1+json"
MAX_BEACON_BYTES: Final = 1024 * 1024
MAX_UNCONFIRMED: Final = 1000


class Unconfirmed(Record):
    """A bundle on its way, as far as the origin knows."""

    sequence: Sequence
    digest: Digest
    size: Annotated[int, Field(ge=0, le=MAX_SEQUENCE)]


class StreamHead(Record):
    """How far one stream has been sealed, and what of it is unconfirmed."""

    stream: Annotated[Stream, Field(strict=False)]
    epoch: Epoch
    highest: Sequence
    head: Digest
    unconfirmed_total: Annotated[int, Field(ge=0, le=MAX_SEQUENCE)]
    unconfirmed: Annotated[list[Unconfirmed], Field(max_length=MAX_UNCONFIRMED)]
    """One page of them, ascending; successive beacons turn the pages."""

    @model_validator(mode="after")
    def _require_sense(self) -> "StreamHead":
        numbers = [bundle.sequence for bundle in self.unconfirmed]
        if numbers != sorted(set(numbers)) or any(number > self.highest for number in numbers):
            raise ValueError("unconfirmed bundles are not in order")
        return self


class Renewal(Record):
    """A stream goes on under a new epoch; ``renews`` is null when the origin knows of none."""

    stream: Annotated[Stream, Field(strict=False)]
    epoch: Epoch
    renews: Renewed | None


class Beacon(Sparse):
    """Everything that is signed about one direction at one moment."""

    optional: ClassVar[frozenset[str]] = frozenset({"renewals"})

    format: Literal["tongban-beacon/1"]
    suite: Literal["international"]
    origin: Annotated[Zone, Field(strict=False)]
    destination: Annotated[Zone, Field(strict=False)]
    counter: Sequence
    created: Annotated[int, Field(ge=0, le=MAX_SEQUENCE)]
    """Microseconds UTC by the origin's clock."""
    software: Annotated[str, Field(max_length=40)]
    streams: Annotated[list[StreamHead], Field(max_length=len(Stream))]
    receipts: Receipts
    renewals: Annotated[list[Renewal], Field(max_length=len(Stream))] = Field(default_factory=list)
    """Epochs announced and not yet begun."""

    @model_validator(mode="after")
    def _require_sense(self) -> "Beacon":
        if (self.origin, self.destination) not in CARRIER_OF:
            raise ValueError("no carrier goes this way")
        if len({head.stream for head in self.streams}) != len(self.streams):
            raise ValueError("a stream is told twice")
        if len({renewal.stream for renewal in self.renewals}) != len(self.renewals):
            raise ValueError("a stream is renewed twice")
        return self


class _File(Record):
    payload: str
    signature: str


@dataclass(frozen=True, slots=True)
class SealedBeacon:
    """A beacon as a file: its bytes and its name."""

    content: bytes
    name: str


def seal_beacon(beacon: Beacon, keys: ZoneKeys) -> SealedBeacon:
    """Sign ``beacon``."""
    payload = canonical(beacon.model_dump(mode="json"))
    signature = envelope.sign(PAYLOAD_TYPE, payload, keys, Purpose.SEAL)
    content = _file(payload, signature)
    return SealedBeacon(
        content, str(BeaconName(beacon.counter, hashlib.sha256(content).hexdigest()))
    )


def open_beacon(content: bytes, receiver: Receiver, name: str | None) -> Beacon:
    """Verify and parse a beacon file.

    Raises :class:`RejectedBundleError`: ``beacon_malformed``, what
    :func:`kernel.bundle.envelope.check` raises, ``wrong_zone_key``, ``wrong_destination`` or
    ``name_mismatch``.
    """
    malformed = RejectedBundleError("beacon_malformed", "信标文件不符合规范")
    if len(content) > MAX_BEACON_BYTES:
        raise malformed
    try:
        file = _File.model_validate_json(content)
        payload = base64.b64decode(file.payload, validate=True)
        signature = base64.b64decode(file.signature, validate=True)
    except (ValidationError, ValueError):
        raise malformed from None
    # Written again it must be the same bytes: one statement has one file, one digest and one name.
    if _file(payload, signature) != content:
        raise malformed
    key = envelope.check(
        PAYLOAD_TYPE, payload, signature, receiver.trust, Purpose.SEAL, receiver.at
    )
    try:
        beacon = Beacon.model_validate_json(payload)
    except (ValidationError, ValueError, RecursionError):
        raise malformed from None
    if canonical(beacon.model_dump(mode="json")) != payload:
        raise malformed
    if key.zone is not beacon.origin:
        raise RejectedBundleError("wrong_zone_key", "签名密钥不属于信标声明的来源网")
    if beacon.destination is not receiver.destination:
        raise RejectedBundleError("wrong_destination", "信标不是发给本网的")
    own = str(BeaconName(beacon.counter, hashlib.sha256(content).hexdigest()))
    if name is not None and name != own:
        raise RejectedBundleError("name_mismatch", "文件名与信标内容不符")
    return beacon


def _file(payload: bytes, signature: bytes) -> bytes:
    return canonical(
        {
            "payload": base64.b64encode(payload).decode(),
            "signature": base64.b64encode(signature).decode(),
        }
    )
