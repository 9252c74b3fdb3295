"""The sending side: every bundle and beacon that is ready goes into the drop folder.

A file is written under a name that the gate ignores, made durable, and renamed, so the gate's own
software never picks up half of one. It is verified while it is copied: our spool may have rotted,
and the receiving side could not tell us.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kernel.bundle import Receiver
from kernel.carriage import pass_on
from kernel.durable import sweep_parts, write_durably
from kernel.errors import NotFoundError, RejectedBundleError
from kernel.logs import get_logger
from kernel.spool import Spool

STALE_PART_SECONDS: Final = 3600.0
"""Older temporary files in the drop folder were left by a sender that died."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """One pass: files and bytes that went into the drop folder, files that were held back."""

    files: int = 0
    bytes: int = 0
    damaged: int = 0


def send_ready(spool: Spool, drop: Path, receiver: Receiver) -> Sent:
    """Drop everything that is ready for ``receiver.destination``, the most urgent stream first.

    Raises :class:`kernel.errors.UnavailableError` when the drop folder cannot be written; what was
    not dropped stays ready.
    """
    sweep_parts(drop, receiver.at.timestamp() - STALE_PART_SECONDS)
    files = size = damaged = 0
    to = receiver.destination
    for entry in spool.ready(to):
        try:
            with (
                spool.open_ready(to, entry.name) as source,
                write_durably(drop / entry.name) as target,
            ):
                pass_on(source, target, receiver, entry.name)
        except NotFoundError:
            continue  # The exchange withdrew it meanwhile: an older beacon, a confirmed bundle.
        except RejectedBundleError as error:
            # The kept copy may be whole; the exchange's operator decides, the file stays.
            damaged += 1
            log.error("gate.spool_damaged", file=entry.name, error=error)
            continue
        spool.carried(to, entry.name)
        files, size = files + 1, size + entry.size
        log.info("gate.sent", file=entry.name, size=entry.size)
    return Sent(files, size, damaged)
