import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kernel.certificates import (
    Statement,
    new_verification_code,
    require_pdf,
    sign_statement,
    verify_statement,
)
from kernel.certificates.statement import CODE_ALPHABET, PAYLOAD_TYPE
from kernel.errors import RejectedBundleError, SettingsError
from kernel.keys import Purpose, TrustedKey, TrustStore, ZoneKeys, generate
from kernel.vocabulary.certificate import CertificateKind
from kernel.vocabulary.zones import Zone

AT = datetime(2026, 1, 6, tzinfo=UTC)
STATEMENT = Statement(
    certificate_no="豫（2026）济源市不动产权第0000001号",
    kind=CertificateKind.TITLE,
    authority="济源市自然资源和规划局",
    unit_no="419001001001GB00001F00010001",
    location="济源市沁园街道示范路1号",
    holders_masked=("李*",),
    registration_type="200",
    right_type="4",
    recorded_at=1_767_576_600_000_000,
    issued_at=1_767_576_700_000_000,
    pdf_sha256="ab" * 32,
    verification_code="ABCDE23456",
)


@pytest.fixture
def keys(tmp_path: Path) -> ZoneKeys:
    return generate(Zone.EXTRANET, tmp_path / "keys")


@pytest.fixture
def trust(keys: ZoneKeys) -> TrustStore:
    return TrustStore(keys.public(purpose) for purpose in keys.purposes())


def repack(text: str, **changed: object) -> str:
    envelope = {**json.loads(text), **changed}
    return json.dumps(envelope, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def code_of(text: str, trust: TrustStore) -> str:
    with pytest.raises(RejectedBundleError) as rejected:
        verify_statement(text, trust, AT)
    return rejected.value.code


def test_signed_statement_says_what_was_signed(keys: ZoneKeys, trust: TrustStore) -> None:
    assert verify_statement(sign_statement(STATEMENT, keys), trust, AT) == STATEMENT


def test_same_statement_signs_to_the_same_text(keys: ZoneKeys) -> None:
    assert sign_statement(STATEMENT, keys) == sign_statement(STATEMENT, keys)


def test_longest_statement_fits_the_message_contract(keys: ZoneKeys) -> None:
    longest = replace(STATEMENT, location="路" * 200, holders_masked=("某" * 100,) * 10)
    assert len(sign_statement(longest, keys)) <= 8000


def test_changed_payload_is_not_signed(keys: ZoneKeys, trust: TrustStore) -> None:
    text = sign_statement(STATEMENT, keys)
    payload = base64.b64decode(json.loads(text)["payload"])
    forged = base64.b64encode(payload.replace("李".encode(), "王".encode())).decode()
    assert code_of(repack(text, payload=forged), trust) == "signature_invalid"


def test_statement_of_an_unknown_key_is_rejected(
    keys: ZoneKeys, trust: TrustStore, tmp_path: Path
) -> None:
    stranger = generate(Zone.EXTRANET, tmp_path / "stranger")
    assert code_of(sign_statement(STATEMENT, stranger), trust) == "key_unknown"


def test_sealing_key_does_not_sign_certificates(keys: ZoneKeys, trust: TrustStore) -> None:
    sealing = replace_certificate_key(keys)
    assert code_of(sign_statement(STATEMENT, sealing), trust) == "key_unknown"


def replace_certificate_key(keys: ZoneKeys) -> ZoneKeys:
    return replace(keys, certificate=keys.seal)


def test_zone_without_certificate_key_cannot_sign(tmp_path: Path) -> None:
    portal = generate(Zone.INTERNET, tmp_path / "portal")
    with pytest.raises(SettingsError):
        sign_statement(STATEMENT, portal)


def test_certificate_key_of_another_zone_is_rejected(keys: ZoneKeys) -> None:
    ours = keys.public(Purpose.CERTIFICATE)
    claimed = TrustStore([TrustedKey(Zone.INTRANET, ours.purpose, ours.suite, ours.public)])
    assert code_of(sign_statement(STATEMENT, keys), claimed) == "statement_signer"


def test_revoked_key_is_rejected(keys: ZoneKeys) -> None:
    revoked = TrustStore([replace(keys.public(Purpose.CERTIFICATE), revoked=True)])
    assert code_of(sign_statement(STATEMENT, keys), revoked) == "key_revoked"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * 8001, "statement_size"),
        ("", "statement_envelope"),
        ("{}", "statement_envelope"),
        ("[1]", "statement_envelope"),
        ("声明", "statement_envelope"),
    ],
)
def test_text_that_is_no_statement_is_rejected(text: str, code: str, trust: TrustStore) -> None:
    assert code_of(text, trust) == code


def test_envelope_in_another_form_is_rejected(keys: ZoneKeys, trust: TrustStore) -> None:
    text = sign_statement(STATEMENT, keys)
    assert code_of(json.dumps(json.loads(text)), trust) == "statement_envelope"
    assert code_of(text + "\n", trust) == "statement_envelope"


def test_payload_type_is_part_of_what_is_signed(keys: ZoneKeys, trust: TrustStore) -> None:
    text = sign_statement(STATEMENT, keys)
    other = repack(text, payloadType=PAYLOAD_TYPE.replace("v1", "v2"))
    assert code_of(other, trust) == "statement_envelope"


def test_signed_payload_of_another_shape_is_rejected(keys: ZoneKeys, trust: TrustStore) -> None:
    wrong = replace(STATEMENT, kind=CertificateKind.REGISTRATION)
    assert code_of(sign_statement(wrong, keys), trust) == "statement_number"


def test_statement_its_own_format_refuses_is_never_signed(keys: ZoneKeys) -> None:
    with pytest.raises(ValueError, match="unit_no"):
        sign_statement(replace(STATEMENT, unit_no="1"), keys)


def test_other_file_than_the_stated_one_is_rejected() -> None:
    require_pdf(STATEMENT, "ab" * 32)
    with pytest.raises(RejectedBundleError) as rejected:
        require_pdf(STATEMENT, "cd" * 32)
    assert rejected.value.code == "statement_pdf"


def test_verification_codes_are_ten_characters_nobody_mistakes() -> None:
    codes = {new_verification_code() for _ in range(100)}
    assert len(codes) == 100
    assert all(len(code) == 10 and set(code) <= set(CODE_ALPHABET) for code in codes)
