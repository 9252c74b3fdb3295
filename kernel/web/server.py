"""Runs an application under gunicorn, with client certificates where they are asked for."""

import errno
import hashlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication

from kernel.errors import UnavailableError

GRACE_SECONDS: Final = 10
REQUEST_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Tls:
    """Server certificate and key, and the authority whose client certificates are accepted."""

    certificate: Path
    key: Path
    client_authority: Path


def serve(
    make_app: Callable[[], Flask],
    host: str,
    port: int,
    *,
    workers: int = 1,
    threads: int = 8,
    tls: Tls | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; ``make_app`` runs in each worker, after the fork.

    Raises :class:`UnavailableError` with code ``port_in_use`` before anything is started.
    """
    require_free(host, port)
    options: dict[str, object] = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",
        "timeout": REQUEST_SECONDS,
        "graceful_timeout": GRACE_SECONDS,
        "keepalive": 5,
        "accesslog": None,
        "loglevel": "warning",
        "limit_request_line": 4094,
        "limit_request_fields": 60,
        "control_socket_disable": True,
    }
    if tls is not None:
        options.update(
            certfile=str(tls.certificate),
            keyfile=str(tls.key),
            ca_certs=str(tls.client_authority),
            cert_reqs=ssl.CERT_REQUIRED,
            ssl_context=_modern,
        )
    _Application(make_app, options).run()


def require_free(host: str, port: int) -> None:
    """Raises :class:`UnavailableError`: ``port_in_use``, ``address_unavailable``."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise UnavailableError(
                    "port_in_use", f"端口 {host}:{port} 已被其他程序占用，请检查配置 web.port"
                ) from error
            raise UnavailableError(
                "address_unavailable", f"无法在 {host}:{port} 上监听，请检查配置 web.host"
            ) from error


def peer_fingerprint(environ: dict[str, Any]) -> str:  # WSGI environments hold anything
    """SHA-256 of the client certificate of this request; empty when there is none."""
    connection = environ.get("gunicorn.socket")
    if not isinstance(connection, ssl.SSLSocket):
        return ""
    certificate = connection.getpeercert(binary_form=True)
    return hashlib.sha256(certificate).hexdigest() if certificate else ""


def _modern(_config: object, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _Application(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    def __init__(self, make_app: Callable[[], Flask], options: dict[str, object]) -> None:
        self._make_app = make_app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for key, value in self._options.items():
            if key in self.cfg.settings:
                self.cfg.set(key, value)

    def load(self) -> Flask:
        return self._make_app()
