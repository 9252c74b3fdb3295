"""What the authority states of one electronic certificate, signed; docs/spec/certificate-v1.md.

Anybody who has the trust file can check a statement without asking anyone. The order of checks is
the specification's: size, envelope, signature over the bytes as they came, and only then what
they say.
"""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from kernel.bundle import envelope
from kernel.bundle.header import canonical
from kernel.errors import InvalidValueError, RejectedBundleError
from kernel.keys import Purpose, TrustStore, ZoneKeys
from kernel.vocabulary.certificate import CertificateKind, CertificateNo
from kernel.vocabulary.zones import Zone

FORMAT: Final = "tongban-certificate/1"
PAYLOAD_TYPE: Final = "application/vnd.tongban.certificate.v1+json"
MAX_STATEMENT_CHARS: Final = 8000
"""As the message contract allows."""
CODE_LENGTH: Final = 10
CODE_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
"""RFC 4648 base32: no 0, 1, 8 or 9 to mistake for a letter."""
MAX_HOLDERS: Final = 50


@dataclass(frozen=True, slots=True)
class Statement:
    """What is stated; instants are microseconds UTC, names are masked."""

    certificate_no: str
    kind: CertificateKind
    authority: str
    unit_no: str
    location: str
    holders_masked: tuple[str, ...]
    registration_type: str
    right_type: str
    recorded_at: int
    issued_at: int
    pdf_sha256: str
    verification_code: str


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Payload(_Strict):
    format: Literal["tongban-certificate/1"]
    certificate_no: Annotated[str, Field(max_length=64)]
    kind: Literal["title", "registration"]
    authority: Annotated[str, Field(min_length=2, max_length=40)]
    unit_no: Annotated[str, Field(pattern=r"^[0-9A-Z]{28}$")]
    location: Annotated[str, Field(max_length=200)]
    holders_masked: Annotated[
        list[Annotated[str, Field(max_length=100)]], Field(min_length=1, max_length=MAX_HOLDERS)
    ]
    registration_type: Annotated[str, Field(pattern=r"^[1-9]00$")]
    right_type: Annotated[str, Field(pattern=r"^[0-9]{1,2}$")]
    recorded_at: Annotated[int, Field(ge=0, le=2**53)]
    issued_at: Annotated[int, Field(ge=0, le=2**53)]
    pdf_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    verification_code: Annotated[str, Field(pattern=r"^[A-Z2-7]{10}$")]


_PAYLOAD: Final = TypeAdapter(_Payload)


def new_verification_code() -> str:
    """A random code of ten characters, 50 bits: it cannot be guessed from the number."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def sign_statement(statement: Statement, keys: ZoneKeys) -> str:
    """The statement as a signed envelope, the same text every time.

    Raises :class:`kernel.errors.SettingsError` (``key_missing``) without a certificate key; a
    statement that its own format refuses is a bug and raises :class:`ValueError`.
    """
    fields = {"format": FORMAT, **asdict(statement), "kind": statement.kind.value}
    fields["holders_masked"] = list(statement.holders_masked)
    _PAYLOAD.validate_python(fields)
    payload = canonical(fields)
    signature = envelope.sign(PAYLOAD_TYPE, payload, keys, Purpose.CERTIFICATE)
    text = envelope.wrap(PAYLOAD_TYPE, payload, signature)
    if len(text) > MAX_STATEMENT_CHARS:
        raise ValueError("the statement is larger than the contract allows")
    return text


def verify_statement(text: str, trust: TrustStore, at: datetime) -> Statement:
    """The statement in ``text``, when the extranet signed it with a key that is valid at ``at``.

    Raises :class:`RejectedBundleError`: ``statement_size``, ``statement_envelope``,
    ``signature_invalid``, ``key_unknown``, ``key_revoked``, ``statement_signer`` (not the
    extranet's key), ``statement_schema`` or ``statement_number``.
    """
    # Step 1: bounded before anything looks inside.
    if len(text) > MAX_STATEMENT_CHARS:
        raise RejectedBundleError("statement_size", "证照声明超过允许的长度")
    # Step 2: the envelope, in its one canonical form.
    payload, signature = _open(text)
    # Steps 3 and 4: a trusted key for this purpose signed these bytes, and it is the extranet's.
    key = envelope.check(PAYLOAD_TYPE, payload, signature, trust, Purpose.CERTIFICATE, at)
    if key.zone is not Zone.EXTRANET:
        raise RejectedBundleError("statement_signer", "证照声明不是由登记机构的密钥签名")
    # Step 5: only now what it says.
    return _parse(payload)


def require_pdf(statement: Statement, sha256: str) -> None:
    """The file with digest ``sha256`` is the certificate that the statement is about.

    Raises :class:`RejectedBundleError` with code ``statement_pdf``.
    """
    if statement.pdf_sha256 != sha256:
        raise RejectedBundleError("statement_pdf", "文件与证照声明不符，文件可能被改动")


def _open(text: str) -> tuple[bytes, bytes]:
    try:
        return envelope.unwrap(text, PAYLOAD_TYPE)
    except ValueError:
        raise RejectedBundleError("statement_envelope", "证照声明的格式不正确") from None


def _parse(payload: bytes) -> Statement:
    try:
        found = _PAYLOAD.validate_json(payload)
    except ValidationError:
        raise RejectedBundleError("statement_schema", "证照声明的内容不符合约定") from None
    try:
        number = CertificateNo.parse(found.certificate_no)
    except InvalidValueError:
        number = None
    if number is None or number.kind.value != found.kind or str(number) != found.certificate_no:
        raise RejectedBundleError("statement_number", "证照声明中的证号不正确")
    fields = found.model_dump(exclude={"format", "kind", "holders_masked"})
    return Statement(
        kind=CertificateKind(found.kind), holders_masked=tuple(found.holders_masked), **fields
    )
