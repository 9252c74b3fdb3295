"""Claims about durable files: whole or absent, links never followed, one process a lock."""

import errno
import multiprocessing
import os
import time
from pathlib import Path

import pytest

from kernel import durable
from kernel.durable import (
    disk_errors,
    exclusive,
    move_durably,
    open_regular,
    remove_durably,
    sweep_parts,
    write_durably,
)
from kernel.errors import ConflictError, NotFoundError, UnavailableError


def test_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "file"
    with write_durably(target) as file:
        file.write(b"first half, ")
        assert not target.exists()
        file.write(b"second half")
    assert target.read_bytes() == b"first half, second half"
    assert list(tmp_path.iterdir()) == [target]


def test_writing_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")

    def write() -> None:
        with write_durably(target) as file:
            file.write(b"new")
            raise KeyError

    with pytest.raises(KeyError):
        write()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_file_is_synced_before_its_name_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, seen = tmp_path / "file", []
    sync = os.fsync

    def noted(handle: int) -> None:
        seen.append((Path(f"/proc/self/fd/{handle}").readlink() == tmp_path, target.exists()))
        sync(handle)

    monkeypatch.setattr(durable.os, "fsync", noted)
    with write_durably(target) as file:
        file.write(b"x")
    assert seen == [(False, False), (True, True)]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EIO, "disk_error"),
        (errno.EROFS, "disk_error"),
    ],
)
def test_what_the_disk_says_becomes_a_code(number: int, code: str) -> None:
    with pytest.raises(UnavailableError) as caught, disk_errors():
        raise OSError(number, os.strerror(number))
    assert caught.value.code == code


def test_other_errors_of_the_system_stay_what_they_are() -> None:
    with pytest.raises(PermissionError), disk_errors():
        raise PermissionError(errno.EACCES, "no")


def test_removing_what_is_gone_is_harmless(tmp_path: Path) -> None:
    remove_durably(tmp_path / "never")


@pytest.mark.parametrize("kind", ["missing", "link", "fifo", "folder"])
def test_only_a_regular_file_is_opened(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "thing"
    if kind == "link":
        path.symlink_to("/etc/passwd")
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(NotFoundError) as caught:
        open_regular(path)
    assert caught.value.code == "not_ready"


def _other_filesystem(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self == path:
            raise OSError(errno.EXDEV, "other filesystem")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)


def test_file_moves_between_filesystems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, target = tmp_path / "from", tmp_path / "to"
    path.write_bytes(b"content")
    _other_filesystem(monkeypatch, path)
    move_durably(path, target, parts=tmp_path)
    assert target.read_bytes() == b"content"
    assert not path.exists()


def test_link_on_another_filesystem_is_never_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, path, target = tmp_path / "secret", tmp_path / "from", tmp_path / "to"
    secret.write_bytes(b"private")
    path.symlink_to(secret)
    _other_filesystem(monkeypatch, path)
    move_durably(path, target, parts=tmp_path)
    assert not target.exists()


def test_only_old_parts_are_swept(tmp_path: Path) -> None:
    old, fresh, other = (tmp_path / name for name in (".a.part", ".b.part", "kept.tar"))
    for path in (old, fresh, other):
        path.write_bytes(b"")
    for path in (old, other):
        os.utime(path, (0, 0))
    assert sweep_parts(tmp_path, time.time() - 3600) == 1
    assert sorted(tmp_path.iterdir()) == [fresh, other]


def _hold(lock: Path, ready: object, release: object) -> None:
    with exclusive(lock):
        ready.set()  # type: ignore[attr-defined]  # multiprocessing's events have no public type
        release.wait(30)  # type: ignore[attr-defined]  # as above


def test_lock_is_for_one_process_and_free_when_that_is_killed(tmp_path: Path) -> None:
    lock, spawn = tmp_path / "run" / "lock", multiprocessing.get_context("spawn")
    ready, release = spawn.Event(), spawn.Event()
    other = spawn.Process(target=_hold, args=(lock, ready, release))
    other.start()
    assert ready.wait(30)
    with pytest.raises(ConflictError) as caught, exclusive(lock):
        pass
    assert caught.value.code == "already_running"
    other.kill()
    other.join()
    with exclusive(lock):
        pass


def test_lock_can_be_waited_for(tmp_path: Path) -> None:
    lock, spawn = tmp_path / "lock", multiprocessing.get_context("spawn")
    ready, release = spawn.Event(), spawn.Event()
    other = spawn.Process(target=_hold, args=(lock, ready, release))
    other.start()
    assert ready.wait(30)
    started = time.monotonic()
    with pytest.raises(ConflictError), exclusive(lock, patience=0.3):
        pass
    assert time.monotonic() - started >= 0.3
    release.set()
    with exclusive(lock, patience=30):
        pass
    other.join()
