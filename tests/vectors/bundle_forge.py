"""Puts bundles together by hand, byte by byte, with fixed keys: what no sealer would make."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from kernel.bundle import Receipts, RefusedSequence, StreamReceipt
from kernel.bundle.header import MESSAGES_TYPE, PAYLOAD_TYPE, canonical
from kernel.bundle.tar import END, header_block, padding
from kernel.keys import (
    InternationalSuite,
    Purpose,
    TrustedKey,
    TrustStore,
    ZoneKeys,
    keyid_of,
    pae,
)
from kernel.vocabulary.zones import Stream, Zone

AT: Final = datetime(2021, 6, 11, 1, 30, tzinfo=UTC)
"""The moment at which the vectors are to be verified."""
EPOCH: Final = "00000000feedf00d"
ID: Final = "0123456789abcdef0123456789abcdef"
SCAN: Final = b"not really a scan\n"

Json = dict[str, Any]  # a header that may be wrong in any way has no narrower type


class FixedSuite(InternationalSuite):
    """The suite with an ephemeral key that is always the same: for test vectors alone."""

    def new_agreement_key(self) -> bytes:
        return secret_key("ephemeral")


def secret_key(name: str) -> bytes:
    """A private key that everybody knows."""
    return hashlib.sha256(f"tongban test key, never use: {name}".encode()).digest()


def keys_of(zone: Zone) -> ZoneKeys:
    """The test keys of ``zone``."""
    return ZoneKeys(
        zone,
        FixedSuite(),
        secret_key(f"{zone.value} seal"),
        secret_key(f"{zone.value} receive"),
    )


INTERNET: Final = keys_of(Zone.INTERNET)
EXTRANET: Final = keys_of(Zone.EXTRANET)
INTRANET: Final = keys_of(Zone.INTRANET)
REVOKED: Final = ZoneKeys(Zone.INTERNET, FixedSuite(), secret_key("revoked"), b"")
EXPIRED: Final = ZoneKeys(Zone.INTERNET, FixedSuite(), secret_key("expired"), b"")
STRANGER: Final = ZoneKeys(Zone.INTERNET, FixedSuite(), secret_key("stranger"), b"")


def trusted_keys() -> list[TrustedKey]:
    """What the trust file of the vectors lists."""
    suite = "international"

    def public(keys: ZoneKeys) -> bytes:
        return keys.suite.signing_public(keys.seal)

    whole = [
        keys.public(purpose)
        for keys in (INTERNET, EXTRANET, INTRANET)
        for purpose in (Purpose.SEAL, Purpose.RECEIVE)
    ]
    early = datetime(2020, 1, 1, tzinfo=UTC)
    return [
        *whole,
        TrustedKey(Zone.INTERNET, Purpose.SEAL, suite, public(REVOKED), revoked=True),
        TrustedKey(Zone.INTERNET, Purpose.SEAL, suite, public(EXPIRED), not_after=early),
    ]


def trust() -> TrustStore:
    """The trust store of the vectors."""
    return TrustStore(trusted_keys())


RECEIPTS: Final = Receipts(
    seen_beacon=7,
    streams=[
        StreamReceipt(
            stream=Stream.URGENT,
            epoch=EPOCH,
            contiguous=3,
            head="cd" * 32,
            gaps=[[4, 4], [6, 9]],
            refused=[RefusedSequence(sequence=2, code="message_schema")],
            halted=False,
        ),
        StreamReceipt(
            stream=Stream.REVIEW,
            epoch=EPOCH,
            contiguous=0,
            head=None,
            gaps=[],
            refused=[],
            halted=True,
        ),
    ],
)


# Putting a bundle together by hand.


def member(name: str, content: bytes, size: int | None = None) -> bytes:
    """One member as the specification writes it."""
    return (
        header_block(name, len(content) if size is None else size) + content + padding(len(content))
    )


def signature(
    raw: bytes,
    keys: ZoneKeys = INTERNET,
    payload_type: str = PAYLOAD_TYPE,
    **changed: str,
) -> bytes:
    """The signature document over ``raw``."""
    fields = {
        "keyid": keyid_of(keys.suite.signing_public(keys.seal)),
        "sig": base64.b64encode(keys.suite.sign(keys.seal, pae(payload_type, raw))).decode(),
        "suite": "international",
    }
    return canonical({**fields, **changed})


def blob_list(blobs: Sequence[tuple[bytes, str]]) -> list[Json]:
    """The header's list of ``(content, media type)``."""
    return [
        {"digest": hashlib.sha256(content).hexdigest(), "media_type": kind, "size": len(content)}
        for content, kind in blobs
    ]


LINE: Final = canonical({"hello": "济源"})
BLOBS: Final = ((LINE + b"\n", MESSAGES_TYPE), (SCAN, "text/plain"))


def header(**changed: Any) -> Json:
    """A right header from internet to extranet, with ``changed`` fields."""
    right: Json = {
        "format": "tongban-bundle/1",
        "suite": "international",
        "origin": "internet",
        "destination": "extranet",
        "stream": "review",
        "epoch": EPOCH,
        "sequence": 1,
        "previous": None,
        "created": 1623375000000000,
        "messages": [{"id": ID, "kind": "case.submitted"}],
        "blobs": blob_list(BLOBS),
        "receipts": {"seen_beacon": 0, "streams": []},
        "encryption": None,
    }
    return {**right, **changed}


def assemble(front: bytes, blobs: Sequence[bytes] = (LINE + b"\n", SCAN)) -> bytes:
    """A bundle from its signed front and its blobs."""
    bodies = [member(f"blobs/{hashlib.sha256(blob).hexdigest()}", blob) for blob in blobs]
    return b"".join((front, *bodies, END))


def front(raw: bytes, document: bytes | None = None) -> bytes:
    """Header and signature."""
    return member("header.json", raw) + member(
        "signature.json", signature(raw) if document is None else document
    )


def simple(**changed: Any) -> bytes:
    """A bundle whose header differs from a right one in ``changed``."""
    return assemble(front(canonical(header(**changed))))
