"""Zones rely on one another only where they agree: docs/spec/handover-v1.md, one defect a test."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kernel.bundle.header import canonical
from kernel.clock import SetClock
from kernel.errors import RejectedBundleError, SettingsError
from kernel.handover import facts
from kernel.handover.adoption import (
    confirmed,
    contents,
    open_confirmed,
    open_own,
    previous,
    write,
)
from kernel.handover.agreement import disagreements, neighbours, until_upgraded
from kernel.handover.form import make, open_handover
from kernel.keys import Purpose, TrustStore, entry_text, generate
from kernel.keys.tls import issue_server, make_ca
from kernel.vocabulary.coded import Coded
from kernel.vocabulary.zones import Zone

SPEC = (Path(__file__).parents[3] / "docs/spec/handover-v1.md").read_text("utf-8")


def found_in(world: Any, zone: Zone, **changed: bytes) -> list[str]:
    """The codes that ``zone`` finds when it takes what it needs, some files exchanged."""
    files = {**world.files, **{Zone(name): raw for name, raw in changed.items()}}
    own = open_own(files[zone], world.clock)
    others = [open_own(files[other], world.clock) for other in neighbours(zone)]
    codes = [one.code for one in disagreements(own, others, {}, world.clock.now())]
    assert all(f"`{code}`" in SPEC for code in codes)
    return codes


@pytest.mark.parametrize("zone", Zone)
def test_zones_of_one_release_agree(world: Any, zone: Zone) -> None:
    assert found_in(world, zone) == []


def test_a_zone_hears_only_from_those_it_deals_with() -> None:
    assert neighbours(Zone.INTERNET) == (Zone.EXTRANET,)
    assert neighbours(Zone.EXTRANET) == (Zone.INTERNET, Zone.INTRANET)
    assert neighbours(Zone.INTRANET) == (Zone.EXTRANET,)


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another bundle format": (
        lambda said: said["formats"].update({"tongban-bundle": "tongban-bundle/2"}),
        "handover_formats",
    ),
    "a stream less": (lambda said: said["streams"].pop(), "handover_streams"),
    "streams in another order": (lambda said: said["streams"].reverse(), "handover_streams"),
    "a way back through the gate": (
        lambda said: said["paths"].append("intranet > extranet: gate"),
        "handover_paths",
    ),
    "a message that says something else": (
        lambda said: said["messages"].update({"progress.reported: extranet > internet": "x"}),
        "handover_messages",
    ),
    "a message less": (
        lambda said: said["messages"].pop("units.published: extranet > internet"),
        "handover_messages",
    ),
    "another code table": (
        lambda said: said["code_tables"].update(RightType="0" * 16),
        "handover_code_tables",
    ),
    "another year of holidays": (
        lambda said: said["holidays"].update({"2026": "0" * 16}),
        "handover_holidays",
    ),
    "another uplink": (
        lambda said: said.update(uplink="https://other.example:8443"),
        "handover_uplink",
    ),
    "no uplink": (lambda said: said.update(uplink=None), "handover_uplink"),
    "another portal": (lambda said: said.update(portal="https://other"), "handover_portal"),
    "no certificate": (
        lambda said: said["certificates"].update(client=None),
        "handover_certificate",
    ),
    "a certificate nobody can read": (
        lambda said: said["certificates"].update(client="-----BEGIN"),
        "handover_certificate",
    ),
}


@pytest.mark.parametrize(("change", "code"), CHANGES.values(), ids=CHANGES)
def test_one_disagreement_is_named(
    world: Any, change: Callable[[dict[str, Any]], object], code: str
) -> None:
    assert found_in(world, Zone.INTERNET, extranet=world.changed(Zone.EXTRANET, change)) == [code]


def test_every_disagreement_is_named_at_once(world: Any) -> None:
    def change(said: dict[str, Any]) -> None:
        said["streams"].pop()
        said["code_tables"].clear()

    codes = found_in(world, Zone.INTRANET, extranet=world.changed(Zone.EXTRANET, change))
    assert codes == ["handover_code_tables", "handover_streams"]


@pytest.mark.parametrize("table", ["messages", "code_tables"])
def test_zones_are_upgraded_one_after_the_other(world: Any, table: str) -> None:
    def change(said: dict[str, Any]) -> None:
        said["software"] = "tongban 0.0.9"
        said[table].popitem()

    raw = world.changed(Zone.EXTRANET, change)
    assert found_in(world, Zone.INTRANET, extranet=raw) == []
    own, other = open_own(world.files[Zone.INTRANET], world.clock), open_own(raw, world.clock)
    told = until_upgraded(own, other)
    assert "tongban 0.0.9" in told[0]
    assert "升级到同一版之前" in told[1]
    same = open_own(world.files[Zone.EXTRANET], world.clock)
    assert until_upgraded(own, same) == ()


def test_what_no_release_may_change_is_refused_between_releases_too(world: Any) -> None:
    def change(said: dict[str, Any]) -> None:
        said["software"] = "tongban 0.0.9"
        said["streams"].pop()
        said["formats"].update({"tongban-bundle": "tongban-bundle/2"})

    raw = world.changed(Zone.EXTRANET, change)
    assert found_in(world, Zone.INTRANET, extranet=raw) == ["handover_formats", "handover_streams"]


def test_a_year_that_only_one_side_knows_is_no_contradiction(world: Any) -> None:
    raw = world.changed(Zone.EXTRANET, lambda said: said["holidays"].update({"2027": "0" * 16}))
    assert found_in(world, Zone.INTRANET, extranet=raw) == []


def test_the_station_belongs_to_the_intranets_keys(world: Any) -> None:
    def change(said: dict[str, Any]) -> None:
        said["keys"] = said["keys"].rpartition("[[key]]")[0]

    raw = world.changed(Zone.INTRANET, change)
    assert found_in(world, Zone.EXTRANET, intranet=raw) == ["handover_key_missing"]


@pytest.mark.parametrize("host", ["portal.example", "10.1.2.3"])
def test_a_server_certificate_names_the_uplinks_host(world: Any, host: str) -> None:
    authority = make_ca("internet", world.clock.now())
    server = issue_server(authority, [host], world.clock.now())

    def change(said: dict[str, Any]) -> None:
        said["uplink"] = f"https://{host}:8443"
        said["certificates"] = {
            "authority": authority.certificate.decode(),
            "client": None,
            "server": server.certificate.decode(),
        }

    internet = world.changed(Zone.INTERNET, change)
    codes = found_in(world, Zone.EXTRANET, internet=internet)
    assert codes == ([] if host == "portal.example" else ["handover_uplink"])

    def elsewhere(said: dict[str, Any]) -> None:
        change(said)
        said["uplink"] = "https://portal.example:8443" if host[0] == "1" else "https://10.9.9.9:1"

    assert "handover_certificate" in found_in(
        world, Zone.EXTRANET, internet=world.changed(Zone.INTERNET, elsewhere)
    )


def test_an_expired_certificate_is_named(
    world: Any, expired: Callable[[str], dict[str, str]]
) -> None:
    raw = world.changed(
        Zone.INTERNET, lambda said: said["certificates"].update(expired("portal.example"))
    )
    assert found_in(world, Zone.EXTRANET, internet=raw) == ["handover_certificate"]


def test_a_certificate_of_another_authority_is_named(world: Any) -> None:
    other = make_ca("internet", world.clock.now())
    raw = world.changed(
        Zone.INTERNET,
        lambda said: said["certificates"].update(authority=other.certificate.decode()),
    )
    assert found_in(world, Zone.EXTRANET, internet=raw) == ["handover_certificate"]


def test_our_own_handover_of_another_release_is_stale(world: Any) -> None:
    raw = world.changed(Zone.INTRANET, lambda said: said["code_tables"].clear())
    assert "handover_stale" in found_in(world, Zone.INTRANET, intranet=raw)


def test_missing_needless_and_double_handovers_are_named(world: Any) -> None:
    own = open_own(world.files[Zone.INTRANET], world.clock)
    extranet = open_own(world.files[Zone.EXTRANET], world.clock)
    internet = open_own(world.files[Zone.INTERNET], world.clock)

    def codes(*others: Any) -> list[str]:
        return [one.code for one in disagreements(own, others, {}, world.clock.now())]

    assert codes() == ["handover_missing"]
    assert codes(extranet, internet) == ["handover_not_needed"]
    assert codes(extranet, extranet) == ["handover_twice"]
    assert all(f"`{c}`" in SPEC for c in ("handover_missing", "handover_not_needed"))


def test_an_older_handover_than_the_adopted_one_is_refused(world: Any, tmp_path: Path) -> None:
    own = open_own(world.files[Zone.INTRANET], world.clock)
    raw = world.files[Zone.EXTRANET]
    write(tmp_path, contents(own, [(open_own(raw, world.clock), raw)]))
    before = previous(tmp_path, world.clock)
    older = world.changed(
        Zone.EXTRANET, lambda said: said.update(created=before[Zone.EXTRANET] - 1)
    )
    codes = [
        one.code
        for one in disagreements(own, [open_own(older, world.clock)], before, world.clock.now())
    ]
    assert codes == ["handover_older"]
    again = disagreements(own, [open_own(raw, world.clock)], before, world.clock.now())
    assert again == ()


def test_what_is_written_is_what_programs_read(world: Any, tmp_path: Path) -> None:
    own = open_own(world.files[Zone.EXTRANET], world.clock)
    others = [
        (open_own(world.files[zone], world.clock), world.files[zone])
        for zone in (Zone.INTERNET, Zone.INTRANET)
    ]
    files = contents(own, others)
    assert write(tmp_path, files)[-1] == "trust.toml"
    assert write(tmp_path, files) == []
    trust = TrustStore.load(tmp_path / "trust.toml")
    now = world.clock.now()
    for zone in Zone:
        keys = world.keys[zone]
        for purpose in keys.purposes():
            assert trust.current(zone, purpose, now) == keys.public(purpose)
    assert trust.current(Zone.INTRANET, Purpose.CARRY, now)
    assert sorted(path.name for path in tmp_path.glob("*.crt")) == [
        "uplink-internet-authority.crt",
        "uplink-internet-server.crt",
    ]


def test_limits_of_keys_survive_the_trip(world: Any, tmp_path: Path) -> None:
    keys = generate(Zone.INTRANET, tmp_path / "new")
    old = world.keys[Zone.INTRANET].public(Purpose.SEAL)
    now = world.clock.now()
    listed = [
        old.__class__(old.zone, old.purpose, old.suite, old.public, None, now, revoked=True),
        *(keys.public(purpose) for purpose in keys.purposes()),
    ]
    raw = make(
        keys,
        "\n".join(entry_text(key) for key in listed),
        open_own(world.files[Zone.INTRANET], world.clock).handover.certificates,
        None,
        None,
        "tongban 0.1.0",
        world.clock,
    )
    assert open_own(raw, world.clock).keys == tuple(listed)


def refused(world: Any, raw: bytes, **accepted: Zone) -> str:
    fingerprints = {Zone(name): {world.fingerprint(of)} for name, of in accepted.items()}
    with pytest.raises(RejectedBundleError) as caught:
        open_confirmed(raw, fingerprints, world.clock)
    assert f"`{caught.value.code}`" in SPEC
    return str(caught.value.code)


def test_only_a_confirmed_signer_is_heard(world: Any) -> None:
    raw = world.files[Zone.EXTRANET]
    accepted = {Zone.EXTRANET: {world.fingerprint(Zone.EXTRANET)}}
    assert open_confirmed(raw, accepted, world.clock).zone is Zone.EXTRANET
    assert refused(world, raw) == "handover_signer"
    assert refused(world, raw, extranet=Zone.INTRANET) == "handover_signer"


def test_a_zone_does_not_speak_for_another(world: Any) -> None:
    raw = world.files[Zone.EXTRANET]
    assert refused(world, raw, intranet=Zone.EXTRANET) == "handover_signer"


def test_a_zone_lists_its_own_keys_alone(world: Any) -> None:
    foreign = entry_text(world.keys[Zone.INTERNET].public(Purpose.SEAL))
    raw = world.changed(Zone.EXTRANET, lambda said: said.update(keys=said["keys"] + foreign))
    assert refused(world, raw, extranet=Zone.EXTRANET) == "handover_key"


def test_a_revoked_key_hands_nothing_over(world: Any) -> None:
    def change(said: dict[str, Any]) -> None:
        head, _, tail = said["keys"].partition('"\n\n[[key]]')
        said["keys"] = f'{head}"\nrevoked = true\n\n[[key]]{tail}'

    raw = world.changed(Zone.EXTRANET, change)
    assert refused(world, raw, extranet=Zone.EXTRANET) == "handover_key"


@pytest.mark.parametrize("place", ["payload", "public", "signature"])
def test_a_changed_part_of_the_envelope_is_refused(world: Any, place: str) -> None:
    envelope = json.loads(world.files[Zone.EXTRANET])
    if place == "payload":
        payload = bytearray(base64.b64decode(envelope["payload"]))
        payload[100] ^= 1
        envelope["payload"] = base64.b64encode(payload).decode()
    elif place == "public":
        envelope["public"] = base64.b64encode(bytes(32)).decode()
    else:
        signature = bytearray(base64.b64decode(envelope["signature"]["sig"]))
        signature[3] ^= 1
        envelope["signature"]["sig"] = base64.b64encode(signature).decode()
    code = refused(world, canonical(envelope), extranet=Zone.EXTRANET)
    assert code == ("handover_signer" if place == "public" else "handover_signature")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw + b"\n",
        lambda raw: raw[:-1],
        lambda _: b"[" * 5000,
        lambda _: b"{}",
        lambda raw: json.dumps(json.loads(raw), indent=1).encode(),
        lambda raw: raw + b" " * 1024 * 1024,
        lambda _: b"",
    ],
    ids=["more", "less", "nested", "empty object", "spaces", "huge", "nothing"],
)
def test_another_form_of_the_file_is_refused(world: Any, spoil: Callable[[bytes], bytes]) -> None:
    raw = spoil(world.files[Zone.EXTRANET])
    assert refused(world, raw, extranet=Zone.EXTRANET) == "handover_malformed"


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said.update(more=1),
        lambda said: said.pop("holidays"),
        lambda said: said.update(zone="province"),
        lambda said: said.update(format="tongban-handover/2"),
        lambda said: said.update(uplink="http://portal.example"),
        lambda said: said.update(uplink="https://portal.example/\n[web]"),
        lambda said: said.update(keys="[[key]]\nzone = 1\n"),
        lambda said: said.update(streams=["x"] * 101),
    ],
)
def test_a_signed_payload_that_breaks_its_form_is_refused(
    world: Any, change: Callable[[dict[str, Any]], object]
) -> None:
    raw = world.changed(Zone.EXTRANET, change)
    assert refused(world, raw, extranet=Zone.EXTRANET) == "handover_malformed"


def test_the_trust_file_in_use_confirms_a_key_until_it_is_revoked(
    world: Any, tmp_path: Path
) -> None:
    key = world.keys[Zone.EXTRANET].public(Purpose.SEAL)
    path = tmp_path / "trust.toml"
    path.write_text(entry_text(key), "utf-8")
    assert confirmed((), path, world.clock) == {Zone.EXTRANET: {world.fingerprint(Zone.EXTRANET)}}
    path.write_text(entry_text(key) + "revoked = true\n", "utf-8")
    assert confirmed((), path, world.clock) == {}


def test_a_fingerprint_is_typed_as_people_type_it(world: Any) -> None:
    digits = world.fingerprint(Zone.EXTRANET)
    typed = " ".join(digits[n : n + 4] for n in range(0, 64, 4)).upper()
    assert confirmed([f"extranet={typed}"], None, world.clock) == {Zone.EXTRANET: {digits}}
    for wrong in (digits, f"extranet={digits[1:]}", f"province={digits}", f"extranet={digits}0"):
        with pytest.raises(SettingsError) as caught:
            confirmed([wrong], None, world.clock)
        assert caught.value.code == "fingerprint_invalid"


def test_the_clock_decides_whether_a_key_still_speaks(world: Any) -> None:
    key = world.keys[Zone.EXTRANET].public(Purpose.SEAL)
    now = world.clock.now()

    def change(said: dict[str, Any]) -> None:
        head, _, tail = said["keys"].partition('"\n\n[[key]]')
        limit = (now + timedelta(days=1)).isoformat()
        said["keys"] = f'{head}"\nnot_after = {limit}\n\n[[key]]{tail}'

    raw = world.changed(Zone.EXTRANET, change)
    accepted = {world.fingerprint(Zone.EXTRANET)}
    assert open_handover(raw, accepted, world.clock).keys[0].public == key.public
    with pytest.raises(RejectedBundleError) as caught:
        open_handover(raw, accepted, SetClock(now + timedelta(days=2)))
    assert caught.value.code == "handover_key"


def test_no_code_table_is_forgotten() -> None:
    def below(kind: type[Coded]) -> set[str]:
        return {
            name
            for found in kind.__subclasses__()
            if found.__module__.startswith("kernel.vocabulary.")
            for name in {found.__name__} | below(found)
        }

    assert below(Coded) == set(facts.code_tables())
    assert len(facts.code_tables()) > 10


def test_every_published_year_of_holidays_is_told() -> None:
    years = facts.holidays()
    assert {"2021", "2026"} <= set(years)
    assert len(set(years.values())) == len(years)
