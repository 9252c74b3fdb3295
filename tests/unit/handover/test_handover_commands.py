"""The handover as an administrator types it: files, exit codes, JSON, Chinese."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kernel.keys import Purpose, TrustStore
from kernel.vocabulary.zones import Zone

UPLINK = ("--uplink", "https://portal.example:8443", "--portal", "https://portal.example")


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)], capture_output=True, text=True, check=False
    )


def handover(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run("kernel.handover", *arguments)


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys made by the commands that hosts use, and every zone's handover."""
    base = tmp_path_factory.mktemp("hosts")
    for zone in ("internet", "extranet", "intranet"):
        assert run("kernel.keys", "zone", zone, base / zone / "keys").returncode == 0
        extra: tuple[str | Path, ...] = ()
        if zone == "intranet":
            key = base / zone / "carry.key"
            assert run("kernel.keys", "station", zone, key).returncode == 0
            extra = ("--station", key.with_suffix(".public.toml"))
        else:
            tls = base / zone / "tls"
            assert run("kernel.keys", "tls", tls, "--host", "portal.example").returncode == 0
            extra = ("--tls", tls, *UPLINK)
        if zone == "extranet":
            key = base / zone / "calendar.key"
            assert run("kernel.keys", "calendar", key).returncode == 0
            extra = (*extra, "--calendar", key.with_suffix(".public.toml"))
        done = handover(
            *("export", "--zone", zone, "--keys", base / zone / "keys", *extra),
            *("--output", base / f"{zone}.json", "--json"),
        )
        assert done.returncode == 0, done.stderr
        (base / f"{zone}.fingerprint").write_text(json.loads(done.stdout)["fingerprint"])
    return base


def test_what_has_not_changed_is_not_written_again(hosts: Path, tmp_path: Path) -> None:
    words = ("export", "--zone", "internet", "--keys", hosts / "internet" / "keys")
    words = (*words, "--output", tmp_path / "own.json", "--json")

    def written(*more: str | Path) -> bool:
        return bool(json.loads(handover(*words, *more).stdout)["written"])

    assert written()
    before = (tmp_path / "own.json").read_bytes()
    assert not written()
    assert (tmp_path / "own.json").read_bytes() == before
    assert written("--tls", hosts / "internet" / "tls")
    (tmp_path / "own.json").write_bytes(before[:-1])
    assert written()


def confirmed(hosts: Path, *zones: str) -> list[str]:
    return [
        word
        for zone in zones
        for word in ("--fingerprint", f"{zone}={(hosts / f'{zone}.fingerprint').read_text()}")
    ]


def test_a_handover_holds_no_private_key(hosts: Path) -> None:
    for zone in ("internet", "extranet", "intranet"):
        text = (hosts / f"{zone}.json").read_text()
        secrets = [path.read_text().strip() for path in hosts.rglob("*.key")]
        assert len(secrets) > 8
        assert not any(secret in text for secret in secrets)
        assert "PRIVATE" not in json.dumps(
            json.loads(handover("show", hosts / f"{zone}.json", "--json").stdout)
        )


def test_the_extranet_adopts_both_neighbours(hosts: Path, tmp_path: Path) -> None:
    files = (hosts / "internet.json", hosts / "intranet.json")
    words = ("accept", "--own", hosts / "extranet.json", "--output", tmp_path / "out", "--json")
    known = confirmed(hosts, "internet", "intranet")
    checked = handover(*words, "--check", *known, *files)
    assert (checked.returncode, json.loads(checked.stdout)["written"]) == (0, [])
    assert not (tmp_path / "out").exists()
    done = handover(*words, *known, *files)
    assert (done.returncode, json.loads(done.stdout)["accepted"]) == (0, ["internet", "intranet"])
    trust = TrustStore.load(tmp_path / "out" / "trust.toml")
    assert [key.zone for key in trust.keys if key.purpose is Purpose.CALENDAR] == [Zone.EXTRANET]
    # Once adopted, the trust file itself confirms the same keys.
    again = handover(*words, "--trust", tmp_path / "out" / "trust.toml", *files)
    assert (again.returncode, json.loads(again.stdout)["written"]) == (0, [])


def test_a_fingerprint_nobody_confirmed_is_refused_and_shown(hosts: Path, tmp_path: Path) -> None:
    done = handover(
        *("accept", "--own", hosts / "intranet.json", "--output", tmp_path / "out"),
        hosts / "extranet.json",
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert "[handover_signer]" in done.stderr
    assert (hosts / "extranet.fingerprint").read_text() in done.stderr
    assert not (tmp_path / "out").exists()


def test_one_disagreement_and_nothing_is_written(hosts: Path, tmp_path: Path) -> None:
    other = tmp_path / "extranet.json"
    done = handover(
        *("export", "--zone", "extranet", "--keys", hosts / "extranet" / "keys"),
        *("--tls", hosts / "extranet" / "tls", "--uplink", "https://elsewhere.example:1"),
        *("--portal", "https://portal.example", "--output", other),
    )
    assert done.returncode == 0
    refused = handover(
        *("accept", "--own", hosts / "internet.json", "--output", tmp_path / "out", "--json"),
        *confirmed(hosts, "extranet"),
        other,
    )
    answer = json.loads(refused.stdout)
    assert (refused.returncode, answer["agreed"]) == (3, False)
    assert [one["code"] for one in answer["disagreements"]] == ["handover_uplink"]
    assert "上联地址" in answer["disagreements"][0]["message"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (("--uplink", "portal.example"), 3, "handover_value"),
        (("--tls", "nowhere"), 3, "handover_value"),
        (("--keys", "nowhere"), 3, "key_missing"),
    ],
)
def test_a_wrong_value_is_refused(
    hosts: Path, tmp_path: Path, arguments: tuple[str, str], exit_code: int, code: str
) -> None:
    done = handover(
        *("export", "--zone", "internet", "--keys", hosts / "internet" / "keys"),
        *("--output", tmp_path / "out.json", "--json", *arguments),
    )
    assert (done.returncode, json.loads(done.stdout)["error"]) == (exit_code, code)
    assert not (tmp_path / "out.json").exists()
