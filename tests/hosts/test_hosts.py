"""Claims about three hosts that were deployed from the offline bundle, with the networks cut."""

import json
from datetime import datetime
from typing import Any

import pytest
from appliance.hosts.commands import attempt
from appliance.hosts.network import ZONES, address
from appliance.hosts.trio import Trio
from appliance.hosts.views import CONSOLES

from kernel.clock import BEIJING

pytestmark = [pytest.mark.long, pytest.mark.root]

LEAST_ASSERTIONS = 150
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


def backwards(trio: Trio) -> int:
    """Packets that the receiving host's own programs wanted to send back through the gate."""
    said = trio.hosts["intranet"].sudo("nft -j list counter inet tongban backwards")
    packets: int = json.loads(said)["nftables"][1]["counter"]["packets"]
    return packets


def test_case_crosses_three_hosts_and_nothing_comes_back_through_the_gate(trio: Trio) -> None:
    before = backwards(trio)
    outcome = trio.case()
    assert outcome["certificate_no"]
    assert outcome["pdf_bytes"] > 10_000
    forth, back = trio.networks.frames()
    assert forth > 0
    assert back == 0
    assert backwards(trio) == before


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
    # The very connection that is closed to root is open to the program that needs it.
    assert trio.host_reaches("extranet", address("internet", "uplink"), 8443, user="tongban")


def test_working_calendar_is_loaded(trio: Trio) -> None:
    host = trio.hosts["extranet"]
    command = "cd /; runuser -u tongban -- /opt/tongban/bin/python -m extranet_zone"
    settings = "--settings /etc/tongban/extranet.toml --json"
    listed = json.loads(host.sudo(f"{command} calendar list {settings}"))
    assert [row["year"] for row in listed] == [datetime.now(BEIJING).year]


def test_metrics_are_written_for_whoever_watches(trio: Trio) -> None:
    for zone in ZONES:
        host = trio.hosts[zone]
        # What the timer starts, in its sandbox; by itself it comes within a minute.
        host.sudo("systemctl start tongban-metrics.service")
        said = host.sudo("cat /var/lib/tongban-metrics/*.prom")
        assert "tongban_exchange_out_sequence{" in said
        assert ("tongban_carrier_up{" in said) is (zone != "internet")


def test_records_name_where_people_were(trio: Trio) -> None:
    for zone in ZONES:
        said = trio.hosts[zone].sudo(
            "cd /; runuser -u tongban -- psql -Atc"
            " \"SELECT body FROM audit_record WHERE act = 'session.sign_in'\" tongban"
        )
        sources = {json.loads(line)["source"] for line in said.splitlines()}
        assert sources == {address("people", CONSOLES[zone])}
