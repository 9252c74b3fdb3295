"""The spool shows only whole files, in order of priority, and loses none."""

import errno
import json
import os
from pathlib import Path

import pytest

from kernel.bundle import BeaconName, BundleName, parse_name
from kernel.durable import exclusive, write_durably
from kernel.errors import ConflictError, NotFoundError, RejectedBundleError, UnavailableError
from kernel.spool import Spool
from kernel.vocabulary.zones import Stream, Zone

TO = Zone.EXTRANET
DIGEST = "ab" * 32
ERROR = RejectedBundleError("blob_digest", "材料内容与签名的摘要不符")


def name_of(stream: Stream, sequence: int) -> str:
    return str(BundleName(stream, sequence, DIGEST))


BUNDLE = name_of(Stream.REVIEW, 1)
BEACON = str(BeaconName(1, DIGEST))


def keep(spool: Spool, name: str, content: bytes = b"bundle") -> None:
    with spool.sealing(TO) as part:
        part.file.write(content)
        part.keep(name)


def deliver(spool: Spool, name: str, content: bytes = b"bundle") -> None:
    with spool.delivering(Zone.INTERNET, name) as file:
        file.write(content)


def files_below(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path)


@pytest.mark.parametrize("name", [BUNDLE, BEACON])
def test_name_is_written_as_it_was_read(name: str) -> None:
    assert str(parse_name(name)) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../" + BUNDLE,
        "/" + BUNDLE,
        BUNDLE + "\n",
        BUNDLE + ".part",
        BUNDLE.upper(),
        BUNDLE.replace("review", "gossip"),
        BUNDLE.replace("000000000001", "1"),
        BUNDLE.replace("000000000001", "00000000000\u0661"),
        BUNDLE.replace("ab", "aB"),
        BUNDLE.replace("abab", "ab"),
        "." + BUNDLE,
        BUNDLE.replace("-", "－"),
        BEACON.replace(".json", ".tar"),
    ],
)
def test_other_names_are_nobodys(name: str) -> None:
    with pytest.raises(RejectedBundleError) as caught:
        parse_name(name)
    assert caught.value.code == "name_invalid"


def test_kept_bundle_is_ready_only_when_it_is_offered(spool: Spool) -> None:
    keep(spool, BUNDLE)
    assert spool.ready(TO) == []
    assert spool.offer(TO, BUNDLE)
    assert [entry.name for entry in spool.ready(TO)] == [BUNDLE]


def test_offering_twice_is_harmless_and_offering_what_is_gone_is_said(spool: Spool) -> None:
    keep(spool, BUNDLE)
    assert spool.offer(TO, BUNDLE)
    assert spool.offer(TO, BUNDLE)
    assert not spool.offer(TO, name_of(Stream.REVIEW, 2))


def test_carried_bundle_stays_kept_and_can_be_offered_again(spool: Spool) -> None:
    keep(spool, BUNDLE)
    spool.offer(TO, BUNDLE)
    spool.carried(TO, BUNDLE)
    assert spool.ready(TO) == []
    assert spool.kept_names(TO) == {BUNDLE}
    assert spool.offer(TO, BUNDLE)
    with spool.open_ready(TO, BUNDLE) as file:
        assert file.read() == b"bundle"


def test_receipted_bundle_leaves_nothing(spool: Spool, tmp_path: Path) -> None:
    keep(spool, BUNDLE)
    spool.offer(TO, BUNDLE)
    spool.release(TO, BUNDLE)
    spool.release(TO, BUNDLE)
    assert files_below(tmp_path) == []


def test_most_urgent_goes_first_and_beacons_last(spool: Spool) -> None:
    names = [
        name_of(Stream.URGENT, 7),
        name_of(Stream.REGISTER, 2),
        name_of(Stream.REGISTER, 11),
        name_of(Stream.REVIEW, 1),
        name_of(Stream.MATERIALS, 1),
    ]
    spool.put_beacon(TO, BEACON, b"{}")
    for name in reversed(names):
        keep(spool, name)
        spool.offer(TO, name)
    assert [entry.name for entry in spool.ready(TO)] == [*names, BEACON]


def test_newer_beacon_replaces_the_one_nobody_took(spool: Spool) -> None:
    later = str(BeaconName(2, DIGEST))
    spool.put_beacon(TO, BEACON, b"{}")
    spool.put_beacon(TO, later, b"{}")
    assert [entry.name for entry in spool.ready(TO)] == [later]


def test_bundle_whose_sealing_failed_leaves_nothing(spool: Spool, tmp_path: Path) -> None:
    def fail() -> None:
        with spool.sealing(TO) as part:
            part.file.write(b"half")
            raise ERROR

    with pytest.raises(RejectedBundleError):
        fail()
    with spool.sealing(TO) as part:
        part.file.write(b"never kept")
    assert files_below(tmp_path) == []


def test_arrival_is_seen_whole_or_not_at_all(spool: Spool) -> None:
    with spool.delivering(Zone.INTERNET, BUNDLE) as file:
        file.write(b"half")
        assert spool.arrivals(Zone.INTERNET) == []
    assert [entry.size for entry in spool.arrivals(Zone.INTERNET)] == [4]


def test_arrival_that_broke_off_leaves_nothing(spool: Spool, tmp_path: Path) -> None:
    def fail() -> None:
        with spool.delivering(Zone.INTERNET, BUNDLE) as file:
            file.write(b"half")
            raise ERROR

    with pytest.raises(RejectedBundleError):
        fail()
    assert files_below(tmp_path) == []


def test_arrival_under_a_climbing_name_is_refused(spool: Spool) -> None:
    with pytest.raises(RejectedBundleError), spool.delivering(Zone.INTERNET, "../" + BUNDLE):
        pass


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_disk_that_fails_is_said_and_leaves_nothing(
    spool: Spool, tmp_path: Path, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_handle: int) -> None:
        raise OSError(getattr(errno, error), error)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UnavailableError) as caught:
        deliver(spool, BUNDLE)
    assert caught.value.code == {"ENOSPC": "disk_full", "EIO": "disk_error"}[error]
    assert files_below(tmp_path) == []


def test_only_regular_files_under_our_names_are_listed(spool: Spool) -> None:
    folder = spool.arrivals_folder(Zone.INTERNET)
    (folder / "readme.txt").touch()
    (folder / name_of(Stream.REVIEW, 2)).symlink_to("/etc/passwd")
    os.mkfifo(folder / name_of(Stream.REVIEW, 3))
    (folder / name_of(Stream.REVIEW, 4)).mkdir()
    deliver(spool, BUNDLE)
    assert [entry.name for entry in spool.arrivals(Zone.INTERNET)] == [BUNDLE]


def test_link_and_pipe_are_not_opened(spool: Spool) -> None:
    folder = spool.arrivals_folder(Zone.INTERNET)
    link, pipe = name_of(Stream.REVIEW, 2), name_of(Stream.REVIEW, 3)
    (folder / link).symlink_to("/etc/passwd")
    os.mkfifo(folder / pipe)
    for name in (link, pipe, BUNDLE):
        with pytest.raises(NotFoundError) as caught:
            spool.open_arrival(Zone.INTERNET, name)
        assert caught.value.code == "not_ready"


def test_quarantined_file_has_its_reason_and_leaves_the_others_alone(spool: Spool) -> None:
    other = name_of(Stream.REVIEW, 2)
    deliver(spool, BUNDLE)
    deliver(spool, other)
    path = spool.arrivals_folder(Zone.INTERNET) / BUNDLE
    found = spool.quarantine(path, ERROR, "gate", 5)
    assert [entry.name for entry in spool.arrivals(Zone.INTERNET)] == [other]
    assert spool.quarantined() == [found]
    assert (found.name, found.code, found.carrier, found.at) == (BUNDLE, "blob_digest", "gate", 5)
    assert spool.quarantined_file(found).read_bytes() == b"bundle"


def test_quarantine_shows_the_newest_first_and_only_so_many(spool: Spool, tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / "odd").write_bytes(b"odd")
        spool.quarantine(tmp_path / "odd", ERROR, "gate", number)
    assert [found.at for found in spool.quarantined(limit=3)] == [4, 3, 2]


def test_file_that_is_gone_is_not_quarantined(spool: Spool, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        spool.quarantine(tmp_path / "gone", ERROR, "gate", 1)
    assert spool.quarantined() == []


@pytest.fixture
def elsewhere() -> Path:
    """A folder on another filesystem than the spool's."""
    folder = Path("/dev/shm") / f"tongban-test-{os.getpid()}"  # noqa: S108 - another filesystem
    folder.mkdir(exist_ok=True)
    return folder


def test_quarantine_takes_files_from_another_filesystem(
    spool: Spool, tmp_path: Path, elsewhere: Path
) -> None:
    if elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is only one filesystem here")
    try:
        path = elsewhere / BUNDLE
        path.write_bytes(b"bundle")
        found = spool.quarantine(path, ERROR, "ferry", 1)
        assert not path.exists()
        assert spool.quarantined_file(found).read_bytes() == b"bundle"
        path.symlink_to("/etc/passwd")
        found = spool.quarantine(path, ERROR, "ferry", 2)
        assert not spool.quarantined_file(found).exists()
        assert json.loads((tmp_path / "quarantine" / f"{found.file}.json").read_text())
    finally:
        (elsewhere / BUNDLE).unlink(missing_ok=True)
        elsewhere.rmdir()


def test_leftovers_of_a_dead_process_are_swept_and_fresh_ones_kept(
    spool: Spool, tmp_path: Path
) -> None:
    old, fresh = spool.part(), spool.part()
    for part in (old, fresh):
        part.touch()
    os.utime(old, (0, 0))
    assert spool.sweep(fresh.stat().st_mtime) == 1
    assert files_below(tmp_path) == [str(fresh.relative_to(tmp_path))]


def test_second_process_does_not_get_the_lock(spool: Spool) -> None:
    with exclusive(spool.lock), pytest.raises(ConflictError) as caught, exclusive(spool.lock):
        pass
    assert caught.value.code == "already_running"
    with exclusive(spool.lock):
        pass


def test_durable_file_replaces_the_old_one_whole(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")

    def fail() -> None:
        with write_durably(target) as file:
            file.write(b"new")
            raise ERROR

    with pytest.raises(RejectedBundleError):
        fail()
    assert target.read_bytes() == b"old"
    with write_durably(target) as file:
        file.write(b"new")
    assert target.read_bytes() == b"new"
    assert files_below(tmp_path) == ["file"]
