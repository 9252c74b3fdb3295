"""Claims about the one-way gate: what is perfect passes, anything else is set aside alone."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from integration.exchange.pair import Pair

from gate.admit import Admitted, DropScanner
from gate.carry import Sender
from gate.flow import Flow
from gate.settings import FlowSettings
from kernel.errors import UnavailableError
from kernel.keys import entry_text
from kernel.vocabulary.zones import Zone

ROOT = Path(__file__).parents[3]


@dataclass(slots=True)
class Crossing:
    """Extranet and intranet with a drop folder between them."""

    pair: Pair
    drop: Path
    scanner: DropScanner

    def seal(self, count: int = 1) -> list[str]:
        """Post reviews and seal them; answers the messages' ids."""
        sent = []
        for number in range(1, count + 1):
            sent.append(self.pair.post_review(number))
            self.pair.extranet.exchange.tick()
        return sent

    def send(self, drop: Path | None = None) -> int:
        spool, clock = self.pair.extranet.spool, self.pair.clock
        flow = Flow(FlowSettings(), spool.folder, clock, time.sleep)
        sender = Sender(spool, drop or self.drop, self.pair.trust, Zone.INTRANET, clock, flow)
        return sender.send_ready().files

    def receive(self) -> Admitted:
        """Two looks: the first sees a file, the second finds it unchanged."""
        first, second = self.scanner.scan(), self.scanner.scan()
        return Admitted(
            first.files + second.files,
            first.quarantined + second.quarantined,
            second.unstable,
        )

    def bundles(self) -> list[Path]:
        return sorted(self.drop.glob("*.tar"))

    def codes(self) -> list[str]:
        return [item.code for item in self.pair.intranet.spool.quarantined()]

    def effects(self) -> list[str]:
        self.pair.intranet.exchange.tick()
        return self.pair.intranet.effects


@pytest.fixture
def crossing(tmp_path: Path) -> Iterator[Crossing]:
    pair = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    drop = tmp_path / "drop"
    drop.mkdir()
    scanner = DropScanner(
        drop, pair.intranet.spool, pair.trust, Zone.EXTRANET, Zone.INTRANET, pair.clock
    )
    yield Crossing(pair, drop, scanner)
    pair.close()


def test_what_was_sealed_arrives_once_and_leaves_the_drop_folder_empty(crossing: Crossing) -> None:
    sent = crossing.seal(2)
    crossing.send()
    assert crossing.receive().quarantined == 0
    assert crossing.effects() == sent
    assert list(crossing.drop.iterdir()) == []
    assert crossing.send() == 0


def test_dropped_file_appears_whole_or_not_at_all(crossing: Crossing) -> None:
    crossing.seal()
    seen: list[str] = []
    replace = Path.replace

    def noted(part: Path, target: Path) -> Path:
        if target.parent == crossing.drop:
            seen.extend(path.name for path in crossing.drop.iterdir())
        return replace(part, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", noted)
        crossing.send()
    assert len(seen) > 0
    assert seen[0].endswith(".part")


def test_file_that_is_still_growing_is_left_alone(crossing: Crossing) -> None:
    sent = crossing.seal()
    crossing.send()
    (path,) = crossing.bundles()
    content = path.read_bytes()
    path.write_bytes(content[:1000])
    crossing.scanner.scan()
    for end in (2000, 3000, len(content)):
        path.write_bytes(content[:end])
        found = crossing.scanner.scan()
        assert (found.unstable, found.quarantined) == (1, 0)
    crossing.scanner.scan()
    assert crossing.effects() == sent
    assert crossing.codes() == []


def test_file_that_gets_its_name_late_is_taken_under_that_name(crossing: Crossing) -> None:
    sent = crossing.seal()
    crossing.send()
    (path,) = crossing.bundles()
    hidden = path.with_name(f".{path.name}.part")
    path.rename(hidden)
    crossing.receive()
    assert crossing.effects() == []
    hidden.rename(path)
    crossing.receive()
    assert crossing.effects() == sent
    assert crossing.codes() == []


def test_changed_time_of_a_whole_file_only_delays_it(crossing: Crossing) -> None:
    sent = crossing.seal()
    crossing.send()
    (path,) = crossing.bundles()
    crossing.scanner.scan()
    os.utime(path, (0, 0))
    assert crossing.scanner.scan().unstable == 1
    crossing.scanner.scan()
    assert crossing.effects() == sent


def test_same_file_twice_has_its_effect_once(crossing: Crossing) -> None:
    sent = crossing.seal()
    crossing.send()
    (path,) = crossing.bundles()
    content = path.read_bytes()
    for _ in range(3):
        path.write_bytes(content)
        crossing.receive()
        assert crossing.effects() == sent
    assert crossing.codes() == []


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-700])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


def _foreign(path: Path) -> None:
    path.rename(path.with_name("年度报告.docx"))


def _another_number(path: Path) -> None:
    stream, _, digest = path.name.split("-")
    path.rename(path.with_name(f"{stream}-{7:012d}-{digest}"))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _link(path: Path) -> None:
    secret = path.parent.parent / "secret"
    path.rename(secret)
    path.symlink_to(secret)


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inside").write_bytes(b"x")


def _huge(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(1 << 42)


DAMAGE = {
    _truncate: None,
    _flip: None,
    _append: None,
    _empty: None,
    _another_number: None,
    _foreign: "name_invalid",
    _link: "not_a_file",
    _fifo: "not_a_file",
    _folder: "not_a_file",
    _huge: "bundle_too_large",
}


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda found: found.__name__.strip("_"))
def test_bad_file_is_set_aside_and_the_next_is_unaffected(
    crossing: Crossing, damage: object
) -> None:
    assert callable(damage)
    sent = crossing.seal(2)
    crossing.send()
    for beacon in crossing.drop.glob("*.json"):
        beacon.unlink()
    first, _second = crossing.bundles()
    damage(first)
    found = crossing.receive()
    assert (found.files, found.quarantined) == (1, 1)
    assert list(crossing.drop.iterdir()) == []
    (code,) = crossing.codes()
    wanted = DAMAGE[damage]  # type: ignore[index]  # one of its keys
    assert code == wanted or (wanted is None and code)
    # Sent again, what is missing arrives and everything has its effect in order.
    (item,) = crossing.pair.intranet.spool.quarantined()
    assert item.carrier == "gate"
    assert item.message
    for name in crossing.pair.extranet.spool.kept_names(Zone.INTRANET):
        crossing.pair.extranet.spool.offer(Zone.INTRANET, name)
    crossing.send()
    crossing.receive()
    assert crossing.effects() == sent


def test_bundle_for_another_zone_is_set_aside(crossing: Crossing) -> None:
    crossing.seal()
    crossing.send()
    crossing.scanner.destination = Zone.INTERNET
    crossing.receive()
    assert set(crossing.codes()) == {"wrong_destination"}
    assert crossing.effects() == []


def test_bundle_of_another_zone_is_set_aside(crossing: Crossing) -> None:
    crossing.pair.post_progress(1)
    crossing.pair.intranet.exchange.tick()
    spool = crossing.pair.intranet.spool
    (entry, *_) = spool.ready(Zone.EXTRANET)
    shutil.copy(spool.ready_folder(Zone.EXTRANET) / entry.name, crossing.drop)
    scanner = crossing.scanner
    scanner.spool, scanner.destination = crossing.pair.extranet.spool, Zone.EXTRANET
    scanner.origin = Zone.INTERNET
    crossing.receive()
    assert [item.code for item in crossing.pair.extranet.spool.quarantined()] == ["wrong_origin"]


def test_link_that_cannot_be_moved_gets_one_reason_and_not_one_a_scan(
    crossing: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = crossing.drop / f"urgent-{1:012d}-{'a' * 64}.tar"
    path.symlink_to("/etc/passwd")
    monkeypatch.setattr("kernel.spool.move_durably", lambda *_args, **_named: None)
    for _ in range(5):
        crossing.receive()
    assert crossing.codes() == ["not_a_file"]
    path.unlink()
    crossing.receive()
    path.symlink_to("/etc/shadow")
    crossing.receive()
    assert crossing.codes() == ["not_a_file"] * 2


def test_damaged_file_in_our_own_spool_is_not_sent(crossing: Crossing) -> None:
    crossing.seal(2)
    ready = crossing.pair.extranet.spool.ready_folder(Zone.INTRANET)
    first = min(ready.glob("*.tar"))
    copy = bytearray(first.read_bytes())
    copy[len(copy) // 2] ^= 1
    first.unlink()
    first.write_bytes(copy)
    crossing.send()
    assert len(crossing.bundles()) == 1
    assert first.exists()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of 64 KiB."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a tiny filesystem needs root")
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine does not let us mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.root
def test_full_drop_folder_loses_nothing(crossing: Crossing, tiny_disk: Path) -> None:
    sent = crossing.seal(2)
    filler = tiny_disk / "filler"
    filler.write_bytes(bytes(64 * 1024))
    with pytest.raises(UnavailableError) as caught:
        crossing.send(tiny_disk)
    assert caught.value.code == "disk_full"
    assert list(tiny_disk.iterdir()) == [filler]
    filler.unlink()
    crossing.send(crossing.drop)
    crossing.receive()
    assert crossing.effects() == sent


# The program itself.


def _ran(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "gate", *arguments, "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
    )


def _gate(*arguments: str, expect: int = 0) -> dict[str, object]:
    done = _ran(*arguments)
    assert done.returncode == expect, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


@pytest.fixture
def sides(crossing: Crossing, tmp_path: Path) -> dict[str, Path]:
    """Settings files of both sides."""
    keys = crossing.pair.keys.values()
    (tmp_path / "trust.toml").write_text(
        "\n".join(entry_text(own.public(purpose)) for own in keys for purpose in own.purposes())
    )
    made = {}
    for side, zone in (("send", "extranet"), ("receive", "intranet")):
        made[side] = tmp_path / f"{side}.toml"
        made[side].write_text(
            f'side = "{side}"\norigin = "extranet"\ndestination = "intranet"\n'
            f'[spool]\nfolder = "{zone}/spool"\n[drop]\nfolder = "drop"\nscan_seconds = 0.2\n'
            "patience_seconds = 0\n"
            f'[trust]\nfile = "trust.toml"\n'
        )
    return made


def test_both_programs_carry_a_bundle(crossing: Crossing, sides: dict[str, Path]) -> None:
    sent = crossing.seal()
    # The programs run by the machine's clock, and a bundle from the future would be refused.
    count = len(crossing.pair.extranet.spool.ready(Zone.INTRANET))
    answer = _gate("send", "--once", "--settings", str(sides["send"]))
    assert (answer["files"], answer["damaged"]) == (count, 0)
    answer = _gate("receive", "--once", "--settings", str(sides["receive"]))
    assert (answer["files"], answer["quarantined"]) == (count, 0)
    assert crossing.effects() == sent


@pytest.mark.parametrize(("level", "told"), [("info", True), ("error", False)])
def test_the_log_holds_what_the_settings_ask_for(
    crossing: Crossing, sides: dict[str, Path], level: str, told: bool
) -> None:
    crossing.seal()
    settings = sides["send"]
    settings.write_text(settings.read_text("utf-8") + f'[log]\nlevel = "{level}"\n', "utf-8")
    done = _ran("send", "--once", "--settings", str(settings))
    assert done.returncode == 0
    assert ('"level": "info"' in done.stderr) is told


def test_receiving_program_sets_aside_and_lists_why(
    crossing: Crossing, sides: dict[str, Path]
) -> None:
    (crossing.drop / "readme.txt").write_text("hello")
    answer = _gate("receive", "--once", "--settings", str(sides["receive"]))
    assert (answer["files"], answer["quarantined"]) == (0, 1)
    assert _gate("status", "--settings", str(sides["receive"]))["quarantined"] == 1
    (item,) = _gate("quarantine", "list", "--settings", str(sides["receive"]))["items"]  # type: ignore[misc]  # a list
    assert item["code"] == "name_invalid"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("scan_seconds = 0.2", "scan_secs = 1", "drop.scan_secs：未知的配置项"),
        ('[trust]\nfile = "trust.toml"\n', "[trust]\n", "trust.file：缺少配置项"),
        ('side = "receive"', 'side = "send"', "是另一侧的"),
        ('folder = "drop"', 'folder = "nowhere"', "不存在"),
        ("[drop]", "[drop", "不是有效的 TOML"),
    ],
)
def test_wrong_settings_stop_the_start_in_chinese(
    sides: dict[str, Path], old: str, new: str, words: str
) -> None:
    path = sides["receive"]
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    answer = _gate("receive", "--once", "--settings", str(path), expect=3)
    assert words in str(answer["message"])


def test_second_receiver_is_refused_and_the_first_ends_when_told(
    sides: dict[str, Path],
) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "gate", "receive", "--settings", str(sides["receive"])],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert running.stderr is not None
    with running:
        try:
            assert "gate.watching" in running.stderr.readline()
            answer = _gate("receive", "--once", "--settings", str(sides["receive"]), expect=3)
            assert answer["error"] == "already_running"
        finally:
            running.terminate()
            running.stderr.read()
    assert running.returncode == 0
