"""Bugs of the ferry that are planted to see whether the harness finds them.

See :mod:`faults.planted`.
"""

import os
from pathlib import Path
from typing import Any, Final

from faults.planted import (
    Planted,
    everywhere,
    full_disk_passed_over,
    no_file_sync,
    temporary_files_never_swept,
    write_under_the_final_name,
)
from ferry import drives, reading, writing
from ferry.ledger.book import Medium, Trip
from ferry.ledger.chain import Chain, Draft, Line, Sign
from ferry.ledger.states import MediumAct, MediumState
from ferry.medium import DiscReader
from ferry.station import Station
from kernel.durable import disk_errors, fsync_folder, part_in

_fsync = os.fsync


def _carried_before_read_back() -> None:
    right = writing.burn_next

    def burn_next(station: Station, trip: Trip, device: Path, progress: Any) -> Any:
        read_back = drives.read_back

        def marked(device: Path, medium: str, digest: str, progress: drives.Progress) -> None:
            for entry in station.spool.ready(station.destination):
                station.spool.carried(station.destination, entry.name)
            read_back(device, medium, digest, progress)

        drives.read_back = marked
        return right(station, trip, device, progress)

    everywhere(right, burn_next)


def _ledger_line_after_release() -> None:
    right = writing._written

    def written(station: Station, trip: Trip, medium: Medium, *rest: Any) -> Any:
        writing._carried(station, medium)
        return right(station, trip, medium, *rest)

    everywhere(right, written)


def _interrupted_taken_for_proved() -> None:
    right = writing.finish_interrupted

    def finish(station: Station) -> Any:
        for medium in station.book.view().in_state(MediumState.BURNED):
            station.book.act(MediumAct.VERIFY, [medium.number], None)
        return right(station)

    everywhere(right, finish)


def _imported_before_delivered() -> None:
    right = reading._take_all

    def take_all(station: Station, *rest: Any) -> Any:
        for medium in station.book.view().in_state(MediumState.RECEIVED):
            station.book.act(MediumAct.IMPORT, [medium.number], None)
        return right(station, *rest)

    everywhere(right, take_all)


def _admitted_before_verified() -> None:
    def take(station: Station, handle: int, listed: Any, file: Any) -> None:
        with station.spool.delivering(station.origin, listed.name) as target:
            source = DiscReader(handle, file)
            while chunk := source.read(65536):
                target.write(chunk)

    reading._take = take


def _no_ledger_sync() -> None:
    right = Chain.append

    def append(self: Chain, drafts: list[Draft], sign: Sign | None = None) -> list[Line]:
        os.fsync = lambda _handle: None  # type: ignore[assignment]
        try:
            return right(self, drafts, sign)
        finally:
            os.fsync = _fsync

    Chain.append = append  # type: ignore[method-assign]


def _disc_renamed_before_sync() -> None:
    def write(image: Path, device: Path, timeout: int, progress: drives.Progress) -> None:
        part = part_in(device.parent)
        with disk_errors(), part.open("xb") as target:
            drives._copy(image, target.fileno(), progress)
        part.replace(device)
        fsync_folder(device.parent)

    drives.write = write


def _ledger_line_of_a_failed_append() -> None:
    """The caller is told that the disk is full, and the line is there all the same."""
    right = Chain.append

    def append(self: Chain, drafts: list[Draft], sign: Sign | None = None) -> list[Line]:
        path = self.folder / "ledger.jsonl"
        before = path.stat().st_size if path.exists() else 0
        try:
            return right(self, drafts, sign)
        except Exception:
            with path.open("r+b") as file:
                file.truncate(before)
            os.fsync = lambda _handle: None  # type: ignore[assignment]
            right(self, drafts, sign)
            os.fsync = _fsync
            raise

    Chain.append = append  # type: ignore[method-assign]


def _not_read_back() -> None:
    drives.read_back = lambda *_arguments: None


PLANTED: Final[dict[str, Planted]] = {
    "carried_before_read_back": (_carried_before_read_back, "kill", "export"),
    "ledger_line_after_release": (_ledger_line_after_release, "kill", "export"),
    "interrupted_taken_for_proved": (_interrupted_taken_for_proved, "kill", "export"),
    "imported_before_delivered": (_imported_before_delivered, "kill", "ingest"),
    "delivered_under_the_final_name": (write_under_the_final_name, "kill", "ingest"),
    "ferry_parts_never_swept": (temporary_files_never_swept, "kill", "ingest"),
    "ferry_full_disk_passed_over": (full_disk_passed_over, "ENOSPC", "ingest"),
    "ledger_line_of_a_failed_append": (_ledger_line_of_a_failed_append, "ENOSPC", "request"),
    "no_ledger_sync": (_no_ledger_sync, "power", "export"),
    "disc_renamed_before_sync": (_disc_renamed_before_sync, "power", "export"),
    "ferry_no_file_sync": (no_file_sync, "power", "ingest"),
    "admitted_before_verified": (_admitted_before_verified, "forgery", "ingest"),
    "not_read_back": (_not_read_back, "garbage", "export"),
}
"""What is planted, and the fault and the step in which the harness must find it."""
