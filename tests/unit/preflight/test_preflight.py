"""Wrong values are refused with the file and the line that say them; one defect a test."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from preflight.__main__ import problems_of
from preflight.rules import _DEFAULT_PORTS, NEIGHBOURS, check_version
from preflight.schema import check_values, load_schema, role_defaults
from preflight.view import load

from kernel.handover.agreement import neighbours
from kernel.keys.tls import issue_server, make_ca
from kernel.vocabulary.zones import Zone

ROOT = Path(__file__).parents[3]
ANSIBLE = ROOT / "ansible"
MANUAL = (ROOT / "docs/manual/sysadmin.md").read_text("utf-8")
ZONES = ("internet", "extranet", "intranet")
VIEW = "group_vars/tongban"
ViewOf = Callable[[str], Path]


def check(view: Path, **options: bool) -> list[tuple[str, str]]:
    """Code and text of the line named, for every problem."""
    found = []
    for problem in problems_of(view, **options):
        assert re.search(r"[\u4e00-\u9fff]", problem.message)
        assert f"`{problem.code}`" in MANUAL, problem.code
        lines = Path(problem.file).read_text("utf-8").splitlines()
        found.append((problem.code, lines[problem.line - 1].strip()))
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_a_filled_in_sample_has_no_problem(view_of: ViewOf, zone: str) -> None:
    assert check(view_of(zone)) == []


@pytest.mark.parametrize("zone", ZONES)
def test_a_sample_with_its_placeholders_is_refused_for_each_of_them(zone: str) -> None:
    found = check(ANSIBLE / "inventories" / f"{zone}.sample")
    values = sorted(line for code, line in found if code == "inventory_value")
    fingerprints = len(NEIGHBOURS[zone]) + 1
    assert len(values) == fingerprints + 2
    assert {code for code, _ in found} == {
        "inventory_value",
        "inventory_file",
        "inventory_handover",
    }


@dataclass(frozen=True)
class Defect:
    """``old`` becomes ``new`` in a file; the line with ``at`` (or ``new``) is to be named."""

    zone: str
    file: str
    old: str
    new: str
    code: str
    at: str = ""


NETWORK, ZONE, CARRIERS = f"{VIEW}/network.yml", f"{VIEW}/zone.yml", f"{VIEW}/carriers.yml"
DEFECTS = {
    "a port beyond all ports": Defect(
        "internet", NETWORK, "port: 8443", "port: 84430", "inventory_range"
    ),
    "a port that is text": Defect(
        "internet", NETWORK, "port: 8443", 'port: "8443"', "inventory_type"
    ),
    "a port taken by the web": Defect(
        "internet", NETWORK, "port: 8443", "port: 443", "inventory_port"
    ),
    "a port taken by a program": Defect(
        "internet", NETWORK, "port: 8443", "port: 8080", "inventory_port"
    ),
    "an address with a letter": Defect(
        "internet", NETWORK, "203.0.113.20", "203.0.113.2O", "inventory_value"
    ),
    "a name where an address is due": Defect(
        "extranet", NETWORK, "203.0.113.10", "portal.example", "inventory_value"
    ),
    "a network without its mask's zeros": Defect(
        "extranet", NETWORK, "10.40.8.0/22", "10.40.9.0/22", "inventory_value"
    ),
    "a network with a mask too long": Defect(
        "extranet", NETWORK, "10.40.8.0/22", "10.40.8.0/33", "inventory_value"
    ),
    "visitors among the managers": Defect(
        "extranet", NETWORK, "[10.40.8.0/22]", "[10.40.0.0/16]", "inventory_overlap"
    ),
    "the one-way link among the visitors": Defect(
        "intranet",
        CARRIERS,
        "gate__link_address: 169.254.77.2",
        "gate__link_address: 172.20.8.9",
        "inventory_overlap",
    ),
    "both ends of the link alike": Defect(
        "intranet",
        CARRIERS,
        "peer_address: 169.254.77.1",
        "peer_address: 169.254.77.2",
        "inventory_overlap",
    ),
    "managers from everywhere": Defect(
        "internet", NETWORK, "[198.51.100.16/29]", "[0.0.0.0/0]", "inventory_network_wide"
    ),
    "the extranet's visitors from everywhere": Defect(
        "extranet",
        NETWORK,
        "nftables__visitors: [10.40.8.0/22]",
        "nftables__visitors: [64.0.0.0/2]",
        "inventory_network_wide",
    ),
    "no manager": Defect(
        "extranet", NETWORK, "[10.40.2.8/29]", "[]", "inventory_range", "nftables__managers: []"
    ),
    "no time source": Defect(
        "intranet", NETWORK, "chrony__servers: [172.20.2.2]", "", "inventory_missing", "jy-intranet"
    ),
    "an empty list of time sources": Defect(
        "intranet", NETWORK, "[172.20.2.2]", "[]", "inventory_range", "chrony__servers: []"
    ),
    "a zone that does not exist": Defect(
        "extranet", ZONE, "zone: extranet", "zone: outernet", "inventory_value"
    ),
    "a misspelt variable": Defect(
        "internet",
        NETWORK,
        "chrony__servers: [198.51.100.2]",
        "chrony__servers: [198.51.100.2]\nchrony__server: 198.51.100.3",
        "inventory_unknown",
        "chrony__server: 198",
    ),
    "a misspelt item": Defect(
        "internet", ZONE, "sudo: true", "sudoer: true", "inventory_unknown", "- name: jyadmin"
    ),
    "a variable said twice": Defect(
        "internet",
        ZONE,
        "tongban__version: 0.2.0",
        "tongban__version: 0.2.0\ntongban__version: 0.2.0  # again",
        "inventory_duplicate",
        "# again",
    ),
    "a truth that is text": Defect("internet", ZONE, "sudo: true", 'sudo: "yes"', "inventory_type"),
    "root as an administrator": Defect(
        "internet", ZONE, "name: jyadmin", "name: root", "inventory_value"
    ),
    "a kind of key long broken": Defect(
        "internet", ZONE, "ssh-ed25519 ", "ssh-dss ", "inventory_value"
    ),
    "an hour without a hand on the keys": Defect(
        "internet",
        ZONE,
        "tongban__zone: internet",
        "tongban__zone: internet\nbase__idle_seconds: 3600",
        "inventory_range",
        "base__idle_seconds",
    ),
    "shorter passwords than the standard's": Defect(
        "internet",
        ZONE,
        "tongban__zone: internet",
        "tongban__zone: internet\nbase__minimum_length: 8",
        "inventory_range",
        "base__minimum_length",
    ),
    "logs kept for a month": Defect(
        "internet",
        ZONE,
        "tongban__zone: internet",
        "tongban__zone: internet\nlogs__days: 30",
        "inventory_range",
        "logs__days",
    ),
    "a password in clear": Defect(
        "internet",
        ZONE,
        "tongban__zone: internet",
        "tongban__zone: internet\nansible_become_password: Sample-2026",
        "inventory_clear_secret",
        "ansible_become_password",
    ),
    "a private key in clear": Defect(
        "internet",
        NETWORK,
        'nginx__key: "{{ inventory_dir }}/secrets/site.key"',
        'nginx__key: "-----BEGIN PRIVATE KEY-----"',
        "inventory_clear_secret",
    ),
    "a computed value": Defect(
        "internet",
        NETWORK,
        "bdc.jiyuan.example",
        "\"{{ lookup('env', 'NAME') }}\"",
        "inventory_template",
    ),
    "the ferry in the internet": Defect(
        "internet",
        ZONE,
        "tongban__zone: internet",
        "tongban__zone: internet\nferry__device: /dev/sr0",
        "inventory_zone",
        "ferry__device",
    ),
    "a trip that is no time": Defect(
        "extranet", CARRIERS, "30 16 * * mon-fri", "every day", "inventory_value", "ferry__trips"
    ),
    "a light that is a path": Defect(
        "extranet",
        CARRIERS,
        "ferry__kind: dvd-r",
        "ferry__kind: dvd-r\nferry__good_light: ../../etc/shadow",
        "inventory_value",
        "ferry__good_light",
    ),
    "the portal's address in the intranet": Defect(
        "intranet",
        NETWORK,
        "chrony__servers",
        "app__portal_url: https://bdc.jiyuan.example\nchrony__servers",
        "inventory_zone",
        "app__portal_url",
    ),
    "an uplink without encryption": Defect(
        "extranet", NETWORK, "https://bdc", "http://bdc", "inventory_value"
    ),
    "no link key": Defect(
        "extranet",
        CARRIERS,
        'gate__link_key: "{{ inventory_dir }}/secrets/link.key"',
        "",
        "inventory_missing",
        "jy-extranet",
    ),
    "no scan for malware": Defect(
        "extranet",
        CARRIERS,
        "gate__carrier: link",
        "gate__carrier: link\ngate__scans_malware: false",
        "inventory_value",
        "gate__scans_malware",
    ),
    "a certificate that is not there": Defect(
        "internet", NETWORK, "site.crt", "other.crt", "inventory_file"
    ),
    "a certificate for another name": Defect(
        "internet",
        NETWORK,
        "bdc.jiyuan.example",
        "www.jiyuan.example",
        "inventory_certificate",
        "nginx__certificate",
    ),
    "a certificate for another address": Defect(
        "extranet",
        NETWORK,
        "nginx__listen: [10.40.1.10]",
        "nginx__listen: [10.40.1.11]",
        "inventory_certificate",
        "nginx__certificate",
    ),
    "a fingerprint that lacks": Defect(
        "extranet",
        ZONE,
        '  intranet: "' + "5a" * 32 + '"\n',
        "",
        "inventory_handover",
        "handover__fingerprints:",
    ),
    "a fingerprint cut short": Defect(
        "intranet",
        ZONE,
        '  extranet: "5a',
        '  extranet: "',
        "inventory_value",
        'extranet: "5a',
    ),
    "a fingerprint of a zone without dealings": Defect(
        "intranet",
        ZONE,
        "handover__fingerprints:",
        'handover__fingerprints:\n  internet: "' + "5a" * 32 + '"',
        "inventory_zone",
        "internet:",
    ),
    "a calendar that is not there": Defect(
        "extranet",
        ZONE,
        "app__authority:",
        'handover__calendar_key: "{{ inventory_dir }}/secrets/site.crt"\n'
        "app__calendars:\n"
        '  - "{{ inventory_dir }}/calendars/2026.json"\n'
        "app__authority:",
        "inventory_file",
        "calendars/2026.json",
    ),
    "calendars without the key that checks them": Defect(
        "extranet",
        ZONE,
        "app__authority:",
        'app__calendars: ["{{ inventory_dir }}/secrets/site.crt"]\napp__authority:',
        "inventory_missing",
        "app__calendars:",
    ),
    "a calendar where nobody counts by it": Defect(
        "intranet",
        ZONE,
        "base__administrators:",
        "app__calendars: []\nbase__administrators:",
        "inventory_zone",
        "app__calendars:",
    ),
    "another group": Defect(
        "internet", "hosts.yml", "\ntongban:", "\ntongbang:", "inventory_shape", "tongbang:"
    ),
    "children of the group": Defect(
        "internet",
        "hosts.yml",
        "  hosts:",
        "  children: {web: {}}\n  hosts:",
        "inventory_shape",
        "children",
    ),
    "no YAML": Defect("internet", ZONE, "sudo: true", "sudo: [true", "inventory_syntax", " "),
    "a tag nobody knows": Defect(
        "internet", ZONE, "sudo: true", "sudo: !!python/name:os.system", "inventory_syntax"
    ),
}


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS)
def test_one_wrong_value_is_refused_where_it_stands(view_of: ViewOf, defect: Defect) -> None:
    view = view_of(defect.zone)
    path = view / defect.file
    before = path.read_text("utf-8")
    assert before.count(defect.old) >= 1
    path.write_text(before.replace(defect.old, defect.new, 1), "utf-8")
    found = check(view)
    assert {code for code, _ in found} == {defect.code}, found
    assert all((defect.at or defect.new) in line or defect.at == " " for _, line in found), found


def test_a_view_of_two_zones_is_refused(view_of: ViewOf) -> None:
    view = view_of("internet")
    hosts = view / "hosts.yml"
    hosts.write_text(hosts.read_text("utf-8") + "    jy-other:\n      tongban__zone: intranet\n")
    assert ("inventory_zone", "tongban__zone: intranet") in check(view)


def test_an_expired_certificate_is_refused(view_of: ViewOf) -> None:
    view = view_of("internet")
    reissue(view, "bdc.jiyuan.example", begun=100, days=99)
    ((code, line),) = check(view)
    assert (code, line.partition(":")[0]) == ("inventory_certificate", "nginx__certificate")


def test_a_certificate_about_to_expire_is_refused(view_of: ViewOf) -> None:
    view = view_of("internet")
    reissue(view, "bdc.jiyuan.example", begun=100, days=129)
    assert [code for code, _ in check(view)] == ["inventory_certificate"]
    reissue(view, "bdc.jiyuan.example", begun=100, days=132)
    assert check(view) == []


def test_a_key_of_another_certificate_is_refused(view_of: ViewOf) -> None:
    view = view_of("internet")
    key = (view / "secrets/site.key").read_bytes()
    reissue(view, "bdc.jiyuan.example", begun=1, days=400)
    (view / "secrets/site.key").write_bytes(key)
    ((code, line),) = check(view)
    assert (code, line.partition(":")[0]) == ("inventory_certificate", "nginx__key")


def reissue(view: Path, name: str, *, begun: int, days: int) -> None:
    then = datetime.now(UTC) - timedelta(days=begun)
    identity = issue_server(make_ca("authority", then), [name], then, days)
    (view / "secrets/site.crt").write_bytes(identity.certificate)
    (view / "secrets/site.key").write_bytes(identity.key)


def test_a_private_key_that_others_can_read_is_refused(view_of: ViewOf) -> None:
    view = view_of("extranet")
    (view / "secrets/link.key").chmod(0o644)
    ((code, line),) = check(view)
    assert (code, line.partition(":")[0]) == ("inventory_key_mode", "gate__link_key")


def test_a_missing_handover_is_refused_once_it_is_due(view_of: ViewOf) -> None:
    view = view_of("intranet")
    (view / "handover/extranet.handover.json").unlink()
    assert check(view) == [("inventory_handover", "handover__fingerprints:")]
    assert check(view, before_handover=True) == []


def test_a_vaulted_value_and_a_vaulted_file_pass(view_of: ViewOf) -> None:
    view = view_of("internet")
    zone = view / ZONE
    vaulted = "ansible_become_password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n"
    zone.write_text(zone.read_text("utf-8") + vaulted, "utf-8")
    (view / VIEW / "vault.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    assert check(view) == []


def test_a_host_variable_is_named_in_its_own_file(view_of: ViewOf) -> None:
    view = view_of("internet")
    (view / "host_vars").mkdir()
    (view / "host_vars/jy-internet.yml").write_text("nginx__listen: [192.0.2.300]\n")
    assert check(view) == [("inventory_value", "nginx__listen: [192.0.2.300]")]


def test_a_view_in_one_json_file_is_read_too(view_of: ViewOf) -> None:
    view = view_of("internet")
    facts: dict[str, Any] = {}
    for path in (view / VIEW).glob("*.yml"):
        facts.update(yaml.safe_load(path.read_text("utf-8")))
        path.unlink()
    (view / "hosts.yml").unlink()
    file = view / "inventory.yml"
    inventory = {"tongban": {"hosts": {"jy-internet": facts}}}
    file.write_text(json.dumps(inventory, indent=1), "utf-8")
    assert check(file) == []
    file.write_text(json.dumps(inventory, indent=1).replace("8443", "0"), "utf-8")
    assert [code for code, _ in check(file)] == ["inventory_range"]


def test_a_role_default_of_another_kind_is_refused(view_of: ViewOf, tmp_path: Path) -> None:
    roles = tmp_path / "roles/nginx/defaults"
    roles.mkdir(parents=True)
    (roles / "main.yml").write_text("nginx__body_mebibytes: 210\n")
    view = view_of("internet")
    network = view / NETWORK
    before = network.read_text("utf-8")
    for value, codes in (("300", []), ('"300m"', ["inventory_type"])):
        network.write_text(f"{before}nginx__body_mebibytes: {value}\n", "utf-8")
        (host,) = load(view).hosts
        defaults = role_defaults(tmp_path / "roles")
        assert [found.code for found in check_values(host, load_schema(), defaults)] == codes


def test_every_version_must_be_the_bundles(view_of: ViewOf, tmp_path: Path) -> None:
    top = tmp_path / "tongban-9.9.9"
    top.mkdir()
    (top / "manifest.json").write_text('{"version": "9.9.9"}')
    view = view_of("internet")
    (host,) = load(view).hosts
    (problem,) = check_version(host, top / "manifest.json")
    assert (problem.code, problem.line) == ("inventory_version", 3)


@pytest.mark.parametrize("zone", ZONES)
def test_it_runs_by_itself_and_leaves_no_trace(view_of: ViewOf, zone: str) -> None:
    view = view_of(zone)
    (view / "secrets/site.crt").unlink()
    caches = set(ANSIBLE.rglob("*.pyc"))
    done = subprocess.run(
        [sys.executable, "check_view.py", view, "--json"],
        cwd=ANSIBLE,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["valid"]) == (3, False)
    (problem,) = answer["problems"]
    assert problem["variable"] == "nginx__certificate"
    assert problem["line"] > 1
    assert set(ANSIBLE.rglob("*.pyc")) == caches


def test_without_openssl_nothing_passes_for_checked(view_of: ViewOf, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "preflight", view_of("internet"), "--json"],
        cwd=ANSIBLE,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(tmp_path)},
    )
    assert (done.returncode, json.loads(done.stdout)["error"]) == (5, "tool_missing")


def test_the_checks_know_the_same_neighbours_as_the_kernel() -> None:
    assert {zone.value: tuple(other.value for other in neighbours(zone)) for zone in Zone} == (
        NEIGHBOURS
    )


def test_the_checks_know_the_ports_that_roles_take() -> None:
    defaults = role_defaults(ANSIBLE / "roles")
    known = {name: defaults.get(name, port) for name, port in _DEFAULT_PORTS.items()}
    assert known == _DEFAULT_PORTS


def test_every_variable_of_the_schema_has_a_chinese_title() -> None:
    for name, rule in load_schema()["properties"].items():
        assert re.search(r"[\u4e00-\u9fff]", rule["title"]), name
