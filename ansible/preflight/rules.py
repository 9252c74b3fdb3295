"""What relates several values: zones, networks, ports, secrets, files, handovers, the version."""

import ipaddress
import json
import re
import stat
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from preflight.problems import Problem
from preflight.schema import texts
from preflight.source import Vault
from preflight.view import Host, View

NEIGHBOURS: Final = {
    "internet": ("extranet",),
    "extranet": ("internet", "intranet"),
    "intranet": ("extranet",),
}
"""Whose handover a zone needs: docs/spec/handover-v1.md, section 1."""
WIDEST_PREFIX: Final = 8
"""Shorter than /8 is half the world, which no office is."""
MAX_HANDOVER_BYTES: Final = 1024 * 1024
_SECRET: Final = re.compile(r"(password|passphrase|passwd|secret|token)s?$")
_PRIVATE: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|AGE-SECRET-KEY-1")
_INTERNET_LACKS: Final = ("gate__", "ferry__")
_CALENDAR: Final = ("app__calendars", "handover__calendar_key")
_OTHERS_LACK: Final = {
    "internet": ("app__portal_url", "app__authority", *_CALENDAR),
    "extranet": ("nftables__uplink_peer", "app__limits"),
    "intranet": (
        "nftables__uplink_peer",
        "app__limits",
        "app__portal_url",
        "app__authority",
        "app__uplink_host",
        "app__uplink_public_port",
        "app__uplink_port",
        *_CALENDAR,
    ),
}
_DEFAULT_PORTS: Final = {
    "app__port": 8080,
    "app__uplink_port": 8081,
    "app__uplink_public_port": 8443,
    "base__ssh_port": 22,
}
"""As in the roles' defaults, which a test compares."""
_WEB_PORTS: Final = (80, 443)


def check_one_zone(view: View) -> Iterator[Problem]:
    """A view is of one zone; no controller reaches two."""
    zones = {str(value_of(host, "tongban__zone")) for host in view.hosts}
    if len(zones) > 1:
        for host in view.hosts[1:]:
            variable = host.variables.get("tongban__zone")
            place = variable.place() if variable else host.place
            yield place.problem("inventory_zone", "一份主机清单只能有一个网的主机", "tongban__zone")


def check_zone(host: Host) -> Iterator[Problem]:
    """Nothing of another zone stands here."""
    zone = value_of(host, "tongban__zone")
    strange = _OTHERS_LACK.get(str(zone), ())
    for name, variable in host.variables.items():
        if name in strange or (zone == "internet" and name.startswith(_INTERNET_LACKS)):
            yield variable.place().problem(
                "inventory_zone", f"{name} 不属于 {zone}，可能抄错了清单", name
            )


def check_secrets(host: Host) -> Iterator[Problem]:
    """No secret stands in clear, neither by its name nor by its look."""
    for name, variable in host.variables.items():
        for inside, value in texts(variable.value):
            last = next((str(p) for p in reversed(inside) if isinstance(p, str)), name)
            is_secret = _SECRET.search(last) and value and not value.startswith("{{")
            if is_secret or _PRIVATE.search(value):
                yield variable.place(*inside).problem(
                    "inventory_clear_secret",
                    f"{name} 是明文的口令或私钥，须用 ansible-vault 加密，或改为文件",
                    name,
                )


def check_networks(host: Host) -> Iterator[Problem]:
    """Networks are narrow, and those that must be apart do not overlap."""
    zone = value_of(host, "tongban__zone")
    managers = _networks(host, "nftables__managers")
    visitors = [] if zone == "internet" else _networks(host, "nftables__visitors")
    for name, n, network in (*managers, *visitors):
        if network.prefixlen < WIDEST_PREFIX:
            yield (
                host.variables[name]
                .place(n)
                .problem(
                    "inventory_network_wide", f"{name} 的 {network} 过宽，须写具体的网段", name
                )
            )
    links = [
        (name, 0, ipaddress.IPv4Network(address))
        for name in ("gate__link_address", "gate__link_peer_address")
        if (address := _address(host, name)) is not None
    ]
    listed = (*managers, *visitors, *links)
    for (one, _, first), (other, n, second) in combinations(listed, 2):
        is_gate_of_sender = zone == "extranet" and {one, other} == {
            "gate__link_address",
            "gate__link_peer_address",
        }
        if first.overlaps(second) and not is_gate_of_sender:
            variable = host.variables[other]
            place = variable.place(n) if isinstance(variable.value, list) else variable.place()
            yield place.problem(
                "inventory_overlap", f"{other} 的 {second} 与 {one} 的 {first} 重叠", other
            )


def check_ports(host: Host) -> Iterator[Problem]:
    """No two programs want one port."""
    zone = value_of(host, "tongban__zone")
    names = [name for name in _DEFAULT_PORTS if "uplink" not in name or zone == "internet"]
    taken: dict[object, str] = dict.fromkeys(_WEB_PORTS, "网页（80、443）")
    for name in sorted(names, key=lambda name: name in host.variables):
        port = value_of(host, name, _DEFAULT_PORTS[name])
        if not isinstance(port, int):
            continue
        if port in taken and name in host.variables:
            yield (
                host.variables[name]
                .place()
                .problem("inventory_port", f"{name} 的端口 {port} 已由{taken[port]}使用", name)
            )
        taken.setdefault(port, f" {name} ")


def check_files(host: Host, view: View) -> Iterator[Problem]:
    """Files that the controller reads are there, and private ones are its owner's alone."""
    for name, private in (
        ("nginx__certificate", False),
        ("nginx__key", True),
        ("gate__link_key", True),
        ("clamav__signatures", False),
        ("ansible_ssh_private_key_file", True),
        ("app__calendars", False),
        ("handover__calendar_key", False),
    ):
        for inside, path in _paths(host, name, view):
            place = host.variables[name].place(*inside)
            try:
                mode = path.stat().st_mode
            except OSError:
                yield place.problem("inventory_file", f"{name} 指的 {path} 不存在或无法读取", name)
                continue
            if private and mode & (stat.S_IRWXG | stat.S_IRWXO):
                yield place.problem(
                    "inventory_key_mode", f"{name} 指的 {path} 他人可读，应为 0600", name
                )


def check_calendars(host: Host) -> Iterator[Problem]:
    """Calendars are signed: without the key to check them, none can be loaded."""
    if value_of(host, "app__calendars") and not value_of(host, "handover__calendar_key"):
        yield (
            host.variables["app__calendars"]
            .place()
            .problem(
                "inventory_missing",
                "写了 app__calendars，却没有验签用的 handover__calendar_key（工作日历的公钥条目）",
                "app__calendars",
            )
        )


def check_handovers(host: Host, view: View) -> Iterator[Problem]:
    """The neighbours' handovers have been brought, and their fingerprints compared."""
    needed = NEIGHBOURS.get(str(value_of(host, "tongban__zone")))
    if needed is None:
        return
    fingerprints = value_of(host, "handover__fingerprints", {})
    known = fingerprints if isinstance(fingerprints, dict) else {}
    variable = host.variables.get("handover__fingerprints")
    place = variable.place() if variable else host.place
    for zone in needed:
        if zone not in known:
            yield place.problem(
                "inventory_handover",
                f"handover__fingerprints 中没有 {zone} 的公钥指纹（与对方当面或电话核对后填写）",
                "handover__fingerprints",
            )
        file = view.folder / "handover" / f"{zone}.handover.json"
        if not file.is_file():
            yield place.problem(
                "inventory_handover", f"缺少 {zone} 的交接文件 {file}", "handover__fingerprints"
            )
    for zone in known:
        if zone not in needed and variable is not None:
            yield variable.place(zone).problem(
                "inventory_zone",
                f"本网与 {zone} 没有直接往来，不应有它的指纹",
                "handover__fingerprints",
            )


def check_version(host: Host, manifest: Path) -> Iterator[Problem]:
    """The view is written for the bundle it lies in."""
    variable = host.variables.get("tongban__version")
    if variable is None or not manifest.is_file():
        return
    version = json.loads(manifest.read_text("utf-8"))["version"]
    if variable.value != version:
        yield variable.place().problem(
            "inventory_version",
            f"安装包是 {version}，清单写的是 {variable.value}",
            "tongban__version",
        )


def value_of(host: Host, name: str, default: Any = None) -> Any:
    """A variable's value, where it is said and not encrypted."""
    variable = host.variables.get(name)
    if variable is None or isinstance(variable.value, Vault):
        return default
    return variable.value


def path_of(host: Host, name: str, view: View) -> Path | None:
    """The file that a variable names, from the view's folder."""
    return _path(value_of(host, name), view)


def _paths(host: Host, name: str, view: View) -> Iterator[tuple[tuple[int, ...], Path]]:
    """Every file that a variable names, and where in the variable it stands."""
    value = value_of(host, name)
    many = isinstance(value, list)
    for n, one in enumerate(value if isinstance(value, list) else [value]):
        path = _path(one, view)
        if path is not None:
            yield ((n,) if many else ()), path


def _path(value: object, view: View) -> Path | None:
    if not isinstance(value, str) or not value or _PRIVATE.search(value):
        return None
    inside = value.removeprefix("{{ inventory_dir }}/")
    return None if "{{" in inside else view.folder / inside


def _networks(host: Host, name: str) -> list[tuple[str, int, ipaddress.IPv4Network]]:
    values = value_of(host, name)
    found = []
    for n, value in enumerate(values if isinstance(values, list) else []):
        try:
            found.append((name, n, ipaddress.IPv4Network(value)))
        except ValueError:
            # The schema has named it.
            continue
    return found


def _address(host: Host, name: str) -> str | None:
    value = value_of(host, name)
    try:
        return str(ipaddress.IPv4Address(value))
    except ValueError:
        return None
