"""Claims about the life of three hosts after their first day, with a case on its way all the while.

The tests follow one another as the days of an appliance do: each begins where the one before
ended. The hosts start on the release before this one.
"""

import json
import tarfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from appliance.hosts.commands import attempt
from appliance.hosts.host import Host
from appliance.hosts.network import PEOPLE, ZONES, address
from appliance.hosts.trio import Bundle, Trio
from appliance.hosts.views import CONSOLES
from appliance.sample.people import BUYER, SELLER

from kernel.version import VERSION

pytestmark = [pytest.mark.long, pytest.mark.root]

OLD = "0.1.0"
_POLL_SECONDS = 0.5


def release(host: Host) -> str:
    """The release whose programs a host runs."""
    return host.sudo("basename $(readlink /opt/tongban)").strip()


def asked(host: Host, query: str) -> list[str]:
    """What the host's own database answers, a line a row."""
    return host.sudo(
        f"cd /; runuser -u postgres -- psql --no-psqlrc -Atc {json.dumps(query)} tongban"
    ).splitlines()


def revisions(host: Host) -> set[str]:
    """The newest revisions of the host's database."""
    return set(asked(host, "select version_num from alembic_version"))


def front_page(trio: Trio, zone: str) -> str:
    """The status people get for a zone's first page, ``000`` when nobody answers."""
    url = f"https://{address(zone, CONSOLES[zone])}/account/sign-in"
    command = ("curl", "-sk", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", url)
    return attempt(trio.networks.inside(PEOPLE, *command))[1][-3:]


def case_state(trio: Trio) -> str:
    """The state of the one case, as the extranet's database has it."""
    (state,) = asked(trio.hosts["extranet"], "select state from case_file")
    return state


@contextmanager
def watched(trio: Trio, zone: str) -> Iterator[list[str]]:
    """What people are answered meanwhile: each status once when it changes."""
    seen: list[str] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(_POLL_SECONDS):
            status = front_page(trio, zone)
            if seen[-1:] != [status]:
                seen.append(status)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def test_upgrade_that_fails_its_examination_is_taken_back_by_itself(
    aged: Trio, bundle: Bundle
) -> None:
    host = aged.hosts["internet"]
    before = revisions(host)
    aged.use(bundle)
    host.sudo("useradd --non-unique --uid 0 --no-create-home --shell /bin/bash planted")
    with watched(aged, "internet") as seen:
        result, said = aged.controller("internet").attempt("upgrade", name="upgrade-refused")
    assert result != 0
    assert f"已退回 {OLD}" in said
    assert "UID 为 0 的账户（实际：root、planted）" in said
    assert release(host) == OLD
    assert revisions(host) == before
    assert front_page(aged, "internet") == "200"
    # Once people were sent away they were let in again only when everything was decided.
    assert "503" in seen
    assert seen[-1] == "200"
    assert seen.count("200") <= 2
    host.sudo("sed -i /^planted:/d /etc/passwd /etc/shadow /etc/group /etc/gshadow")


def test_upgrade_keeps_the_case_that_is_on_its_way(aged: Trio) -> None:
    state = case_state(aged)
    aged.play("upgrade")
    assert {zone: release(aged.hosts[zone]) for zone in ZONES} == dict.fromkeys(ZONES, VERSION)
    assert {front_page(aged, zone) for zone in ZONES} == {"200"}
    assert case_state(aged) == state


def test_rollback_keeps_what_was_recorded_since(aged: Trio) -> None:
    host = aged.hosts["extranet"]
    newer = revisions(host)
    case = asked(host, "select case_no, state, received_at from case_file")
    steps = asked(host, "select count(*) from case_step")
    aged.controller("extranet").play("rollback")
    assert release(host) == OLD
    assert revisions(host) != newer
    assert asked(host, "select case_no, state, received_at from case_file") == case
    assert asked(host, "select count(*) from case_step") == steps
    assert front_page(aged, "extranet") == "200"


def newest_backup(trio: Trio, zone: str) -> Path:
    """The copy an administrator carries away."""
    return max((trio.views.folder / zone / "backups").glob(f"{zone}-*.tar.age"))


def restoring(trio: Trio, zone: str) -> tuple[str, ...]:
    """What the restore playbook is told."""
    return (
        *("-e", f"restore__file={newest_backup(trio, zone)}"),
        *("-e", f"restore__identity={trio.views.identity}"),
    )


def test_backup_is_rehearsed_without_touching_what_is_in_use(aged: Trio) -> None:
    controller = aged.controller("extranet")
    controller.play("backup")
    result, said = controller.attempt(
        "restore", "-e", "restore__rehearsal=true", *restoring(aged, "extranet"), name="rehearsal"
    )
    assert result == 0, said[-3000:]
    assert "备份可以恢复" in said
    left = "select datname from pg_database where datname like '%rehearsal%'"
    assert asked(aged.hosts["extranet"], left) == []


def change_the_sealing_key(trio: Trio) -> None:
    """As the manual says: prepare, carry, ``site`` everywhere, switch; the extranet's key."""
    controller = trio.controller("extranet")
    controller.play("rotate_keys", "-e", "rotation__step=generate", name="rotate-generate")
    result, said = controller.attempt(
        "rotate_keys", "-e", "rotation__step=switch", name="rotate-too-early"
    )
    assert result != 0
    assert "key_not_installed" in said
    trio.views.carry_handovers({zone: trio.fingerprint(zone) for zone in ZONES})
    trio.play("site", name="site-with-next-key")
    controller.play("rotate_keys", "-e", "rotation__step=switch", name="rotate-switch")
    kept = trio.hosts["extranet"].sudo("ls /var/lib/tongban/keys/zone/retired")
    assert kept.startswith("seal-")


def test_lost_host_comes_back_and_the_next_ferry_brings_what_it_missed(aged: Trio) -> None:
    # After the backup the conclusion comes out, is read, and is lost with the host.
    aged.case("--part", "ferry")
    assert case_state(aged) == "accepted"
    lost = aged.hosts["extranet"]
    lost.remove()
    lost.make()
    lost.start()
    aged.views.write_inventory("extranet", lost, aged.bundle.folder, aged.bundle.fingerprint)
    controller = aged.controller("extranet")
    controller.play("site", "-e", "app__from_backup=true", name="site-from-backup")
    controller.play("restore", *restoring(aged, "extranet"))
    assert case_state(aged) == "in_spatial_review"
    change_the_sealing_key(aged)
    controller.play("verify", name="verify-restored")
    outcome = aged.case()
    assert outcome["certificate_no"].endswith("0000001号")
    told = Counter(label for _zone, label in outcome["steps"])
    assert [label for label, count in told.items() if count > 1] == []


def test_nothing_was_lost_and_nothing_came_twice(aged: Trio) -> None:
    extranet, intranet, internet = (
        aged.hosts[zone] for zone in ("extranet", "intranet", "internet")
    )
    assert asked(extranet, "select state from case_file") == ["archived"]
    assert asked(extranet, "select count(*) from spatial_conclusion") == ["1"]
    assert asked(extranet, "select count(*) from certificate") == ["1"]
    assert asked(intranet, "select state from review") == ["passed"]
    assert asked(internet, "select count(*) from issued_certificate") == ["1"]
    for host in (extranet, intranet):
        waiting = "select count(*) from bundle_out where state in ('sealed', 'carried')"
        assert asked(host, waiting) == ["0"]


def test_support_bundle_tells_what_runs_and_names_nobody(aged: Trio) -> None:
    aged.controller("extranet").play("support_bundle")
    made = max((aged.views.folder / "extranet" / "support").glob("*.tar.gz"))
    with tarfile.open(made) as tar:
        told = {
            Path(member.name).name: tar.extractfile(member).read().decode()  # type: ignore[union-attr]
            for member in tar.getmembers()
            if member.isfile()
        }
    assert VERSION in told["version.txt"]
    assert "tongban-web.service" in told["units.txt"]
    assert json.loads(told["doctor.json"])["failed"] == 0
    everything = "".join(told.values())
    for person in (BUYER, SELLER):
        for personal in (person.name, person.identity_no, person.phone):
            assert personal not in everything
