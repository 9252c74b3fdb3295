"""A zone's private keys as files that nobody but the zone's own account may read.

``seal.key``, ``receive.key`` and, on the extranet, ``certificate.key`` hold the raw key as base64
on one line. A hardware module later stands behind the same :class:`ZoneKeys`.
"""

import base64
import binascii
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kernel.errors import SettingsError
from kernel.keys.international import KEY_SIZE, InternationalSuite
from kernel.keys.suite import Suite
from kernel.keys.trust import Purpose, TrustedKey, keyid_of
from kernel.vocabulary.zones import Zone

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, repr=False)
class ZoneKeys:
    """The private keys of one zone; never shown, never logged."""

    zone: Zone
    suite: Suite
    seal: bytes
    receive: bytes
    certificate: bytes | None = None

    def public(self, purpose: Purpose) -> TrustedKey:
        """The public half for ``purpose``, as the trust file lists it."""
        if purpose is Purpose.RECEIVE:
            raw = self.suite.agreement_public(self.receive)
        else:
            raw = self.suite.signing_public(self.signing(purpose))
        return TrustedKey(self.zone, purpose, self.suite.name, raw)

    def signing(self, purpose: Purpose) -> bytes:
        """The private signing key for ``purpose``.

        Raises :class:`SettingsError` with code ``key_missing``.
        """
        key = self.certificate if purpose is Purpose.CERTIFICATE else self.seal
        if key is None:
            raise SettingsError("key_missing", f"{self.zone.label}没有此用途的私钥")
        return key

    @property
    def receive_keyid(self) -> str:
        """The id of the key that bundles for this zone are encrypted to."""
        return keyid_of(self.suite.agreement_public(self.receive))

    def purposes(self) -> tuple[Purpose, ...]:
        """What this zone has keys for."""
        extra = (Purpose.CERTIFICATE,) if self.certificate is not None else ()
        return (Purpose.SEAL, Purpose.RECEIVE, *extra)


def generate(zone: Zone, folder: Path) -> ZoneKeys:
    """Make new keys for ``zone`` in ``folder``; existing key files are never overwritten.

    Raises :class:`SettingsError` with code ``key_exists``.
    """
    suite = InternationalSuite()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = ZoneKeys(
        zone,
        suite,
        suite.new_signing_key(),
        suite.new_agreement_key(),
        suite.new_signing_key() if zone is Zone.EXTRANET else None,
    )
    _write(folder / "seal.key", keys.seal)
    _write(folder / "receive.key", keys.receive)
    if keys.certificate is not None:
        _write(folder / "certificate.key", keys.certificate)
    return keys


def generate_station(zone: Zone, path: Path) -> TrustedKey:
    """Make the key of ``zone``'s writing station in the file ``path``; answers its public half.

    Raises :class:`SettingsError` with code ``key_exists``.
    """
    return generate_signer(zone, Purpose.CARRY, path)


def generate_signer(zone: Zone, purpose: Purpose, path: Path) -> TrustedKey:
    """Make one signing key for ``purpose`` in the file ``path``; answers its public half.

    Raises :class:`SettingsError` with code ``key_exists``.
    """
    suite = InternationalSuite()
    private = suite.new_signing_key()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(path, private)
    return TrustedKey(zone, purpose, suite.name, suite.signing_public(private))


def load_station(path: Path) -> bytes:
    """Read a private signing key that lies in a file of its own.

    Raises :class:`SettingsError` as :func:`load`.
    """
    return _read(path)


def load(zone: Zone, folder: Path) -> ZoneKeys:
    """Read the keys of ``zone`` from ``folder``.

    Raises :class:`SettingsError`: ``key_missing``, ``key_unreadable`` or ``key_file_mode`` (others
    could read the file).
    """
    certificate = folder / "certificate.key"
    return ZoneKeys(
        zone,
        InternationalSuite(),
        _read(folder / "seal.key"),
        _read(folder / "receive.key"),
        _read(certificate) if certificate.exists() else None,
    )


def _write(path: Path, key: bytes) -> None:
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            file.write(base64.b64encode(key) + b"\n")
    except FileExistsError:
        raise SettingsError("key_exists", f"密钥文件 {path} 已存在，不会覆盖") from None


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_mode & _OTHERS:
            raise SettingsError("key_file_mode", f"密钥文件 {path} 的权限过宽，应为 0600")
        key = base64.b64decode(path.read_bytes().strip(), validate=True)
    except FileNotFoundError:
        raise SettingsError("key_missing", f"找不到密钥文件 {path}") from None
    except (OSError, binascii.Error) as error:
        raise SettingsError("key_unreadable", f"密钥文件 {path} 无法读取") from error
    if len(key) != KEY_SIZE:
        raise SettingsError("key_unreadable", f"密钥文件 {path} 的内容不是密钥")
    return key
