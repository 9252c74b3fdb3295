"""Bugs that are planted to see whether the harness finds them; the product never loads this.

Each is a wrong version of something the project does, put in its place in a forked child. A harness
that has not found a planted bug proves nothing.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy.orm import Session

from faults import world
from ferry import drives
from kernel import db, durable
from kernel.bundle import open as opening
from kernel.bundle import parse_name
from kernel.clock import SystemClock
from kernel.errors import RejectedBundleError
from kernel.exchange import Received
from kernel.keys import InternationalSuite
from kernel.spool import Part, Spool
from kernel.vocabulary.zones import Zone

_fsync = os.fsync
_folder_sync = durable.fsync_folder


def everywhere(right: object, wrong: object) -> None:
    """Replace ``right`` under whatever name a module of ours imported it."""
    for name, module in list(sys.modules.items()):
        if not name.startswith(("kernel", "gate", "ferry")) or module is None:
            continue
        for key, value in list(vars(module).items()):
            if value is right:
                setattr(module, key, wrong)


def no_file_sync() -> None:
    def sync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            _fsync(handle)

    os.fsync = sync  # type: ignore[assignment]  # handles are all we pass


def _no_folder_sync_after_rename() -> None:
    @contextmanager
    def write(target: Path, *, parts: Path | None = None) -> Iterator[BinaryIO]:
        part = durable.part_in(parts or target.parent)
        try:
            with durable.disk_errors(), part.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    everywhere(durable.write_durably, write)


def write_under_the_final_name() -> None:
    @contextmanager
    def write(target: Path, *, parts: Path | None = None) -> Iterator[BinaryIO]:
        with durable.disk_errors(), target.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _folder_sync(target.parent)

    everywhere(durable.write_durably, write)


def rename_before_sync() -> None:
    @contextmanager
    def write(target: Path, *, parts: Path | None = None) -> Iterator[BinaryIO]:
        part = durable.part_in(parts or target.parent)
        try:
            with durable.disk_errors(), part.open("xb") as file:
                yield file
                file.flush()
                part.replace(target)
                _folder_sync(target.parent)
                os.fsync(file.fileno())
        finally:
            part.unlink(missing_ok=True)

    everywhere(durable.write_durably, write)


def _carried_before_it_is_delivered() -> None:
    right = Spool.open_ready

    def take(self: Spool, to: Zone, name: str) -> Any:
        file = right(self, to, name)
        durable.remove_durably(self.ready_folder(to) / name)
        return file

    Spool.open_ready = take  # type: ignore[method-assign]


def _arrival_removed_before_its_effect() -> None:
    right = Spool.open_arrival

    def take(self: Spool, origin: Zone, name: str) -> Any:
        file = right(self, origin, name)
        held = os.dup(file.fileno())
        again = self.folder / "tmp" / "taken"
        if again.exists():
            again.unlink()
        else:
            # The second opening reads the file; from then on it has no name.
            again.touch()
            os.close(held)
            return file
        (self.arrivals_folder(origin) / name).unlink()
        os.close(held)
        return file

    Spool.open_arrival = take  # type: ignore[method-assign]


def _released_without_receipt() -> None:
    right = Spool.carried

    def carried(self: Spool, to: Zone, name: str) -> None:
        right(self, to, name)
        durable.remove_durably(self.kept(to) / name)

    Spool.carried = carried  # type: ignore[method-assign]


def _kept_without_sync() -> None:
    def keep(self: Part, name: str) -> None:
        self.file.flush()
        self.path.replace(self._folder / str(parse_name(name)))
        _folder_sync(self._folder)

    Part.keep = keep  # type: ignore[method-assign]


def full_disk_passed_over() -> None:
    @contextmanager
    def swallow() -> Iterator[None]:
        try:
            yield
        except OSError:
            return

    everywhere(durable.disk_errors, swallow)


def full_disk_blamed_on_the_bundle() -> None:
    @contextmanager
    def blame() -> Iterator[None]:
        try:
            yield
        except OSError:
            # Not "truncated": that one the receiver waits for, as a gate may still be writing.
            raise RejectedBundleError("blob_digest", "摘要不符") from None

    everywhere(durable.disk_errors, blame)


def _bare_error_of_a_full_disk() -> None:
    @contextmanager
    def bare() -> Iterator[None]:
        yield

    everywhere(durable.disk_errors, bare)


def temporary_files_never_swept() -> None:
    everywhere(durable.sweep_parts, lambda _folder, _older: 0)
    Spool.sweep = lambda _self, _now: 0  # type: ignore[method-assign, assignment]


def _effect_outside_the_transaction() -> None:
    def effect(session: Session, received: Received) -> None:
        beside = Path(str(session.get_bind().url.database)).with_name(world.BESIDE)  # type: ignore[union-attr]  # an engine
        with beside.open("a") as file:
            file.write(f"{received.message.id}\n")

    world.effect = effect


def accepted_without_verifying() -> None:
    InternationalSuite.is_signed = lambda *_arguments: True  # type: ignore[method-assign]


def _short_read_taken_for_the_end() -> None:
    right = opening._Input.pieces

    def pieces(self: Any, size: int) -> Iterator[memoryview]:
        got = 0
        try:
            for piece in right(self, size):
                got += len(piece)
                yield piece
        except RejectedBundleError:
            # As if the rest were there and right.
            return

    def expect(self: Any, wanted: bytes, code: str, message: str) -> None:
        if not wanted.startswith(self.exactly(len(wanted))):
            raise RejectedBundleError(code, message)

    opening._Input.pieces = pieces  # type: ignore[method-assign]
    opening._Input.expect = expect  # type: ignore[method-assign]


def _no_lock() -> None:
    @contextmanager
    def free(_lock: Path) -> Iterator[None]:
        yield

    everywhere(durable.exclusive, free)


def _bad_burner() -> None:
    """No bug of ours: the burner says that it wrote, and one sector is not what it was given."""
    right = drives.write

    def write(image: Path, device: Path, timeout: int, progress: drives.Progress) -> None:
        right(image, device, timeout, progress)
        content = bytearray(device.read_bytes())
        at = len(content) // 50
        content[at : at + 8] = b"\xa5" * 8
        # The image shares its bytes with the disc; a burner does not change it.
        device.unlink()
        device.write_bytes(content)

    drives.write = write


BAD_BURNER: Final = "burner:bad"
Planted = tuple[Callable[[], None], str, str]

PLANTED: Final[dict[str, Planted]] = {
    "write_under_the_final_name": (write_under_the_final_name, "kill", "send"),
    "carried_before_it_is_delivered": (_carried_before_it_is_delivered, "kill", "send"),
    "released_without_receipt": (_released_without_receipt, "kill", "send"),
    "temporary_files_never_swept": (temporary_files_never_swept, "kill", "receive"),
    "effect_outside_the_transaction": (_effect_outside_the_transaction, "kill", "admit"),
    "arrival_removed_before_its_effect": (_arrival_removed_before_its_effect, "kill", "admit"),
    "full_disk_passed_over": (full_disk_passed_over, "ENOSPC", "send"),
    "full_disk_blamed_on_the_bundle": (full_disk_blamed_on_the_bundle, "ENOSPC", "receive"),
    "bare_error_of_a_full_disk": (_bare_error_of_a_full_disk, "ENOSPC", "receive"),
    "no_file_sync": (no_file_sync, "power", "send"),
    "no_folder_sync_after_rename": (_no_folder_sync_after_rename, "power", "send"),
    "rename_before_sync": (rename_before_sync, "power", "receive"),
    "kept_without_sync": (_kept_without_sync, "power", "seal"),
    "accepted_without_verifying": (accepted_without_verifying, "damage", "receive"),
    "short_read_taken_for_the_end": (_short_read_taken_for_the_end, "damage", "receive"),
    "no_lock": (_no_lock, "two", "receive"),
}
"""What is planted, and the fault and the step in which the harness must find it."""


def plant(name: str, known: Mapping[str, Planted]) -> None:
    """Put the bug ``name`` of ``known`` in, for the rest of this process.

    Others are no bugs but conditions: ``clock:<seconds>``, ``impatient`` (with a database that
    is locked), ``burner:bad``.
    """
    if name.startswith("clock:"):
        by = timedelta(seconds=int(name.removeprefix("clock:")))
        right = SystemClock.now
        SystemClock.now = lambda self: right(self) + by  # type: ignore[method-assign]
    elif name == "impatient":
        db.SQLITE_BUSY_MS = 100  # type: ignore[misc]
    elif name == BAD_BURNER:
        _bad_burner()
    else:
        known[name][0]()
