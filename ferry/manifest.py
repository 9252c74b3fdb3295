"""The signed cover sheet of a medium (docs/spec/ferry-medium-v1.md, section 3)."""

import json
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kernel.bundle.envelope import check, sign_with
from kernel.bundle.header import canonical
from kernel.errors import RejectedBundleError
from kernel.keys import InternationalSuite, Purpose, TrustStore
from kernel.vocabulary.zones import Zone

MAX_MANIFEST_BYTES: Final = 16 * 1024 * 1024
MAX_FILES: Final = 20_000
MANIFEST_TYPE: Final = "application/vnd.tongban.medium+json"
MANIFEST_NAME: Final = "MANIFEST.json"
SIGNATURE_NAME: Final = "MANIFEST.sig"
NOTE_NAME: Final = "摆渡交接说明.txt"
FOLDER: Final = "bundles"
MEDIUM_NUMBER: Final = r"^[A-Z]{2}[0-9]{6}$"
_DIGEST: Final = r"^[0-9a-f]{64}$"
_ZoneName = Literal["internet", "extranet", "intranet"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ListedFile(_Record):
    """A file of the medium: its name, which determines its every byte, and how many they are."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    size: Annotated[int, Field(ge=1)]


class Manifest(_Record):
    """One volume of a trip."""

    format: Literal["tongban-medium/1"]
    medium: Annotated[str, Field(pattern=MEDIUM_NUMBER)]
    trip: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    volume: Annotated[int, Field(ge=1, le=999)]
    volumes: Annotated[int, Field(ge=1, le=999)]
    origin: _ZoneName
    destination: _ZoneName
    created: Annotated[int, Field(ge=0)]
    maker: Annotated[str, Field(max_length=32)]
    approver: Annotated[str, Field(max_length=32)]
    purpose: Annotated[str, Field(max_length=200)]
    previous: Annotated[str, Field(pattern=_DIGEST)] | None
    files: Annotated[tuple[ListedFile, ...], Field(max_length=MAX_FILES)]

    def encode(self) -> bytes:
        """Canonical JSON."""
        return canonical(self.model_dump(mode="json"))


def sign_manifest(manifest: Manifest, private: bytes) -> bytes:
    """The signature document of the station's key over ``manifest``."""
    return sign_with(MANIFEST_TYPE, manifest.encode(), InternationalSuite(), private)


def open_manifest(content: bytes, signature: bytes, trust: TrustStore, at: datetime) -> Manifest:
    """Verify, then parse.

    Raises :class:`RejectedBundleError`: ``signature_invalid``, ``key_unknown``, ``key_revoked``,
    ``manifest_invalid``, ``manifest_too_large``, ``wrong_origin`` (a station of another zone).
    """
    if len(content) > MAX_MANIFEST_BYTES:
        raise RejectedBundleError("manifest_too_large", "介质清单超过允许的大小")
    key = check(MANIFEST_TYPE, content, signature, trust, Purpose.CARRY, at)
    wrong = RejectedBundleError("manifest_invalid", "介质清单的内容不合规定")
    try:
        found = Manifest.model_validate_json(content)
        if canonical(json.loads(content)) != content:
            raise wrong
    except (ValidationError, ValueError, RecursionError):
        raise wrong from None
    names = [file.name for file in found.files]
    if len(set(names)) != len(names) or found.volume > found.volumes:
        raise wrong
    if found.maker == found.approver:
        raise wrong
    if key.zone is not Zone(found.origin):
        raise RejectedBundleError("wrong_origin", "介质清单不是由其声明的来源网签署的")
    return found
