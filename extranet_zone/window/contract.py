"""What agent, driver and zone say to one another; no web, no database.

``docs/spec/window-device-v1.md`` says why. Both ends read what reaches them through
these models: what is not the contract is refused whole.
"""

import hashlib
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from kernel.errors import InvalidValueError
from kernel.vocabulary.coded import Coded
from kernel.vocabulary.dictionaries import DocumentKind
from kernel.vocabulary.identity import IdentityNumber
from kernel.vocabulary.normal import compact

CONTRACT: Final = 1
MAX_DRIVER_FILE: Final = 8 * 1024 * 1024
MAX_BASE64: Final = MAX_DRIVER_FILE // 3 * 4 + 4
MAX_LINE: Final = 12 * 1024 * 1024
MAX_HEADER: Final = 8 * 1024
MAX_BODY: Final = 51 * 1024 * 1024
MAX_MESSAGE: Final = 200
MAX_ORDERS: Final = 10
ORDER_SECONDS: Final = 120
"""How long an order stands; a driver's own time and the way there fit into it."""
_NUL: Final = b"\\u0000"

Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
OptionalHex32 = Annotated[str, Field(pattern=r"^([0-9a-f]{32})?$")]
OptionalDigest = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
PictureType = Literal["image/jpeg", "image/png"]
SUFFIXES: Final = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}


class ReadingKind(Coded):
    """Where a reading comes from."""

    IDENTITY = "identity_reader", "身份证件"
    CAMERA = "camera", "高拍仪照片"
    FACE = "face", "人像比对"
    SIGNATURE = "signature_pad", "签名"
    FINGERPRINT = "fingerprint", "指纹"
    SCAN = "scan", "扫描件"


DEVICE_KINDS: Final = tuple(kind for kind in ReadingKind if kind is not ReadingKind.SCAN)
"""What can be asked for; scans come by themselves."""
FILE_NEEDED: Final = frozenset(
    {ReadingKind.CAMERA, ReadingKind.SIGNATURE, ReadingKind.FINGERPRINT, ReadingKind.SCAN}
)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NoFacts(_Strict):
    """Pictures speak for themselves."""


class IdentityFacts(_Strict):
    """What a card says; a repr shows nothing of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: Annotated[str, Field(min_length=1, max_length=100, repr=False)]
    document_type: Annotated[str, Field(max_length=2)]
    document_no: Annotated[str, Field(min_length=1, max_length=40, repr=False)]
    valid_until: str = ""

    @field_validator("document_type")
    @classmethod
    def _known(cls, value: str) -> str:
        if not DocumentKind.has(value):
            raise ValueError("no code of 证件种类")
        return value

    @field_validator("valid_until")
    @classmethod
    def _a_day(cls, value: str) -> str:
        if value:
            date.fromisoformat(value)
        return value

    @model_validator(mode="after")
    def _number_holds(self) -> "IdentityFacts":
        if self.document_type == DocumentKind.IDENTITY_CARD:
            try:
                IdentityNumber.parse(self.document_no)
            except InvalidValueError as refusal:
                raise ValueError(refusal.code) from None
        return self

    @property
    def number(self) -> str:
        """The number as parties have it."""
        return compact(self.document_no).upper()


class DriverFaceFacts(_Strict):
    """How like the two faces are."""

    score: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class FaceFacts(DriverFaceFacts):
    """The same with what was compared with: the digest of the card's photo."""

    reference: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


Facts = NoFacts | IdentityFacts | DriverFaceFacts
_DRIVER_FACTS: Final[dict[ReadingKind, type[Facts]]] = {
    ReadingKind.IDENTITY: IdentityFacts,
    ReadingKind.FACE: DriverFaceFacts,
}
_READING_FACTS: Final[dict[ReadingKind, type[Facts]]] = {
    ReadingKind.IDENTITY: IdentityFacts,
    ReadingKind.FACE: FaceFacts,
}


class DriverFile(_Strict):
    """A picture in an answer, base64."""

    media_type: PictureType
    content: Annotated[str, Field(min_length=4, max_length=MAX_BASE64, repr=False)]


class DriverOk(_Strict):
    """A driver that read something."""

    contract: Literal[1]
    request: Hex32
    status: Literal["ok"]
    device: Annotated[str, Field(min_length=1, max_length=64)]
    simulated: bool = False
    facts: dict[str, object] = {}
    file: DriverFile | None = None


class DriverNot(_Strict):
    """A driver that read nothing."""

    contract: Literal[1]
    request: Hex32
    status: Literal["nothing", "failed"]
    message: Annotated[str, Field(max_length=MAX_MESSAGE)] = ""


class Reading(_Strict):
    """One reading on its way to the zone; ``facts`` are of its kind."""

    contract: Literal[1]
    kind: ReadingKind
    order: OptionalHex32 = ""
    device: Annotated[str, Field(max_length=64)] = ""
    simulated: bool = False
    facts: Annotated[dict[str, object], Field(repr=False)] = {}
    file_name: Annotated[str, Field(max_length=200, repr=False)] = ""
    media_type: Literal["image/jpeg", "image/png", "application/pdf", ""] = ""
    digest: OptionalDigest = ""

    @model_validator(mode="after")
    def _whole(self) -> "Reading":
        facts_of(self)
        if bool(self.digest) != bool(self.media_type):
            raise ValueError("digest and media type belong together")
        if self.kind in FILE_NEEDED and not self.digest:
            raise ValueError("a file is missing")
        if (self.kind is ReadingKind.SCAN) == bool(self.order):
            raise ValueError("a scan has no order, everything else has one")
        if self.media_type == "application/pdf" and self.kind is not ReadingKind.SCAN:
            raise ValueError("a device gives pictures")
        return self


def driver_facts(kind: ReadingKind, facts: dict[str, object]) -> Facts:
    """The facts of a driver's answer, checked. Raises :class:`ValidationError`."""
    return _DRIVER_FACTS.get(kind, NoFacts).model_validate(facts)


def facts_of(reading: Reading) -> Facts:
    """The facts of a reading, checked. Raises :class:`ValidationError`."""
    return _READING_FACTS.get(reading.kind, NoFacts).model_validate(reading.facts)


def parse_reading(raw: bytes) -> Reading:
    """The reading in ``raw``.

    Raises :class:`InvalidValueError` with code ``reading_invalid``; it repeats no value, because
    values are personal.
    """
    try:
        # A NUL is no sign of a name, and no database takes one.
        if len(raw) > MAX_HEADER or _NUL in raw:
            raise ValueError("too long, or a NUL")
        return Reading.model_validate_json(raw)
    except ValidationError as error:
        where = "、".join(
            sorted({str(part) for found in error.errors() for part in found["loc"][:1]})
        )
        raise InvalidValueError(
            "reading_invalid", f"设备数据不符合约定{f'（{where}）' if where else ''}"
        ) from None
    except (ValueError, RecursionError):
        raise InvalidValueError("reading_invalid", "设备数据不符合约定") from None


def reading_digest(raw: bytes) -> str:
    """What ``Reading-Digest`` says of the bytes of a reading."""
    return hashlib.sha256(raw).hexdigest()
