"""What lies in quarantine, what to do about it, and what two people's agreement does to it.

A release makes nothing right: the file is put where it is judged again as if it had just arrived.
What the gate brought goes back to the gate, so that content inspection is never passed around.
Nothing is deleted: the reason stays in quarantine, the file moves or stays.
"""

import json
import os
import re
import tarfile
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Final

from kernel.bundle.names import parse_name
from kernel.decisions import Decision, DecisionBook
from kernel.durable import move_durably
from kernel.errors import ConflictError, NotFoundError, RefusedError, RejectedBundleError
from kernel.remedies import remedy_of
from kernel.spool import MAX_LISTED, Quarantined, Spool
from kernel.vocabulary.zones import CARRIER_OF, Zone

MAX_LOOKED_AT: Final = 1000
GATE: Final = "gate"
_MAX_HEADER: Final = 1024 * 1024
_FILE: Final = re.compile(r"[0-9]{16}-[0-9a-f]{8}-[a-z0-9_]{1,64}")


@dataclass(frozen=True, slots=True)
class Usage:
    """What quarantine takes of the disk; ``files`` counts set-aside files, at most the bound."""

    files: int
    bytes: int
    is_bounded: bool


def usage(spool: Spool) -> Usage:
    """Look at no more than :data:`kernel.spool.MAX_LISTED` names."""
    files = size = looked = 0
    with os.scandir(spool.folder / "quarantine") as entries:
        for entry in entries:
            if looked >= 2 * MAX_LISTED:
                return Usage(files, size, is_bounded=True)
            looked += 1
            try:
                size += entry.stat(follow_symlinks=False).st_size
            except FileNotFoundError:
                continue
            files += entry.name.endswith(".json") and _FILE.fullmatch(entry.name[:-5]) is not None
    return Usage(files, size, is_bounded=False)


@dataclass(frozen=True, slots=True)
class SetAside:
    """One file in quarantine with the advice for its reason."""

    item: Quarantined
    remedy: str
    decision: Decision | None = None

    @property
    def subject(self) -> str:
        """What a decision about it is filed under."""
        return _subject(self.item.file)


def listed(spool: Spool, book: DecisionBook, first: int, count: int) -> list[SetAside]:
    """Some of what lies in quarantine, the newest first, from place ``first``."""
    names = _names(spool)[first : first + count]
    return [_judged(item, book) for item in map(partial(_read, spool), names) if item]


def undecided(spool: Spool, book: DecisionBook) -> list[Quarantined]:
    """What of the newest still needs somebody."""
    names = [name for name in _names(spool)[:MAX_LOOKED_AT] if not book.is_decided(_subject(name))]
    return [item for item in map(partial(_read, spool), names) if item]


def _subject(name: str) -> str:
    """What a decision about a quarantined file is filed under."""
    return f"quarantine-{name}"


def _names(spool: Spool) -> list[str]:
    """What lies there by name, the newest first; a stray file is nobody's."""
    found = (path.stem for path in (spool.folder / "quarantine").glob("*.json"))
    return sorted((name for name in found if _FILE.fullmatch(name)), reverse=True)


def _read(spool: Spool, name: str) -> Quarantined | None:
    """One reason; None when it is no reason (any more)."""
    try:
        said = json.loads((spool.folder / "quarantine" / f"{name}.json").read_text("utf-8"))
        return Quarantined(**{field.name: said[field.name] for field in fields(Quarantined)})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _judged(item: Quarantined, book: DecisionBook) -> SetAside:
    row = SetAside(item, remedy_of(item.code, item.carrier))
    return replace(row, decision=book.of(row.subject))


def named(spool: Spool, book: DecisionBook, file: str) -> SetAside:
    """One of it.

    Raises :class:`NotFoundError` (``quarantined_unknown``).
    """
    found = _read(spool, file) if _FILE.fullmatch(file) else None
    if found is None:
        raise NotFoundError("quarantined_unknown", "隔离区里没有这个文件")
    return _judged(found, book)


def release(spool: Spool, zone: Zone, found: Quarantined) -> None:
    """Put a quarantined file where arrivals are judged; done already, it does nothing.

    Raises as :func:`require_releasable`, and :class:`ConflictError` (``release_waiting``) when a
    file of that name is about to be judged already.
    """
    path = spool.quarantined_file(found)
    if not os.path.lexists(path):
        return
    origin = require_releasable(spool, zone, found)
    folder = spool.again_folder() if found.carrier == GATE else spool.arrivals_folder(origin)
    target = folder / str(parse_name(found.name))
    if os.path.lexists(target):
        raise ConflictError("release_waiting", "同名的文件正等待核验，请稍后再放行")
    move_durably(path, target, parts=spool.folder / "tmp")


def require_releasable(spool: Spool, zone: Zone, found: Quarantined) -> Zone:
    """Whose arrivals the file belongs to.

    Raises :class:`RefusedError`: ``release_name`` (it has no name of ours), ``release_origin``
    (nobody can tell where it came from).
    """
    try:
        parse_name(found.name)
    except RejectedBundleError:
        raise RefusedError("release_name", "文件名不是交换包的名称，不能放行") from None
    origins = [way[0] for way in CARRIER_OF if way[1] is zone]
    by_carrier = [
        way[0] for way, carrier in CARRIER_OF.items() if way[1] is zone and carrier == found.carrier
    ]
    if len(by_carrier) == 1:
        return by_carrier[0]
    if len(origins) == 1:
        return origins[0]
    declared = _declared_origin(spool.quarantined_file(found))
    if declared in origins:
        return Zone(declared)
    raise RefusedError("release_origin", "无法判断文件来自哪个网，不能放行")


def _declared_origin(path: Path) -> str:
    """What the header claims, unverified: it only chooses where the file is judged again."""
    try:
        with tarfile.open(path) as archive:
            member = archive.next()
            if member is None or member.size > _MAX_HEADER:
                return ""
            content = archive.extractfile(member)
            said = json.loads(content.read()) if content else {}
            return str(said["origin"])
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError):
        return ""
