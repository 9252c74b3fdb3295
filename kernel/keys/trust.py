"""The trust file: everybody's public keys, what each is for, and which are revoked.

A key id in a signature is a hint for finding the key; whether the key may sign for that zone and
purpose is decided by this file alone.
"""

import base64
import binascii
import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, Field, ValidationError

from kernel.errors import RejectedBundleError, SettingsError
from kernel.settings import Settings
from kernel.vocabulary.zones import Zone

KEYID_DIGITS: Final = 16
PUBLIC_KEY_SIZE: Final = 32
"""Ed25519 and X25519 alike."""


class Purpose(StrEnum):
    """What a public key may be used for."""

    SEAL = "seal"
    """To check the zone's bundles and beacons."""
    RECEIVE = "receive"
    """To encrypt bundles to the zone."""
    CERTIFICATE = "certificate"
    """To check electronic title certificates."""
    CARRY = "carry"
    """To check the cover sheets of media that a ferry's writing station made; never a bundle."""
    CALENDAR = "calendar"
    """To check the working calendars that the administrator signs; never a bundle."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One public key with its limits; instants are UTC-aware."""

    zone: Zone
    purpose: Purpose
    suite: str
    public: bytes
    not_before: datetime | None = None
    not_after: datetime | None = None
    revoked: bool = False

    @property
    def keyid(self) -> str:
        """The first 16 hex digits of the SHA-256 of the raw public key."""
        return keyid_of(self.public)

    def is_valid(self, at: datetime) -> bool:
        """Whether the key may be relied on at ``at``."""
        return (
            not self.revoked
            and (self.not_before is None or self.not_before <= at)
            and (self.not_after is None or at <= self.not_after)
        )


def keyid_of(public: bytes) -> str:
    """The id of a raw public key."""
    return hashlib.sha256(public).hexdigest()[:KEYID_DIGITS]


class _Entry(Settings):
    zone: Literal["internet", "extranet", "intranet"]
    purpose: Literal["seal", "receive", "certificate", "carry", "calendar"]
    suite: Literal["international"]
    keyid: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    public: str
    not_before: AwareDatetime | None = None
    not_after: AwareDatetime | None = None
    revoked: bool = False


class _File(Settings):
    key: Annotated[list[_Entry], Field(max_length=200)]


class TrustStore:
    """Public keys by zone and purpose."""

    def __init__(self, keys: Iterable[TrustedKey]) -> None:
        """Hold ``keys``."""
        self._keys = tuple(keys)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a trust file.

        Raises :class:`SettingsError`: ``trust_unreadable`` or ``trust_invalid``.
        """
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError("trust_unreadable", f"信任文件 {path} 无法读取") from error
        return cls(parse_entries(text, str(path)))

    @property
    def keys(self) -> tuple[TrustedKey, ...]:
        """All of them, as listed."""
        return self._keys

    def require(self, keyid: str, purpose: Purpose, at: datetime) -> TrustedKey:
        """The key ``keyid`` for ``purpose``; the caller compares its zone with what was signed.

        Raises :class:`RejectedBundleError`: ``key_unknown`` (none for this purpose) or
        ``key_revoked`` (revoked, or outside its time).
        """
        for key in self._keys:
            if (key.keyid, key.purpose) == (keyid, purpose):
                if not key.is_valid(at):
                    raise RejectedBundleError("key_revoked", "签名密钥已吊销或不在有效期内")
                return key
        raise RejectedBundleError("key_unknown", "签名密钥不在信任文件中")

    def current(self, zone: Zone, purpose: Purpose, at: datetime) -> TrustedKey:
        """The last listed valid key of ``zone`` for ``purpose``.

        Raises :class:`SettingsError` with code ``key_missing``.
        """
        valid = [
            key
            for key in self._keys
            if (key.zone, key.purpose) == (zone, purpose) and key.is_valid(at)
        ]
        if not valid:
            raise SettingsError("key_missing", f"信任文件中没有{zone.label}的有效公钥")
        return valid[-1]


def parse_entries(text: str, name: str) -> tuple[TrustedKey, ...]:
    """The keys that the text of a trust file lists; ``name`` is what an error calls it.

    Raises :class:`SettingsError`: ``trust_unreadable`` (no TOML) or ``trust_invalid``.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError("trust_unreadable", f"信任文件 {name} 无法读取") from error
    try:
        return tuple(_key(entry) for entry in _File.model_validate(table).key)
    except (ValidationError, binascii.Error, ValueError) as error:
        raise SettingsError("trust_invalid", f"信任文件 {name} 内容不正确") from error


def entry_text(key: TrustedKey) -> str:
    """The lines of a trust file for ``key``, its limits too."""
    lines = [
        "[[key]]",
        f'zone = "{key.zone.value}"',
        f'purpose = "{key.purpose.value}"',
        f'suite = "{key.suite}"',
        f'keyid = "{key.keyid}"',
        f'public = "{base64.b64encode(key.public).decode()}"',
    ]
    limits = (("not_before", key.not_before), ("not_after", key.not_after))
    lines += [f"{name} = {at.isoformat()}" for name, at in limits if at is not None]
    if key.revoked:
        lines.append("revoked = true")
    return "\n".join(lines) + "\n"


def _key(entry: _Entry) -> TrustedKey:
    public = base64.b64decode(entry.public, validate=True)
    if len(public) != PUBLIC_KEY_SIZE:
        raise ValueError("a public key of this suite has another length")
    if keyid_of(public) != entry.keyid:
        raise ValueError("keyid does not belong to the key")
    return TrustedKey(
        zone=Zone(entry.zone),
        purpose=Purpose(entry.purpose),
        suite=entry.suite,
        public=public,
        not_before=entry.not_before,
        not_after=entry.not_after,
        revoked=entry.revoked,
    )
