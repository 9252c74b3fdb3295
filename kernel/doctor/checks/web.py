"""The console as its visitors meet it: TLS versions, headers, cookies."""

import http.client
import socket
import ssl
import warnings
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from kernel.doctor.findings import Finding, judge
from kernel.doctor.machine import Machine
from kernel.doctor.settings import DoctorSettings, Web

_SECONDS: Final = 10.0
_TLS: Final = "8.1.4.8 a"
_VERSIONS: Final = (
    (ssl.TLSVersion.TLSv1, "TLS 1.0", False),
    (ssl.TLSVersion.TLSv1_1, "TLS 1.1", False),
    (ssl.TLSVersion.TLSv1_2, "TLS 1.2", True),
    (ssl.TLSVersion.TLSv1_3, "TLS 1.3", True),
)


def check(settings: DoctorSettings, _machine: Machine) -> Iterator[Finding]:
    """Connects as a browser does, to the address visitors use."""
    web = settings.web
    for version, name, wanted in _VERSIONS:
        spoken = _speaks(web, version)
        yield judge(
            "tls_version", _TLS, f"网页{'支持' if wanted else '拒绝'} {name}",
            good=spoken is wanted, seen="接受" if spoken else "拒绝",
        )  # fmt: skip
    status, headers, cookies = _visit(web)
    yield judge(
        "web_answers",
        "8.1.4.4 e",
        f"登录页 {web.path} 正常应答",
        good=status == HTTPStatus.OK,
        seen=status,
    )
    for name, value in web.headers.items():
        seen = headers.get(name.lower(), "没有")
        yield judge(
            "web_header", "8.1.4.4 d", f"应答头 {name} 含“{value}”", good=value in seen, seen=seen
        )
    server = headers.get("server", "")
    yield judge(
        "web_no_version", "8.1.4.4 e", "应答不透露软件版本",
        good=not any(letter.isdigit() for letter in server), seen=server,
    )  # fmt: skip
    cookie = next((one for one in cookies if one.startswith(f"{web.cookie}=")), "")
    for flag in ("Secure", "HttpOnly", "SameSite", "Path=/"):
        yield judge(
            "web_cookie", "8.1.4.1 c", f"会话 Cookie 带有 {flag}", good=flag in cookie,
            seen=cookie.partition(";")[2].strip() or "没有会话 Cookie",
        )  # fmt: skip


def _context(version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """Of a visitor who looks at the server, not at who vouches for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
        # Otherwise this side would already refuse what is asked about.
        context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def _speaks(web: Web, version: ssl.TLSVersion) -> bool:
    try:
        with (
            socket.create_connection((web.address, web.port), _SECONDS) as line,
            _context(version).wrap_socket(line) as talk,
        ):
            return talk.version() is not None
    except OSError:
        return False


def _visit(web: Web) -> tuple[int, dict[str, str], list[str]]:
    visit = http.client.HTTPSConnection(web.address, web.port, timeout=_SECONDS, context=_context())
    try:
        visit.request("GET", web.path, headers={"Host": web.address})
        answer = visit.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.headers.get_all("Set-Cookie") or []
    except OSError:
        return 0, {}, []
    finally:
        visit.close()
