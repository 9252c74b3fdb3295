"""Claims about three hosts that were deployed from the offline bundle, with the networks cut."""

import json
from typing import Any

import pytest
from appliance.hosts.commands import attempt
from appliance.hosts.network import ZONES, address
from appliance.hosts.trio import Trio

pytestmark = [pytest.mark.long, pytest.mark.root]

LEAST_ASSERTIONS = 150
PLANTED = {
    # What is broken on the host, and the code of the finding that has to say so.
    "chmod 644 /var/lib/tongban/keys/cookie.secret": "file_mode",
    "systemd-run --unit=planted python3 -m http.server --bind 127.0.0.1 9999; sleep 2": (
        "sockets_no_other"
    ),
    "nft add rule inet tongban input tcp dport 9999 accept": "firewall_no_other",
    "nft chain inet tongban output '{ policy accept; }'": "firewall_drops",
    "echo 'deb http://example.invalid x main' >/etc/apt/sources.list.d/planted.list": (
        "sources_only_bundle"
    ),
    "useradd --non-unique --uid 0 --shell /bin/bash planted": "account_root_only",
    "sed -i 's/rotate [0-9]*/rotate 7/' /etc/logrotate.d/nginx": "log_kept",
    "sed -i 's/TLSv1.2 TLSv1.3/TLSv1.2/' /etc/nginx/nginx.conf; systemctl reload nginx; sleep 1": (
        "tls_version"
    ),
    "systemctl stop clamav-daemon": "malware_scan",
    "sysctl -qw net.ipv4.conf.all.accept_redirects=1": "sysctl",
    "systemctl unmask debug-shell.service": "unit_masked",
    "mkdir -p /etc/systemd/system/tongban-web.service.d;"
    " printf '[Service]\nProtectSystem=no\nPrivateUsers=no\nNoNewPrivileges=no\n"
    "CapabilityBoundingSet=~\nSystemCallFilter=\n'"
    " >/etc/systemd/system/tongban-web.service.d/p.conf;"
    " systemctl daemon-reload": "unit_exposure",
}
FORBIDDEN = (
    # From a host, as root: where, and to which port of which card.
    ("internet", "extranet", "uplink", 443),
    ("internet", "extranet", "uplink", 22),
    ("internet", "extranet", "uplink", 5432),
    ("extranet", "internet", "uplink", 443),
    ("extranet", "internet", "uplink", 22),
    ("extranet", "internet", "uplink", 8443),
    ("extranet", "intranet", "gate", 22),
    ("extranet", "intranet", "gate", 443),
    ("intranet", "extranet", "gate", 22),
    ("intranet", "extranet", "gate", 443),
    ("intranet", "admin-intranet", "admin", 22),
    ("intranet", "people", "survey", 443),
    ("extranet", "people", "office", 443),
    ("internet", "people", "public", 443),
)


def report_of(trio: Trio, zone: str) -> dict[str, Any]:
    """The acceptance report that ``verify`` brought to a zone's station."""
    path = trio.views.folder / zone / "reports" / f"jy-{zone}-acceptance.json"
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def test_second_run_changes_nothing(trio: Trio) -> None:
    recaps = trio.play("site", name="site-again")
    assert {zone: recap.changed for zone, recap in recaps.items()} == dict.fromkeys(ZONES, 0)


def test_dry_run_would_change_nothing(trio: Trio) -> None:
    recaps = trio.play("site", "--check", name="site-check")
    assert {zone: recap.changed for zone, recap in recaps.items()} == dict.fromkeys(ZONES, 0)


def test_running_hosts_are_as_they_have_to_be(trio: Trio) -> None:
    trio.play("verify")
    reports = [report_of(trio, zone) for zone in ZONES]
    assert [report["failed"] for report in reports] == [0, 0, 0]
    assert sum(report["passed"] for report in reports) >= LEAST_ASSERTIONS
    for report in reports:
        assert all(row["clause"].startswith("8.1.") and row["claim"] for row in report["findings"])
    for zone in ZONES:
        pdf = trio.views.folder / zone / "reports" / f"jy-{zone}-acceptance.pdf"
        code, text = attempt(("pdftotext", str(pdf), "-"))
        assert code == 0
        assert "验收报告" in text


def test_case_crosses_three_hosts(trio: Trio) -> None:
    outcome = trio.case()
    assert outcome["certificate_no"]
    assert outcome["pdf_bytes"] > 10_000


def test_nothing_came_back_through_the_gate(trio: Trio) -> None:
    forth, back = trio.networks.frames()
    assert forth > 0
    assert back == 0
    said = trio.hosts["intranet"].sudo("nft -j list counter inet tongban backwards")
    assert json.loads(said)["nftables"][1]["counter"]["packets"] == 0


@pytest.mark.parametrize(("origin", "target", "card", "port"), FORBIDDEN)
def test_forbidden_direction_is_closed(
    trio: Trio, origin: str, target: str, card: str, port: int
) -> None:
    assert not trio.host_reaches(origin, address(target, card), port)


def test_what_is_allowed_is_open(trio: Trio) -> None:
    # Otherwise a broken probe would prove every direction closed.
    for zone, card in (("internet", "public"), ("extranet", "office"), ("intranet", "survey")):
        assert trio.reaches("people", address(zone, card), 443)
        assert not trio.reaches("people", address(zone, card), 22)
        assert trio.reaches(f"admin-{zone}", address(zone, "admin"), 22)
        assert not trio.reaches(f"admin-{zone}", address(zone, "admin"), 443)


@pytest.mark.parametrize(("breakage", "code"), PLANTED.items())
def test_planted_defect_is_found(trio: Trio, breakage: str, code: str) -> None:
    host = trio.hosts["extranet"]
    host.sudo("rm -rf /var/tmp/before; mkdir /var/tmp/before; cp -a /etc /var/tmp/before/etc")
    try:
        host.sudo(breakage)
        said = attempt(
            host.ssh(
                "sudo /opt/tongban/bin/python -m kernel.doctor"
                " --settings /etc/tongban/doctor.toml --json 2>/dev/null"
            )
        )[1]
        failed = {row["code"] for row in json.loads(said)["findings"] if row["status"] == "failed"}
        assert code in failed
    finally:
        host.sudo(
            "systemctl stop planted 2>/dev/null || true;"
            "rsync=; find /etc -xdev -newer /var/tmp/before -type f -delete;"
            "cp -a /var/tmp/before/etc/. /etc/; rm -f /etc/apt/sources.list.d/planted.list;"
            "rm -rf /etc/systemd/system/tongban-web.service.d;"
            "chmod 600 /var/lib/tongban/keys/cookie.secret; systemctl daemon-reload;"
            "systemctl mask --quiet debug-shell.service; systemctl restart nftables;"
            "systemctl reload nginx; systemctl start clamav-daemon;"
            "sysctl -qw net.ipv4.conf.all.accept_redirects=0"
        )
