"""Claims about ``verify``: what is broken on a running host is found."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from appliance.hosts.commands import attempt
from appliance.hosts.host import Host
from appliance.hosts.trio import Trio

pytestmark = [pytest.mark.long, pytest.mark.root]

_SAVED = "/var/tmp/planted"  # noqa: S108 - on the host, and of root alone.
_SETTLING_SECONDS = 120
_LOOK_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Defect:
    """What is broken on the host, and the code of the finding that has to say so.

    Restoring touches nothing but what was planted: ``changed`` names the files that are there
    before and are put back as they were, ``mend`` undoes the rest.
    """

    code: str
    plant: str
    mend: str = "true"
    changed: tuple[str, ...] = ()


_DROP_IN = "/etc/systemd/system/tongban-web.service.d"
DEFECTS = (
    Defect(
        "file_mode",
        "chmod 644 /var/lib/tongban/keys/cookie.secret",
        "chmod 600 /var/lib/tongban/keys/cookie.secret",
    ),
    Defect(
        "sockets_no_other",
        "systemd-run --quiet --unit=planted python3 -m http.server --bind 127.0.0.1 9999; sleep 2",
        "systemctl stop planted",
    ),
    # Loading the rules anew replaces them at one stroke; stopping and starting the service would
    # leave a moment without rules, and forget the very connection that asks for it.
    Defect(
        "firewall_no_other",
        "nft add rule inet tongban input tcp dport 9999 accept",
        "systemctl reload nftables",
    ),
    Defect(
        "firewall_drops",
        "nft chain inet tongban output '{ policy accept; }'",
        "systemctl reload nftables",
    ),
    Defect(
        "sources_only_bundle",
        "echo 'deb http://example.invalid x main' >/etc/apt/sources.list.d/planted.list",
        "rm -f /etc/apt/sources.list.d/planted.list",
    ),
    Defect(
        "account_root_only",
        "useradd --non-unique --uid 0 --no-create-home --shell /bin/bash planted",
        changed=tuple(
            f"/etc/{name}{old}"
            for name in ("passwd", "shadow", "group", "gshadow", "subuid", "subgid")
            for old in ("", "-")
        ),
    ),
    Defect(
        "log_kept",
        "sed -i 's/rotate [0-9]*/rotate 7/' /etc/logrotate.d/nginx",
        changed=("/etc/logrotate.d/nginx",),
    ),
    Defect(
        "tls_version",
        "sed -i 's/TLSv1.2 TLSv1.3/TLSv1.2/' /etc/nginx/nginx.conf; systemctl reload nginx",
        "systemctl reload nginx",
        changed=("/etc/nginx/nginx.conf",),
    ),
    Defect("malware_scan", "systemctl stop clamav-daemon", "systemctl start clamav-daemon"),
    Defect(
        "sysctl",
        "sysctl -qw net.ipv4.conf.all.accept_redirects=1",
        "sysctl -qw net.ipv4.conf.all.accept_redirects=0",
    ),
    Defect(
        "unit_masked",
        "systemctl unmask --quiet debug-shell.service",
        "systemctl mask --quiet debug-shell.service",
    ),
    Defect(
        "unit_exposure",
        f"mkdir {_DROP_IN};"
        " printf '[Service]\\nProtectSystem=no\\nPrivateUsers=no\\nNoNewPrivileges=no\\n"
        f"CapabilityBoundingSet=~\\nSystemCallFilter=\\n' >{_DROP_IN}/planted.conf;"
        " systemctl daemon-reload",
        f"rm -f {_DROP_IN}/planted.conf; rmdir {_DROP_IN}; systemctl daemon-reload",
    ),
)


def failures(host: Host) -> set[str]:
    """Codes of what the host's own examination finds wrong."""
    said = attempt(
        host.ssh(
            "sudo /opt/tongban/bin/python -m kernel.doctor"
            " --settings /etc/tongban/doctor.toml --json 2>/dev/null"
        )
    )[1]
    return {row["code"] for row in json.loads(said)["findings"] if row["status"] == "failed"}


def await_failures(host: Host, right: Callable[[set[str]], bool]) -> set[str]:
    """What is found wrong once it is ``right``, or after a while: services take their time."""
    until = time.monotonic() + _SETTLING_SECONDS
    while not right(found := failures(host)) and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
    return found


@contextmanager
def planted(host: Host, defect: Defect) -> Iterator[None]:
    """The host with the defect; as it was afterwards."""
    there = [path for path in defect.changed if (host.root / path.lstrip("/")).exists()]
    host.sudo(f"mkdir -m 700 {_SAVED}")
    try:
        for n, path in enumerate(there):
            host.sudo(f"cp -a {path} {_SAVED}/{n}")
        try:
            host.sudo(defect.plant)
            yield
        finally:
            for n, path in enumerate(there):
                host.sudo(f"cp -a {_SAVED}/{n} {path}")
            for path in defect.changed:
                if path not in there:
                    host.sudo(f"rm -f {path}")
            host.sudo(defect.mend)
    finally:
        host.sudo(f"rm -r {_SAVED}")


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.code)
def test_planted_defect_is_found_and_mended(trio: Trio, defect: Defect) -> None:
    host = trio.hosts["extranet"]
    with planted(host, defect):
        assert defect.code in await_failures(host, lambda found: defect.code in found)
    assert await_failures(host, lambda found: not found) == set()
