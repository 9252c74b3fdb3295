"""What two people's agreement does: a quarantined file is judged anew, a halted stream goes on.

Neither makes anything right by itself: a released file passes every check again, as if it had just
arrived, and a resumed stream goes on from what it had applied.
"""

import json
import tarfile
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from kernel.bundle import parse_name
from kernel.durable import move_durably
from kernel.errors import ConflictError, NotFoundError, RefusedError, RejectedBundleError
from kernel.exchange.models import StreamIn, StreamInState
from kernel.spool import Quarantined, Spool
from kernel.vocabulary.zones import CARRIER_OF, Stream, Zone

_MAX_HEADER: Final = 1024 * 1024


def release(spool: Spool, zone: Zone, found: Quarantined) -> None:
    """Put a quarantined file where arrivals are judged; done already, it does nothing.

    Raises as :func:`require_releasable`.
    """
    origin = require_releasable(spool, zone, found)
    path = spool.quarantined_file(found)
    if path.exists():
        target = spool.arrivals_folder(origin) / str(parse_name(found.name))
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


def stream_of(session: Session, origin: str, stream: str) -> StreamIn:
    """A stream that this zone receives.

    Raises :class:`NotFoundError` (``stream_unknown``).
    """
    unknown = NotFoundError("stream_unknown", "没有这个交换流")
    try:
        found = session.get(StreamIn, (Zone(origin), Stream(stream)))
    except ValueError:
        raise unknown from None
    if found is None:
        raise unknown
    return found


def resume(stream: StreamIn) -> None:
    """Let a halted stream go on.

    Raises :class:`ConflictError` (``stream_active``).
    """
    if stream.state is not StreamInState.HALTED:
        raise ConflictError("stream_active", "该交换流没有停止")
    stream.state = StreamInState.ACTIVE


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
