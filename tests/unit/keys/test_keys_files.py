"""Private keys are files for one account, made once, never overwritten and never shown."""

import stat
from pathlib import Path

import pytest

from kernel.errors import SettingsError
from kernel.keys import Purpose, TrustStore, ZoneKeys, entry_text, generate, load
from kernel.vocabulary.zones import Zone


def raw(keys: ZoneKeys) -> tuple[bytes, bytes, bytes | None]:
    return keys.seal, keys.receive, keys.certificate


def test_made_keys_can_be_read_again(tmp_path: Path) -> None:
    made = generate(Zone.EXTRANET, tmp_path)
    assert raw(load(Zone.EXTRANET, tmp_path)) == raw(made)
    assert made.purposes() == (Purpose.SEAL, Purpose.RECEIVE, Purpose.CERTIFICATE)


def test_key_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    generate(Zone.INTERNET, tmp_path)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {0o600}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    generate(Zone.INTERNET, tmp_path)
    (tmp_path / "receive.key").chmod(mode)
    with pytest.raises(SettingsError) as caught:
        load(Zone.INTERNET, tmp_path)
    assert caught.value.code == "key_file_mode"


def test_existing_keys_are_never_overwritten(tmp_path: Path) -> None:
    before = generate(Zone.INTERNET, tmp_path)
    with pytest.raises(SettingsError) as caught:
        generate(Zone.INTERNET, tmp_path)
    assert caught.value.code == "key_exists"
    assert raw(load(Zone.INTERNET, tmp_path)) == raw(before)


def test_missing_key_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(Zone.INTERNET, tmp_path)
    assert caught.value.code == "key_missing"


@pytest.mark.parametrize("content", [b"", b"not base64!", b"AAAA", b"\xff"])
def test_key_file_without_a_key_is_refused(tmp_path: Path, content: bytes) -> None:
    generate(Zone.INTERNET, tmp_path)
    (tmp_path / "seal.key").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load(Zone.INTERNET, tmp_path)
    assert caught.value.code == "key_unreadable"


def test_keys_do_not_show_themselves(tmp_path: Path) -> None:
    keys = generate(Zone.INTERNET, tmp_path)
    assert keys.seal.hex() not in repr(keys)
    assert repr(keys.seal) not in repr(keys)


def test_public_entries_make_a_trust_file(tmp_path: Path) -> None:
    keys = generate(Zone.EXTRANET, tmp_path / "keys")
    file = tmp_path / "trust.toml"
    file.write_text("\n".join(entry_text(keys.public(purpose)) for purpose in keys.purposes()))
    trust = TrustStore.load(file)
    for purpose in keys.purposes():
        assert trust._keys.count(keys.public(purpose)) == 1
