"""The uplink's certificates do a real mutual handshake, and refuse strangers."""

import socket
import ssl
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kernel.errors import SettingsError
from kernel.keys.tls import (
    TlsIdentity,
    common_name,
    issue_client,
    issue_server,
    load_authority,
    make_ca,
)

NOW = datetime.now(UTC)


def _context(
    folder: Path, purpose: int, authority: TlsIdentity, own: TlsIdentity | None
) -> ssl.SSLContext:
    context = ssl.SSLContext(purpose)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=authority.certificate.decode())
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if own is not None:
        certificate, key = folder / f"{purpose}.crt", folder / f"{purpose}.key"
        own.write(certificate, key)
        context.load_cert_chain(certificate, key)
    return context


def _handshake(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> bytes:
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with ours:
            try:
                with server.wrap_socket(ours, server_side=True) as channel:
                    channel.sendall(b"hello")
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with theirs, client.wrap_socket(theirs, server_hostname=host) as channel:
            return channel.recv(5)
    finally:
        thread.join()


@pytest.mark.parametrize("host", ["uplink.internet", "127.0.0.1"])
def test_both_sides_of_one_authority_understand_each_other(tmp_path: Path, host: str) -> None:
    authority = make_ca("济源上联", NOW)
    server = _context(
        tmp_path, ssl.PROTOCOL_TLS_SERVER, authority, issue_server(authority, [host], NOW)
    )
    client = _context(
        tmp_path, ssl.PROTOCOL_TLS_CLIENT, authority, issue_client(authority, "extranet", NOW)
    )
    assert _handshake(server, client, host) == b"hello"


@pytest.mark.parametrize("stranger", ["none", "other authority", "server certificate"])
def test_client_without_our_client_certificate_is_refused(tmp_path: Path, stranger: str) -> None:
    authority, other = make_ca("济源上联", NOW), make_ca("别家", NOW)
    own = {
        "none": None,
        "other authority": issue_client(other, "extranet", NOW),
        "server certificate": issue_server(authority, ["extranet"], NOW),
    }[stranger]
    server = _context(
        tmp_path, ssl.PROTOCOL_TLS_SERVER, authority, issue_server(authority, ["uplink"], NOW)
    )
    client = _context(tmp_path, ssl.PROTOCOL_TLS_CLIENT, authority, own)
    with pytest.raises(OSError):  # noqa: PT011 - an alert or a reset, as timing has it
        assert _handshake(server, client, "uplink") == b"hello", ConnectionResetError


def test_server_under_another_name_is_refused(tmp_path: Path) -> None:
    authority = make_ca("济源上联", NOW)
    server = _context(
        tmp_path, ssl.PROTOCOL_TLS_SERVER, authority, issue_server(authority, ["uplink"], NOW)
    )
    client = _context(
        tmp_path, ssl.PROTOCOL_TLS_CLIENT, authority, issue_client(authority, "extranet", NOW)
    )
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(server, client, "portal")


def test_keys_are_written_for_their_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    authority = make_ca("济源上联", NOW)
    authority.write(tmp_path / "ca.crt", tmp_path / "ca.key")
    assert stat.S_IMODE((tmp_path / "ca.key").stat().st_mode) == 0o600
    assert load_authority(tmp_path / "ca.crt", tmp_path / "ca.key").key == authority.key
    with pytest.raises(SettingsError) as caught:
        make_ca("济源上联", NOW).write(tmp_path / "ca.crt", tmp_path / "ca.key")
    assert caught.value.code == "key_exists"


def test_client_is_known_by_its_common_name() -> None:
    authority = make_ca("济源上联", NOW)
    assert common_name(issue_client(authority, "extranet", NOW).certificate) == "extranet"


def test_authority_that_is_missing_is_a_settings_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_authority(tmp_path / "ca.crt", tmp_path / "ca.key")
    assert caught.value.code == "key_unreadable"
