"""A zone's sealing key is changed while what the key before sealed is still on its way."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kernel.errors import SettingsError
from kernel.keys import Purpose, TrustStore, entry_text, generate, load
from kernel.keys.rotation import PUBLIC, prepare_next, public_files, switch_to_next
from kernel.vocabulary.zones import Zone

NOW = datetime(2026, 11, 27, 4, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The key folder of a zone, as its administrator made it."""
    keys = generate(Zone.EXTRANET, tmp_path / "zone")
    text = "\n".join(entry_text(keys.public(purpose)) for purpose in keys.purposes())
    (tmp_path / "zone" / PUBLIC).write_text(text, "utf-8")
    return tmp_path / "zone"


def trust(folder: Path) -> TrustStore:
    """What a neighbour's trust file holds once the handover was installed."""
    path = folder.parent / "trust.toml"
    path.write_text("\n".join(file.read_text("utf-8") for file in public_files(folder)), "utf-8")
    return TrustStore.load(path)


def state(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_new_key_seals_and_the_one_before_is_still_recognised(folder: Path) -> None:
    before = load(Zone.EXTRANET, folder)
    prepared = prepare_next(Zone.EXTRANET, folder)
    assert load(Zone.EXTRANET, folder).seal == before.seal
    handed_over = trust(folder)
    assert switch_to_next(Zone.EXTRANET, folder, handed_over, NOW) == prepared
    after = load(Zone.EXTRANET, folder)
    assert after.public(Purpose.SEAL) == prepared
    assert (after.receive, after.certificate) == (before.receive, before.certificate)
    for store in (handed_over, trust(folder)):
        old = before.public(Purpose.SEAL)
        assert store.require(old.keyid, Purpose.SEAL, NOW) == old
        assert store.current(Zone.EXTRANET, Purpose.SEAL, NOW) == prepared
    (kept,) = (folder / "retired").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_key_that_is_not_installed_yet_is_not_used(folder: Path) -> None:
    installed = trust(folder)
    prepare_next(Zone.EXTRANET, folder)
    before = state(folder)
    with pytest.raises(SettingsError) as caught:
        switch_to_next(Zone.EXTRANET, folder, installed, NOW)
    assert caught.value.code == "key_not_installed"
    assert state(folder) == before


def test_nothing_is_switched_to_when_nothing_was_prepared(folder: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        switch_to_next(Zone.EXTRANET, folder, trust(folder), NOW)
    assert caught.value.code == "key_missing"


def test_preparing_again_prepares_the_same_key(folder: Path) -> None:
    first = prepare_next(Zone.EXTRANET, folder)
    # As after a power cut between the private and the public half.
    (folder / "next" / PUBLIC).unlink()
    assert prepare_next(Zone.EXTRANET, folder) == first
    assert len(public_files(folder)) == 2


def test_key_can_be_changed_a_second_time(folder: Path) -> None:
    for _ in range(2):
        prepare_next(Zone.EXTRANET, folder)
        switch_to_next(Zone.EXTRANET, folder, trust(folder), NOW)
    assert len(list((folder / "retired").iterdir())) == 2
    seals = [key for key in trust(folder).keys if key.purpose is Purpose.SEAL]
    assert len(seals) == 3
