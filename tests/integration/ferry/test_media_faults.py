"""What may happen to the medium itself: pulled out, worn anywhere, or somebody else's."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from appliance.ferryman import FerryError
from integration.exchange.pair import Pair
from integration.ferry.boat import Boat, make_boat

from ferry.manifest import FOLDER, MANIFEST_NAME, NOTE_NAME, SIGNATURE_NAME
from ferry.repair.layout import INDEX_COPIES, Index
from ferry.repair.recover import OpenDevice, find_index
from ferry.writing import LABEL_PREFIX
from ferry.xorriso import SECTOR, list_files
from kernel.vocabulary.zones import Zone

pytestmark = pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")
traced = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
STICK_BYTES = 64 << 20
SECOND_PARTITION = {
    "mbr": "label: dos\nstart=2048, size=40960, type=c\nstart=43008, type=83\n",
    "gpt": "label: gpt\nstart=2048, size=40960\nstart=43008\n",
}


@pytest.fixture
def boat(tmp_path: Path) -> Iterator[Boat]:
    pair = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    yield make_boat(tmp_path, pair)
    pair.close()


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Callable[[Path], Path]]:
    """Makes a block device of a file, as a stick is one."""
    made: list[str] = []

    def attach(file: Path) -> Path:
        done = subprocess.run(
            ["losetup", "-f", "--show", str(file)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip("loop devices need root")
        made.append(done.stdout.strip())
        return Path(made[-1])

    yield attach
    for name in made:
        subprocess.run(["losetup", "-d", name], check=False, capture_output=True)


def index_of(disc: Path) -> Index:
    with disc.open("rb") as file:
        found = find_index(OpenDevice(file.fileno()))
    assert found is not None
    return found


def places(disc: Path) -> dict[str, range]:
    """Every class of position on a medium, and one run of sectors of it."""
    index = index_of(disc)
    files = {one.path: one for one in list_files(disc).files}

    def of(path: str) -> range:
        first = files[path].extents[0].sector
        return range(first, first + -(-files[path].size // SECTOR))

    bundles = sorted(path for path in files if path.startswith(f"/{FOLDER}/"))
    groups, tables = index.geometry.index_groups(), index.geometry.table_sectors
    return {
        "system area": range(16),
        "volume descriptors": range(16, 18),
        "path tables and directories": range(18, of(f"/{MANIFEST_NAME}").start),
        "manifest": of(f"/{MANIFEST_NAME}"),
        "signature": of(f"/{SIGNATURE_NAME}"),
        "note": of(f"/{NOTE_NAME}"),
        "first file": of(bundles[0]),
        "last file": of(bundles[-1]),
        "padding": range(index.image_sectors - 150, index.image_sectors),
        "first index frames": range(groups[0], groups[0] + INDEX_COPIES),
        "first checksum table": range(index.tables[0], index.tables[0] + tables),
        "first parity column": range(index.parity_at[0], index.parity_at[0] + index.rows),
        "index frames between": range(groups[1], groups[1] + INDEX_COPIES),
        "last parity column": range(index.parity_at[-1], index.parity_at[-1] + index.rows),
        "second checksum table": range(index.tables[1], index.tables[1] + tables),
        "last index frames": range(groups[-1], groups[-1] + INDEX_COPIES),
    }


def test_damage_at_every_class_of_position_costs_nothing(boat: Boat) -> None:
    sent = boat.written(3)
    whole, known = boat.disc.read_bytes(), places(boat.disc)
    assert sum(len(sectors) for sectors in known.values()) * SECTOR > len(whole) // 2
    for place, sectors in known.items():
        assert sectors, place
        content = bytearray(whole)
        content[sectors.start * SECTOR : sectors.stop * SECTOR] = os.urandom(len(sectors) * SECTOR)
        boat.disc.write_bytes(content)
        found = boat.run("ingest", "--again")
        assert (found["refused"], found["medium"]) == ([], "JY000001"), place
        assert found["repaired_sectors"] == found["damaged_sectors"], place
    assert boat.arrived() == sent


def traced_run(boat: Boat, target: Path, calls: str, fault: str, *command: str) -> str:
    """Run the ferry with a fault at its calls on ``target``; answers what it printed."""
    trace = boat.disc.with_name("trace")
    strace = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", f"trace={calls}", "-o", str(trace)]
    inject = ["-P", str(target), "-e", f"inject={fault}"]
    ferry = [sys.executable, "-m", "ferry", *command, "--json"]
    done = subprocess.run([*strace, *inject, *ferry], capture_output=True, text=True, check=False)
    assert "(INJECTED)" in trace.read_text("utf-8", "replace"), done.stderr
    return done.stdout


@traced
@pytest.mark.parametrize("error", ["ENOMEDIUM", "ENXIO", "ENODEV"])
@pytest.mark.parametrize("when", [1, 3, 4])
def test_a_medium_pulled_while_it_is_read_is_read_whole_when_it_comes_back(
    boat: Boat, error: str, when: int
) -> None:
    sent = boat.written(3)
    fault = f"preadv2,pread64:error={error}:when={when}+"
    settings = ("--settings", str(boat.people.ingest))
    said = traced_run(boat, boat.disc, "preadv2,pread64", fault, "ingest", *settings)
    assert '"medium_gone"' in said
    # What was read before is whole; nothing is half.
    spool = boat.pair.extranet.spool.folder
    assert not list(spool.rglob("*.part"))
    assert not boat.pair.extranet.spool.quarantined()
    assert boat.run("ingest")["already"] is False
    assert boat.arrived() == sent


@traced
@pytest.mark.root
def test_a_stick_pulled_while_it_is_written_is_a_coaster_and_nothing_is_lost(
    boat: Boat, tmp_path: Path, loop: Callable[[Path], Path]
) -> None:
    boat.post(2)
    waiting = boat.bundles_ready()
    stick = tmp_path / "stick.img"
    stick.write_bytes(bytes(STICK_BYTES))
    device = loop(stick)
    asked = boat.people.run("request", "--purpose", "试", *boat.people.by("maker"))
    trip = str(asked["trip"])
    boat.people.run("approve", trip, *boat.people.by("approver"))
    arguments = ("export", trip, "--device", str(device), "--settings", str(boat.people.export))
    said = traced_run(boat, device, "write", "write:error=ENODEV:when=2+", *arguments)
    assert '"medium_write_failed"' in said
    assert boat.states() == {"JY000001": "rejected"}
    assert boat.bundles_ready() == waiting
    # It is no blank medium any more, whatever number it is given.
    again = boat.people.run("request", "--purpose", "再试", *boat.people.by("maker"))
    assert again["media"] == ["JY000002"]
    boat.people.run("approve", str(again["trip"]), *boat.people.by("approver"))
    refused = boat.run("export", str(again["trip"]), "--device", str(device), expect=3)
    assert refused["error"] == "medium_not_blank"
    subprocess.run(["blkdiscard", "-z", "-f", str(device)], check=False, capture_output=True)
    assert boat.run("export", str(again["trip"]))["medium"] == "JY000002"
    assert boat.run("ingest")["refused"] == []
    assert len(boat.arrived()) == 2


def is_left_alone(boat: Boat, code: str) -> None:
    """The medium is refused on record with ``code``, and nothing was mounted."""
    before = Path("/proc/self/mounts").read_text()
    assert boat.run("ingest", expect=4)["error"] == code
    assert Path("/proc/self/mounts").read_text() == before
    assert boat.arrived() == []
    assert list(boat.pair.extranet.spool.arrivals_folder(Zone.INTRANET).iterdir()) == []
    ledger = boat.people.ingest.parent / "ingest-state" / "ledger.jsonl"
    assert '"act":"incident"' in ledger.read_text().splitlines()[-1]


@pytest.mark.parametrize(
    ("maker", "label"),
    [
        ("mkfs.ext4", "-L"),
        ("mkfs.vfat", "-n"),
        ("mkfs.exfat", "-L"),
        ("mkfs.ntfs", "-L"),
    ],
)
def test_a_stick_with_another_file_system_is_refused_whatever_it_is_called(
    boat: Boat, maker: str, label: str
) -> None:
    if shutil.which(maker) is None:
        pytest.skip(f"{maker} is not installed")
    with boat.disc.open("wb") as file:
        file.truncate(STICK_BYTES)
    name = LABEL_PREFIX + "JY1"
    forced = ["-F"] if maker in {"mkfs.ext4", "mkfs.ntfs"} else []
    subprocess.run([maker, *forced, label, name, str(boat.disc)], check=True, capture_output=True)
    assert name.encode() in boat.disc.read_bytes() or name.encode("utf-16-le") in (
        boat.disc.read_bytes()
    )
    is_left_alone(boat, "medium_foreign")


@pytest.mark.skipif(shutil.which("sfdisk") is None, reason="sfdisk is not installed")
@pytest.mark.parametrize("table", sorted(SECOND_PARTITION))
def test_a_stick_of_ours_with_partitions_beside_it_is_refused(boat: Boat, table: str) -> None:
    boat.written()
    with boat.disc.open("r+b") as file:
        file.truncate(STICK_BYTES)
    subprocess.run(
        ["sfdisk", "-q", "--no-reread", "-w", "never", str(boat.disc)],
        input=SECOND_PARTITION[table],
        text=True,
        check=True,
        capture_output=True,
    )
    is_left_alone(boat, "medium_partitioned")


@pytest.mark.root
@pytest.mark.skipif(shutil.which("mkfs.vfat") is None, reason="dosfstools is not installed")
def test_a_stick_with_somebodys_files_is_not_written_over(
    boat: Boat, tmp_path: Path, loop: Callable[[Path], Path]
) -> None:
    boat.post()
    stick = tmp_path / "stick.img"
    stick.write_bytes(bytes(STICK_BYTES))
    subprocess.run(["mkfs.vfat", str(stick)], check=True, capture_output=True)
    before = stick.read_bytes()
    device = loop(stick)
    asked = boat.people.run("request", "--purpose", "试", *boat.people.by("maker"))
    boat.people.run("approve", str(asked["trip"]), *boat.people.by("approver"))
    with pytest.raises(FerryError) as refused:
        boat.people.run("export", str(asked["trip"]), "--device", str(device))
    assert refused.value.code == "medium_not_blank"
    assert stick.read_bytes() == before
