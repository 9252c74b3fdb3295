"""The trust file decides who may sign what and when; a key id is only a hint."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kernel.errors import RejectedBundleError, SettingsError
from kernel.keys import InternationalSuite, Purpose, TrustedKey, TrustStore, entry_text, keyid_of
from kernel.vocabulary.zones import Zone

AT = datetime(2021, 6, 11, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = TrustedKey(Zone.INTERNET, Purpose.SEAL, "international", bytes(range(32)))


def required(key: TrustedKey, purpose: Purpose = Purpose.SEAL) -> TrustedKey:
    return TrustStore([key]).require(KEY.keyid, purpose, AT)


def test_key_is_found_by_id_and_purpose() -> None:
    assert required(KEY) == KEY


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (replace(KEY, public=bytes(32)), "key_unknown"),
        (replace(KEY, purpose=Purpose.RECEIVE), "key_unknown"),
        (replace(KEY, revoked=True), "key_revoked"),
        (replace(KEY, not_before=AT + DAY), "key_revoked"),
        (replace(KEY, not_after=AT - DAY), "key_revoked"),
    ],
)
def test_key_that_may_not_sign_now_is_refused(key: TrustedKey, code: str) -> None:
    with pytest.raises(RejectedBundleError) as caught:
        required(key)
    assert caught.value.code == code


def test_rotated_keys_overlap_and_the_last_listed_is_used() -> None:
    old = replace(KEY, purpose=Purpose.RECEIVE, not_after=AT + DAY)
    new = replace(old, public=bytes(32), not_before=AT - DAY, not_after=None)
    trust = TrustStore([old, new])
    assert trust.current(Zone.INTERNET, Purpose.RECEIVE, AT) == new
    assert trust.current(Zone.INTERNET, Purpose.RECEIVE, AT - 2 * DAY) == old
    assert trust.require(old.keyid, Purpose.RECEIVE, AT) == old


def test_zone_without_a_valid_key_is_a_settings_error() -> None:
    with pytest.raises(SettingsError) as caught:
        TrustStore([replace(KEY, revoked=True)]).current(Zone.INTERNET, Purpose.SEAL, AT)
    assert caught.value.code == "key_missing"


@pytest.mark.parametrize(
    "change",
    [
        ('zone = "internet"', 'zone = "elsewhere"'),
        ('purpose = "seal"', 'purpose = "everything"'),
        ('suite = "international"', 'suite = "none"'),
        (KEY.keyid, "0" * 16),
        (base64.b64encode(KEY.public).decode(), "not base64!"),
        ("[[key]]", "[[key]]\nnote = 1"),
        ("[[key]]", "[[key]]\nnot_after = 2021-06-11T00:00:00"),
    ],
)
def test_wrong_trust_file_is_refused(tmp_path: Path, change: tuple[str, str]) -> None:
    text = entry_text(KEY)
    assert change[0] in text
    (tmp_path / "trust.toml").write_text(text.replace(*change))
    with pytest.raises(SettingsError) as caught:
        TrustStore.load(tmp_path / "trust.toml")
    assert caught.value.code == "trust_invalid"


def test_key_of_another_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "trust.toml").write_text(entry_text(replace(KEY, public=bytes(31))))
    with pytest.raises(SettingsError) as caught:
        TrustStore.load(tmp_path / "trust.toml")
    assert caught.value.code == "trust_invalid"


@pytest.mark.parametrize("content", [None, b"\xff", b"[[key"])
def test_unreadable_trust_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "trust.toml").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        TrustStore.load(tmp_path / "trust.toml")
    assert caught.value.code == "trust_unreadable"


def test_key_id_is_the_start_of_the_digest() -> None:
    public = InternationalSuite().signing_public(bytes(32))
    assert keyid_of(public) == "139e3940e64b5491"
