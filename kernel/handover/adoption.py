"""Adopting (采用) the handovers of others: whose word counts, and what is written from them."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from kernel.clock import Clock
from kernel.durable import write_durably
from kernel.errors import RejectedBundleError, SettingsError, UnavailableError
from kernel.handover.form import (
    MAX_HANDOVER_BYTES,
    Opened,
    fingerprint,
    open_handover,
    signer_of,
)
from kernel.keys import Purpose, TrustStore, entry_text
from kernel.vocabulary.zones import Zone

MAX_FILES: Final = 10
TRUST_FILE: Final = "trust.toml"
_CONFIRMED: Final = re.compile(r"(internet|extranet|intranet)=([0-9a-fA-F ]{64,90})")


def confirmed(given: Sequence[str], trust: Path | None, clock: Clock) -> dict[Zone, set[str]]:
    """Fingerprints that may speak for each zone: typed ones, and those of the trust file in use.

    Raises :class:`SettingsError` with code ``fingerprint_invalid``, or as :meth:`TrustStore.load`.
    """
    found: dict[Zone, set[str]] = defaultdict(set)
    for text in given:
        match = _CONFIRMED.fullmatch(text)
        digits = match[2].replace(" ", "").lower() if match else ""
        if match is None or len(digits) != 64:  # noqa: PLR2004 - SHA-256 in hex
            raise SettingsError("fingerprint_invalid", "指纹应写成“网=64 位十六进制”")
        found[Zone(match[1])].add(digits)
    if trust is not None:
        for key in TrustStore.load(trust).keys:
            if key.purpose is Purpose.SEAL and key.is_valid(clock.now()):
                found[key.zone].add(fingerprint(key.public))
    return dict(found)


def read(path: Path) -> bytes:
    """The bytes of a handover file, one more than allowed at most.

    Raises :class:`UnavailableError` with code ``handover_unreadable``.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_HANDOVER_BYTES + 1)
    except OSError as error:
        raise UnavailableError("handover_unreadable", f"交接文件 {path} 无法读取") from error


def open_confirmed(raw: bytes, fingerprints: Mapping[Zone, set[str]], clock: Clock) -> Opened:
    """A handover whose signer was confirmed for the very zone that it speaks for.

    Raises :class:`RejectedBundleError` as :func:`open_handover`.
    """
    opened = open_handover(raw, set().union(*fingerprints.values()), clock)
    if opened.fingerprint not in fingerprints.get(opened.zone, set()):
        raise RejectedBundleError(
            "handover_signer",
            f"核对过的指纹不属于{opened.zone.label}，交接文件却以它的名义签名",
            fingerprint=opened.fingerprint,
        )
    return opened


def open_own(raw: bytes, clock: Clock) -> Opened:
    """Our own handover, which this host wrote itself."""
    return open_handover(raw, (signer_of(raw),), clock)


def says_the_same(path: Path, raw: bytes, clock: Clock) -> bool:
    """Whether the handover at ``path`` is ``raw`` but for the moment it was made."""
    if not path.exists():
        return False
    try:
        before, now = open_own(read(path), clock), open_own(raw, clock)
    except RejectedBundleError:
        return False
    same_moment = before.handover.model_copy(update={"created": now.handover.created})
    return (before.public, same_moment) == (now.public, now.handover)


def kept_name(zone: Zone) -> str:
    """Where the handover that was adopted last is kept."""
    return f"{zone.value}.handover.json"


def previous(folder: Path, clock: Clock) -> dict[Zone, int]:
    """When the handovers were made that were adopted last, microseconds UTC."""
    paths = {zone: folder / kept_name(zone) for zone in Zone}
    return {
        zone: open_own(read(path), clock).handover.created
        for zone, path in paths.items()
        if path.exists()
    }


def contents(own: Opened, others: Sequence[tuple[Opened, bytes]]) -> dict[str, bytes]:
    """The files that the zone's programs read, by name: trust file, certificates, what was adopted.

    The zone's own keys stand first; the order of a zone's keys is the one in its handover, since
    the last valid one is used.
    """
    everybody = (own, *(opened for opened, _ in others))
    entries = "\n".join(entry_text(key) for opened in everybody for key in opened.keys)
    files = {TRUST_FILE: entries.encode()}
    for opened, raw in others:
        files[kept_name(opened.zone)] = raw
        if own.handover.uplink is None:
            continue
        for role, pem in opened.handover.certificates.model_dump().items():
            if pem is not None:
                files[f"uplink-{opened.zone.value}-{role}.crt"] = pem.encode()
    return files


def write(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Write what differs; answers the names of what was written, the trust file last of all.

    Raises :class:`UnavailableError` as :func:`kernel.durable.disk_errors`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in sorted(files, key=lambda name: (name == TRUST_FILE, name)):
        path = folder / name
        if path.exists() and path.read_bytes() == files[name]:
            continue
        with write_durably(path) as file:
            file.write(files[name])
        path.chmod(0o644)
        written.append(name)
    return written
