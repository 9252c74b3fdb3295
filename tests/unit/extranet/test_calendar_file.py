"""Claims about signed working calendars: only what carries the right signature says anything."""

import base64
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from extranet_zone.clocks.calendar import KnownYears
from extranet_zone.clocks.calendar_file import (
    MAX_FILE_BYTES,
    YearCalendar,
    read_toml,
    seed,
    sign,
    to_toml,
    verify,
)
from extranet_zone.clocks.rules import load_rules
from extranet_zone.clocks.states import ClockKind
from kernel.errors import RejectedBundleError, SettingsError
from kernel.keys import Purpose, TrustStore, generate_signer, load_station
from kernel.vocabulary.zones import Zone

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def key(tmp_path: Path) -> tuple[bytes, TrustStore]:
    public = generate_signer(Zone.EXTRANET, Purpose.CALENDAR, tmp_path / "calendar.key")
    return load_station(tmp_path / "calendar.key"), TrustStore([public])


def test_what_was_signed_comes_back_whole(key: tuple[bytes, TrustStore]) -> None:
    private, trust = key
    calendar = seed(2026)
    signed = verify(sign(calendar, private), trust, NOW)
    assert signed.calendar == calendar
    assert sign(calendar, private) == signed.text


def test_the_file_people_edit_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "2026.toml"
    path.write_text(to_toml(seed(2026)), "utf-8")
    assert read_toml(path) == seed(2026)


@pytest.mark.parametrize("purpose", [Purpose.CARRY, Purpose.SEAL, Purpose.CERTIFICATE])
def test_a_key_of_another_purpose_signs_no_calendar(tmp_path: Path, purpose: Purpose) -> None:
    public = generate_signer(Zone.EXTRANET, purpose, tmp_path / "other.key")
    text = sign(seed(2026), load_station(tmp_path / "other.key"))
    with pytest.raises(RejectedBundleError, match="key_unknown"):
        verify(text, TrustStore([public]), NOW)


def test_a_changed_holiday_is_found_out(key: tuple[bytes, TrustStore]) -> None:
    private, trust = key
    envelope = json.loads(sign(seed(2026), private))
    payload = base64.b64decode(envelope["payload"]).replace(b"2026-01-03", b"2026-01-09")
    envelope["payload"] = base64.b64encode(payload).decode()
    text = json.dumps(envelope, sort_keys=True, separators=(",", ":"))
    with pytest.raises(RejectedBundleError, match="signature_invalid"):
        verify(text, trust, NOW)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "calendar_envelope"),
        ("{}", "calendar_envelope"),
        ("年", "calendar_envelope"),
        ("x" * (MAX_FILE_BYTES + 1), "calendar_size"),
    ],
)
def test_what_is_no_calendar_is_refused(
    key: tuple[bytes, TrustStore], text: str, code: str
) -> None:
    with pytest.raises(RejectedBundleError, match=code):
        verify(text, key[1], NOW)


@pytest.mark.parametrize(
    "change",
    [
        ("begins = 2026-01-01", "begins = 2025-12-31"),
        ("ends = 2026-01-03", "ends = 2025-12-31"),
        ("make_up = [2026-01-04", "make_up = [2026-01-05"),
        ("make_up = [2026-01-04", "make_up = [2026-01-03"),
        ('["13:00", "17:00"]', '["11:00", "17:00"]'),
        ('["13:00", "17:00"]', '["13:00", "25:00"]'),
        ("edition = 1", "edition = 0"),
        ("edition = 1", "edition = 1\ncolour = 1"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(
    tmp_path: Path, change: tuple[str, str]
) -> None:
    path = tmp_path / "2026.toml"
    text = to_toml(seed(2026))
    assert change[0] in text
    path.write_text(text.replace(*change), "utf-8")
    with pytest.raises(SettingsError, match="calendar_invalid"):
        read_toml(path)


def test_the_hall_s_own_hours_are_in_the_file() -> None:
    given = seed(2026).model_dump() | {"office_hours": (("08:30", "11:30"), ("14:30", "18:00"))}
    summer = YearCalendar.model_validate(given)
    hours = KnownYears({2026: summer}).hours_on(date(2026, 7, 1))
    assert [(one.hour, two.hour) for one, two in hours] == [(8, 11), (14, 18)]


def test_there_is_a_rule_for_every_clock_of_the_plan() -> None:
    rules = load_rules()
    assert [rule.number for rule in rules.values()] == [f"C{n}" for n in range(1, 10)]
    assert {kind for kind, rule in rules.items() if rule.measure == "half_days"} == {
        ClockKind.DECISION,
        ClockKind.CONTACT,
    }


def test_rules_that_lack_a_clock_stop_the_start(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("clock = []", "utf-8")
    with pytest.raises(SettingsError, match="clock_rules_invalid"):
        load_rules(path)
