"""The handover file: one zone's facts, signed; docs/spec/handover-v1.md.

The envelope is opened in the order of the specification: size, form, signature by a key that was
confirmed on another way, and only then what it says.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from kernel.bundle.envelope import check, sign
from kernel.bundle.header import canonical
from kernel.bundle.receipts import Record
from kernel.clock import Clock
from kernel.errors import RejectedBundleError, SettingsError
from kernel.handover import facts
from kernel.keys import Purpose, TrustedKey, TrustStore, ZoneKeys
from kernel.keys.trust import parse_entries
from kernel.vocabulary.zones import Zone

FORMAT: Final = "tongban-handover/1"
PAYLOAD_TYPE: Final = "application/vnd.tongban.handover.v1+json"
MAX_HANDOVER_BYTES: Final = 1024 * 1024
MAX_PEM: Final = 16_384
SOFTWARE_CHARS: Final = 40

ZoneName = Literal["internet", "extranet", "intranet"]
Url = Annotated[str, Field(pattern=r"^https://[A-Za-z0-9.:\[\]-]{1,255}$")]
Table = Annotated[
    dict[Annotated[str, Field(max_length=200)], Annotated[str, Field(max_length=200)]],
    Field(max_length=500),
]
Lines = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=100)]
Pem = Annotated[str, Field(max_length=MAX_PEM)]


class Certificates(Record):
    """The public halves of the uplink's TLS, PEM; what a zone does not have is null."""

    authority: Pem | None
    client: Pem | None
    server: Pem | None


class Handover(Record):
    """What one zone says; ``created`` is microseconds UTC, ``keys`` the text of trust entries."""

    format: Literal["tongban-handover/1"]
    zone: ZoneName
    created: Annotated[int, Field(ge=0, le=2**53)]
    software: Annotated[str, Field(max_length=SOFTWARE_CHARS)]
    keys: Annotated[str, Field(max_length=65_536)]
    certificates: Certificates
    uplink: Url | None
    """Where the extranet dials the portal, as this zone knows it."""
    portal: Url | None
    """Where citizens find the portal, as this zone knows it."""
    formats: Table
    streams: Lines
    paths: Lines
    messages: Table
    code_tables: Table
    holidays: Table


class _Envelope(Record):
    payload: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$")]
    public: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]
    signature: dict[str, str]


@dataclass(frozen=True, slots=True)
class Opened:
    """A handover whose signature is right; ``public`` is the raw key that made it."""

    handover: Handover
    keys: tuple[TrustedKey, ...]
    public: bytes

    @property
    def zone(self) -> Zone:
        """Whose facts these are."""
        return Zone(self.handover.zone)

    @property
    def fingerprint(self) -> str:
        """What people compare on the telephone or on paper."""
        return fingerprint(self.public)


def fingerprint(public: bytes) -> str:
    """SHA-256 of a raw public key, 64 hex digits."""
    return hashlib.sha256(public).hexdigest()


def make(
    keys: ZoneKeys,
    trust_entries: str,
    certificates: Certificates,
    uplink: str | None,
    portal: str | None,
    software: str,
    clock: Clock,
) -> bytes:
    """The signed handover of ``keys``' zone.

    Raises :class:`SettingsError` with code ``handover_value`` when a value does not fit.
    """
    try:
        said = Handover(
            format=FORMAT,
            zone=keys.zone.value,
            created=int(clock.now().timestamp() * 1_000_000),
            software=software,
            keys=trust_entries,
            certificates=certificates,
            uplink=uplink,
            portal=portal,
            formats=facts.formats(),
            streams=facts.streams(),
            paths=facts.paths(),
            messages=facts.messages(),
            code_tables=facts.code_tables(),
            holidays=facts.holidays(),
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError("handover_value", f"交接内容 {where} 不正确：{first['msg']}") from None
    payload = canonical(said.model_dump(mode="json"))
    return canonical(
        {
            "payload": base64.b64encode(payload).decode(),
            "public": base64.b64encode(keys.suite.signing_public(keys.seal)).decode(),
            "signature": json.loads(sign(PAYLOAD_TYPE, payload, keys, Purpose.SEAL)),
        }
    )


def open_handover(raw: bytes, accepted: Collection[str], clock: Clock) -> Opened:
    """What a handover file says, when a key whose fingerprint is in ``accepted`` signed it.

    Raises :class:`RejectedBundleError`: ``handover_malformed``, ``handover_signer`` (a key nobody
    confirmed), ``handover_signature`` or ``handover_key`` (not a valid key of that zone).
    """
    # Steps 1 and 2.
    payload, public, signature = _open_envelope(raw)
    # Step 3: a confirmed key signed these bytes; nothing of them was parsed until here.
    if fingerprint(public) not in accepted:
        raise RejectedBundleError(
            "handover_signer",
            f"交接文件的签名公钥未经核对，指纹为 {fingerprint(public)}",
            fingerprint=fingerprint(public),
        )
    _check_signature(payload, public, signature, clock)
    # Step 4: the payload.
    try:
        said = Handover.model_validate_json(payload)
        keys = parse_entries(said.keys, "（交接文件）")
    except (ValidationError, SettingsError):
        raise _malformed() from None
    if canonical(said.model_dump(mode="json")) != payload:
        raise _malformed()
    # Step 5: its keys are its own zone's, and the one that signed is among them.
    if any(key.zone.value != said.zone for key in keys) or not any(
        (key.public, key.purpose) == (public, Purpose.SEAL) and key.is_valid(clock.now())
        for key in keys
    ):
        raise RejectedBundleError(
            "handover_key", "交接文件列出了其他网的公钥，或签名的公钥不在其中、已失效"
        )
    return Opened(said, keys, public)


def signer_of(raw: bytes) -> str:
    """The fingerprint of the key that a handover file says made it; nothing is verified.

    Raises :class:`RejectedBundleError` with code ``handover_malformed``.
    """
    return fingerprint(_open_envelope(raw)[1])


def _open_envelope(raw: bytes) -> tuple[bytes, bytes, bytes]:
    """Payload, raw public key and signature document of a bounded, well-formed file."""
    if len(raw) > MAX_HANDOVER_BYTES:
        raise _malformed()
    try:
        found = _Envelope.model_validate_json(raw)
        payload = base64.b64decode(found.payload, validate=True)
        public = base64.b64decode(found.public, validate=True)
    except (ValidationError, binascii.Error):
        raise _malformed() from None
    again = {
        "payload": base64.b64encode(payload).decode(),
        "public": base64.b64encode(public).decode(),
        "signature": found.signature,
    }
    if canonical(again) != raw:
        raise _malformed()
    return payload, public, canonical(found.signature)


def _malformed() -> RejectedBundleError:
    return RejectedBundleError("handover_malformed", "交接文件不符合规范")


def _check_signature(payload: bytes, public: bytes, signature: bytes, clock: Clock) -> None:
    # For this step alone the key stands for itself; the zone in it means nothing yet.
    alone = TrustStore([TrustedKey(Zone.INTERNET, Purpose.SEAL, "international", public)])
    try:
        check(PAYLOAD_TYPE, payload, signature, alone, Purpose.SEAL, clock.now())
    except RejectedBundleError:
        raise RejectedBundleError("handover_signature", "交接文件的签名不正确") from None
