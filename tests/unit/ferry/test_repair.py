"""The repair region: whatever it promises to bring back comes back, and the rest is named."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import pytest

from ferry.repair.check import check
from ferry.repair.layout import (
    INDEX_COPIES,
    SECTOR,
    Geometry,
    geometry_for,
    index_frame,
    parse_index,
    parse_table_sector,
    table_sector,
)
from ferry.repair.recover import OpenDevice, Recovered, find_index, recover
from ferry.repair.write import append_repair
from kernel.errors import RejectedBundleError, UnavailableError

MEDIUM = "JY000042"
DATA, PARITY = 20, 3


class Scratched:
    """A medium some of whose sectors cannot be read, as a drive reports it."""

    def __init__(
        self, content: bytes, unreadable: Iterable[int] = (), error: int = errno.EIO
    ) -> None:
        self.content = content
        self.sectors = len(content) // SECTOR
        self._unreadable = frozenset(unreadable)
        self._error = error

    def read(self, sector: int, count: int) -> bytes:
        if self._unreadable & set(range(sector, sector + count)):
            raise OSError(self._error, "unreadable")
        return self.content[sector * SECTOR : (sector + count) * SECTOR]


@pytest.fixture(scope="module", params=[1, 1000, 20_480, 21_003])
def sectors(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def made(folder: Path, sectors: int) -> tuple[bytes, bytes, Geometry]:
    """An image, the medium made of it, and the medium's geometry."""
    image = Random(sectors).randbytes(sectors * SECTOR)
    path = folder / "medium.iso"
    path.write_bytes(image)
    appended = append_repair(path, MEDIUM, DATA, PARITY, lambda _percent: None)
    return image, path.read_bytes(), appended.geometry


def recovered(device: Scratched, folder: Path) -> tuple[Recovered, bytes]:
    target = folder / "recovered.iso"
    found = recover(device, target, lambda _percent: None)
    return found, target.read_bytes()


def test_the_image_itself_is_not_changed(tmp_path: Path, sectors: int) -> None:
    image, medium, geometry = made(tmp_path, sectors)
    assert medium[: len(image)] == image
    assert len(medium) == geometry.sectors * SECTOR


def test_an_undamaged_medium_gives_its_image(tmp_path: Path, sectors: int) -> None:
    image, medium, _geometry = made(tmp_path, sectors)
    found, content = recovered(Scratched(medium), tmp_path)
    assert content == image
    assert found == Recovered(MEDIUM, sectors, 0, 0, (), whole=True)


SPOTS: dict[str, Callable[[Geometry], range]] = {
    "start": lambda _g: range(0),
    "middle": lambda g: range(g.image_sectors // 2, g.image_sectors // 2),
    "image end": lambda g: range(g.image_sectors - 1, g.image_sectors - 1),
    "first table": lambda g: range(g.tables[0], g.tables[0]),
    "first parity": lambda g: range(g.parity_at[0], g.parity_at[0]),
    "last parity": lambda g: range(g.parity_at[-1], g.parity_at[-1]),
    "second table": lambda g: range(g.tables[1], g.tables[1]),
}


@pytest.mark.parametrize("where", SPOTS)
def test_a_scratch_as_long_as_promised_costs_nothing(tmp_path: Path, where: str) -> None:
    """In one piece, unreadable or silently wrong, anywhere."""
    image, medium, geometry = made(tmp_path, 5437)
    first = SPOTS[where](geometry).start
    rows = PARITY * geometry.rows if where == "start" else (PARITY - 1) * geometry.rows
    scratch = range(first, min(first + rows, geometry.sectors))
    found, content = recovered(Scratched(medium, scratch), tmp_path)
    assert content == image
    assert found.whole
    assert found.damaged == found.repaired == len(set(scratch) & set(range(geometry.image_sectors)))
    (tmp_path / "recovered.iso").unlink()
    wrong = bytearray(medium)
    wrong[scratch.start * SECTOR : scratch.stop * SECTOR] = Random(3).randbytes(
        len(scratch) * SECTOR
    )
    found, content = recovered(Scratched(bytes(wrong)), tmp_path)
    assert content == image
    assert found.whole


def test_scattered_damage_up_to_the_parity_of_every_row(tmp_path: Path) -> None:
    image, medium, geometry = made(tmp_path, 5437)
    chance = Random(11)
    bad = set()
    for row in range(geometry.rows):
        for column in chance.sample(range(DATA + PARITY), PARITY):
            place = geometry.place(column, row)
            if place is not None:
                bad.add(place)
    found, content = recovered(Scratched(medium, bad), tmp_path)
    assert content == image
    assert found.whole


def test_too_much_damage_is_named_exactly_and_the_rest_is_whole(tmp_path: Path) -> None:
    image, medium, geometry = made(tmp_path, 5437)
    rows = range(7, 10)
    bad = {place for row in rows for c in range(4) if (place := geometry.place(c, row)) is not None}
    found, content = recovered(Scratched(medium, bad), tmp_path)
    assert not found.whole
    assert found.repaired == 0
    assert {s for first, last in found.lost for s in range(first, last + 1)} == bad
    differing = {
        s
        for s in range(geometry.image_sectors)
        if content[s * SECTOR : (s + 1) * SECTOR] != image[s * SECTOR : (s + 1) * SECTOR]
    }
    assert differing == bad


def test_one_index_frame_is_enough(tmp_path: Path) -> None:
    image, medium, geometry = made(tmp_path, 1000)
    frames = list(geometry.index_sectors())
    assert len(frames) == INDEX_COPIES * (PARITY + 2)
    for kept in (frames[0], frames[20], frames[-1]):
        device = Scratched(medium, set(frames) - {kept})
        index = find_index(device)
        assert index is not None
        assert index.at == kept
    found, content = recovered(Scratched(medium, set(frames) - {frames[20]}), tmp_path)
    assert content == image
    assert found.whole


def test_both_copies_of_the_table_gone_still_repairs_what_is_unreadable(tmp_path: Path) -> None:
    image, medium, geometry = made(tmp_path, 1000)
    tables = {s for first in geometry.tables for s in range(first, first + geometry.table_sectors)}
    found, content = recovered(Scratched(medium, tables | set(range(60))), tmp_path)
    assert content == image
    assert found.whole


def test_a_medium_cut_off_gives_what_its_parity_allows(tmp_path: Path) -> None:
    image, medium, geometry = made(tmp_path, 1000)
    cut = medium[: (geometry.parity_at[1] + geometry.rows + 3) * SECTOR]
    found, content = recovered(Scratched(cut, range(50)), tmp_path)
    assert content == image
    assert found.whole


def test_what_holds_no_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RejectedBundleError) as refused:
        recovered(Scratched(Random(1).randbytes(300 * SECTOR)), tmp_path)
    assert refused.value.code == "medium_no_index"
    assert not (tmp_path / "recovered.iso").exists()


def test_a_medium_pulled_out_is_no_damage(tmp_path: Path) -> None:
    _image, medium, _geometry = made(tmp_path, 1000)
    with pytest.raises(UnavailableError) as gone:
        recovered(Scratched(medium, range(5000), errno.ENODEV), tmp_path)
    assert gone.value.code == "medium_gone"


def test_every_wrong_byte_of_an_index_frame_makes_it_none() -> None:
    geometry = Geometry(1000, DATA, PARITY)
    frame = index_frame(geometry, MEDIUM, hashlib.sha256(b"").hexdigest(), 1000)
    end = len(frame.rstrip(b"\0"))
    for position in range(end):
        wrong = bytearray(frame)
        wrong[position] ^= 0x20
        assert parse_index(bytes(wrong)) is None, position
    found = parse_index(frame)
    assert found is not None
    assert found.geometry == geometry


def test_an_index_copied_from_another_medium_is_no_index_of_this_one(tmp_path: Path) -> None:
    _image, medium, geometry = made(tmp_path, 1000)
    strange = index_frame(Geometry(400, DATA, PARITY), "JY000001", "0" * 64, 7)
    last = geometry.sectors - 1
    changed = medium[: last * SECTOR] + strange
    index = find_index(Scratched(changed))
    assert index is not None
    assert index.medium == MEDIUM


def test_table_sectors_say_which_they_are_and_are_checked() -> None:
    sums = tuple(range(508))
    sector = table_sector(3, sums)
    assert parse_table_sector(3, sector) == sums
    assert parse_table_sector(4, sector) is None
    for position in range(0, len(sector), 97):
        wrong = bytearray(sector)
        wrong[position] ^= 1
        assert parse_table_sector(3, bytes(wrong)) is None


@pytest.mark.parametrize("capacity", [359_424, 2_295_104, 11_826_176])
def test_a_full_medium_is_used_to_its_last_sectors(capacity: int) -> None:
    image = geometry_for(capacity, DATA, PARITY)
    assert Geometry(image, DATA, PARITY).sectors <= capacity
    assert Geometry(image + 1, DATA, PARITY).sectors > capacity
    assert image > capacity * 0.86


def test_reading_back_finds_every_kind_of_sector_that_is_wrong(tmp_path: Path) -> None:
    _image, medium, geometry = made(tmp_path, 3000)
    index = find_index(Scratched(medium))
    assert index is not None

    def first_wrong(content: bytes, number: str = MEDIUM) -> int | None:
        return check(Scratched(content), number, index.digest, lambda _percent: None)

    assert first_wrong(medium) is None
    assert first_wrong(medium, "JY000001") == 0
    spots = (0, 2999, *geometry.parity_at, geometry.parity_at[-1] + 1023, *geometry.tables)
    for at in (*spots, geometry.image_sectors, geometry.sectors - 1):
        wrong = bytearray(medium)
        wrong[at * SECTOR + 100] ^= 4
        assert first_wrong(bytes(wrong)) == at, at


def test_a_file_is_a_device(tmp_path: Path) -> None:
    image, _medium, geometry = made(tmp_path, 100)
    handle = os.open(tmp_path / "medium.iso", os.O_RDONLY)
    try:
        device = OpenDevice(handle)
        assert device.sectors == geometry.sectors
        assert device.read(3, 2) == image[3 * SECTOR : 5 * SECTOR]
    finally:
        os.close(handle)
