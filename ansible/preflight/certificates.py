"""The web server's certificate, asked of openssl: in time, for these names, and with its key."""

import ipaddress
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from preflight.problems import Problem, ToolMissingError
from preflight.rules import path_of, value_of
from preflight.view import Host, View

SOON_SECONDS: Final = 30 * 86_400
"""A certificate that runs out within thirty days is replaced before a deployment, not after."""


def check_certificate(host: Host, view: View) -> Iterator[Problem]:
    """Files that are missing are named elsewhere; raises :class:`ToolMissingError`."""
    certificate, key = (path_of(host, name, view) for name in ("nginx__certificate", "nginx__key"))
    if certificate is None or not certificate.is_file():
        return
    place, name = host.variables["nginx__certificate"].place(), "nginx__certificate"
    public = _openssl("x509", "-noout", "-pubkey", "-in", str(certificate))
    if public is None:
        yield place.problem("inventory_certificate", f"{certificate} 不是证书", name)
        return
    if _openssl("x509", "-noout", "-checkend", "0", "-in", str(certificate)) is None:
        yield place.problem("inventory_certificate", f"证书 {certificate} 已过期", name)
    elif (
        _openssl("x509", "-noout", "-checkend", str(SOON_SECONDS), "-in", str(certificate)) is None
    ):
        yield place.problem("inventory_certificate", f"证书 {certificate} 将在 30 天内过期", name)
    for wanted in _names(host):
        if not _is_for(certificate, wanted):
            yield place.problem(
                "inventory_certificate", f"证书 {certificate} 不是发给 {wanted} 的", name
            )
    if key is not None and key.is_file():
        own = _openssl("pkey", "-pubout", "-in", str(key))
        if own != public:
            yield (
                host.variables["nginx__key"]
                .place()
                .problem(
                    "inventory_certificate",
                    f"私钥 {key} 与证书 {certificate} 不是一对",
                    "nginx__key",
                )
            )


def _names(host: Host) -> list[str]:
    """What browsers will type: the name where there is one, otherwise the addresses."""
    name = value_of(host, "nginx__server_name")
    if isinstance(name, str) and name:
        return [] if "{{" in name else [name]
    listen = value_of(host, "nginx__listen", [])
    return [value for value in listen if isinstance(value, str)] if isinstance(listen, list) else []


def _is_for(certificate: Path, wanted: str) -> bool:
    try:
        ipaddress.ip_address(wanted)
        option = "-checkip"
    except ValueError:
        option = "-checkhost"
    answer = _openssl("x509", "-noout", option, wanted, "-in", str(certificate))
    # OpenSSL says it in words; its exit code is 0 either way.
    return answer is not None and "does match certificate" in answer


def _openssl(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["openssl", *arguments], capture_output=True, text=True, check=False, input=""
        )
    except FileNotFoundError:
        raise ToolMissingError("本机没有 openssl 命令，无法核对证书") from None
    return done.stdout if done.returncode == 0 else None
