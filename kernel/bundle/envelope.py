"""The signature beside a signed statement: who signed, with which suite, over which bytes."""

import base64
import json
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from kernel.bundle.header import MAX_SIGNATURE_BYTES, canonical
from kernel.bundle.receipts import Record
from kernel.errors import RejectedBundleError
from kernel.keys import (
    InternationalSuite,
    Purpose,
    Suite,
    TrustedKey,
    TrustStore,
    ZoneKeys,
    keyid_of,
    pae,
)

_SUITES: Final = {InternationalSuite.name: InternationalSuite()}


class _Envelope(Record):
    payload: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$")]
    payloadType: Annotated[str, Field(max_length=100)]  # noqa: N815 (DSSE's name)
    signatures: Annotated[list[dict[str, object]], Field(min_length=1, max_length=1)]


class _Signature(Record):
    keyid: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    sig: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}==$")]
    suite: Literal["international"]


def sign(payload_type: str, payload: bytes, keys: ZoneKeys, purpose: Purpose) -> bytes:
    """The signature document over ``payload``: canonical JSON, the same bytes every time."""
    return sign_with(payload_type, payload, keys.suite, keys.signing(purpose))


def sign_with(payload_type: str, payload: bytes, suite: Suite, private: bytes) -> bytes:
    """As :func:`sign`, with a single private signing key of ``suite``."""
    signature = suite.sign(private, pae(payload_type, payload))
    return canonical(
        {
            "keyid": keyid_of(suite.signing_public(private)),
            "sig": base64.b64encode(signature).decode(),
            "suite": suite.name,
        }
    )


def wrap(payload_type: str, payload: bytes, signature: bytes) -> str:
    """Payload and signature document as one line of text: DSSE's JSON envelope, canonical."""
    return canonical(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": payload_type,
            "signatures": [json.loads(signature)],
        }
    ).decode()


def unwrap(text: str, payload_type: str) -> tuple[bytes, bytes]:
    """Payload and signature document of an envelope in its one canonical form.

    Raises :class:`ValueError` for any other text; nothing of the payload is parsed here.
    """
    raw = text.encode("ascii")
    found = _Envelope.model_validate_json(raw)
    payload = base64.b64decode(found.payload, validate=True)
    again = wrap(payload_type, payload, canonical(found.signatures[0]))
    if found.payloadType != payload_type or again.encode() != raw:
        raise ValueError("not an envelope of this type in its canonical form")
    return payload, canonical(found.signatures[0])


def check(
    payload_type: str,
    payload: bytes,
    document: bytes,
    trust: TrustStore,
    purpose: Purpose,
    at: datetime,
) -> TrustedKey:
    """The key that signed ``payload``; nothing of the payload is parsed here.

    Raises :class:`RejectedBundleError`: ``signature_invalid`` (malformed or wrong),
    ``key_unknown``, ``key_revoked``.
    """
    wrong = RejectedBundleError("signature_invalid", "签名不正确，内容可能被改动或伪造")
    if len(document) > MAX_SIGNATURE_BYTES:
        raise wrong
    try:
        found = _Signature.model_validate_json(document)
        signature = base64.b64decode(found.sig, validate=True)
    except (ValidationError, ValueError):
        raise wrong from None
    if canonical(json.loads(document)) != document:
        raise wrong
    if base64.b64encode(signature).decode() != found.sig:
        raise wrong
    key = trust.require(found.keyid, purpose, at)
    if not _SUITES[found.suite].is_signed(key.public, pae(payload_type, payload), signature):
        raise wrong
    return key
