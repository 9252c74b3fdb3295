"""Changing a zone's sealing key while bundles and media are on their way.

Three steps: a new key is prepared beside the present one; its public half travels with the zone's
handover and is installed in every zone; then the zone seals with it. What the key before sealed is
still recognised, for its public half stays listed. The receiving key is not changed this way:
bundles and media on their way are encrypted to it.
"""

import os
from datetime import datetime
from pathlib import Path
from typing import Final

from kernel.durable import fsync_folder, write_durably
from kernel.errors import RejectedBundleError, SettingsError
from kernel.keys.files import generate_signer, load, load_station
from kernel.keys.international import InternationalSuite
from kernel.keys.trust import Purpose, TrustedKey, TrustStore, entry_text, parse_entries
from kernel.vocabulary.zones import Zone

PUBLIC: Final = "public.toml"
_NEXT: Final = "next"
_SEAL: Final = "seal.key"


def prepare_next(zone: Zone, folder: Path) -> TrustedKey:
    """The public half of the sealing key that follows the present one of ``folder``.

    It is made now, or is the one that waits already.
    """
    waiting = folder / _NEXT / _SEAL
    if not waiting.exists():
        generate_signer(zone, Purpose.SEAL, waiting)
    public = _public(zone, waiting)
    # Last of all: a handover names what this file names, and nothing that is half made.
    with write_durably(folder / _NEXT / PUBLIC) as file:
        file.write(entry_text(public).encode())
    return public


def public_files(folder: Path) -> tuple[Path, ...]:
    """The files of public entries a zone hands over: of its keys, and of a prepared one."""
    prepared = folder / _NEXT / PUBLIC
    return (folder / PUBLIC, *((prepared,) if prepared.exists() else ()))


def switch_to_next(zone: Zone, folder: Path, trust: TrustStore, at: datetime) -> TrustedKey:
    """Seal with the prepared key from now on; answers its public half.

    The key before is kept in ``retired``. Raises :class:`SettingsError`, nothing changed, with code
    ``key_missing`` (none is prepared) or ``key_not_installed`` (not even this zone's own trust
    file lists it).
    """
    waiting = folder / _NEXT / _SEAL
    public = _public(zone, waiting)
    try:
        trust.require(public.keyid, Purpose.SEAL, at)
    except RejectedBundleError:
        raise SettingsError(
            "key_not_installed",
            f"信任文件里还没有新公钥 {public.keyid}；先交接并在各网装好，再启用",
        ) from None
    before = load(zone, folder).public(Purpose.SEAL)
    listed = parse_entries((folder / PUBLIC).read_text("utf-8"), str(folder / PUBLIC))
    kept = (key for key in listed if key.keyid != public.keyid)
    with write_durably(folder / PUBLIC) as file:
        # The last one listed is the current one.
        file.write("\n".join(entry_text(key) for key in (*kept, public)).encode())
    retired = folder / "retired" / f"seal-{before.keyid}.key"
    retired.parent.mkdir(mode=0o700, exist_ok=True)
    if not retired.exists():
        os.link(folder / _SEAL, retired)
    waiting.replace(folder / _SEAL)
    (folder / _NEXT / PUBLIC).unlink()
    (folder / _NEXT).rmdir()
    fsync_folder(folder)
    return public


def _public(zone: Zone, private: Path) -> TrustedKey:
    suite = InternationalSuite()
    return TrustedKey(zone, Purpose.SEAL, suite.name, suite.signing_public(load_station(private)))
