"""Claims about the process that decodes: it may die, hang or lie, and only the one file suffers."""

import io
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from parcels import PNG, Landing, parcel, png
from PIL import Image
from test_inspection import BAD

from gate.apart.parser import TRIES, ApartParser
from gate.inspection import Inspection
from gate.inspection.content import Bombs
from gate.settings import InspectionSettings
from kernel.errors import UnavailableError

SOCKET = "import socket, sys, time; s = socket.socket(fileno=int(sys.argv[1])); "
ASKED = SOCKET + "s.send(b'{}'); s.recv(999); "
SMALL = 256 * 1024 * 1024


@pytest.fixture
def parser() -> Iterator[ApartParser]:
    made = ApartParser()
    yield made
    made.close()


def pid_of(parser: ApartParser) -> int:
    assert parser._worker is not None
    return parser._worker.process.pid


def play(folder: Path, does: str, seconds: float = 20) -> tuple[Landing, ApartParser]:
    """A receiving side whose parser does ``does`` whenever it is asked."""
    parser = ApartParser(seconds, command=(sys.executable, "-c", ASKED + does))
    return Landing(folder, parser=parser), parser


def test_settings_choose_a_process_apart(tmp_path: Path) -> None:
    settings = InspectionSettings(parser_seconds=7)
    chosen = Inspection.of(settings).parser
    assert isinstance(chosen, ApartParser)
    assert not isinstance(chosen, Bombs)
    assert chosen._seconds == 7


def test_every_bad_material_has_the_same_code_apart(tmp_path: Path, parser: ApartParser) -> None:
    for number, (blobs, code) in enumerate(BAD.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        landing = Landing(folder, parser=parser)
        parcel(*blobs).put(landing.drop)
        parcel((png(), PNG), sequence=2).put(landing.drop)
        found = landing.receive()
        assert (landing.codes(), found.files) == ([code], 1)
    assert parser.started == 1


def test_a_killed_process_costs_no_file(tmp_path: Path, parser: ApartParser) -> None:
    landing = Landing(tmp_path, parser=parser)
    for sequence in (1, 2):
        parcel((png(), PNG), sequence=sequence).put(landing.drop)
        assert landing.receive().files == 1
        assert parser.started == sequence
        os.kill(pid_of(parser), signal.SIGKILL)
        assert parser._worker is not None
        parser._worker.process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_that_stops_lets_it_finish(
    tmp_path: Path, parser: ApartParser, number: signal.Signals
) -> None:
    landing = Landing(tmp_path, parser=parser)
    parcel((png(), PNG)).put(landing.drop)
    landing.receive()
    os.kill(pid_of(parser), number)
    parcel((png(), PNG), sequence=2).put(landing.drop)
    assert landing.receive().files == 1
    assert parser.started == 1


@pytest.mark.parametrize(
    ("does", "code"),
    [
        ("pass", "content_damaged"),
        ("import os; os.abort()", "content_damaged"),
        ("s.send(b'[]')", "content_damaged"),
        ("s.send(b'{\"code\": 1}')", "content_damaged"),
        ('s.send(b\'{"further": "word"}\')', "content_damaged"),
        ('s.send(b\'{"code": "nobody_knows"}\'); s.recv(9)', "content_damaged"),
        ('s.send(b\'{"unavailable": "disk_error"}\'); s.recv(9)', "content_damaged"),
        ("s.send(b'\\xff' * 600)", "content_damaged"),
        ('s.send(b\'{"failed": "KeyError"}\'); s.recv(9)', "content_damaged"),
    ],
)
def test_whatever_it_does_instead_of_an_answer_the_file_is_set_aside(
    tmp_path: Path, does: str, code: str
) -> None:
    landing, parser = play(tmp_path, does)
    parcel((png(), PNG)).put(landing.drop)
    assert landing.receive().quarantined == 1
    assert landing.codes() == [code]
    assert parser.started <= TRIES
    parser.close()


def test_what_takes_too_long_is_a_bomb_and_the_next_file_passes(tmp_path: Path) -> None:
    landing, parser = play(tmp_path, "time.sleep(99)", 0.5)
    parcel((png(), PNG)).put(landing.drop)
    landing.receive()
    assert landing.codes() == ["content_bomb"]
    assert parser._worker is None
    parcel(sequence=2).put(landing.drop)
    assert landing.receive().files == 1


def test_memory_is_bounded_and_the_next_file_passes(tmp_path: Path) -> None:
    """The same picture passes with the usual bound, so it is the bound that refuses it."""
    made = io.BytesIO()
    Image.new("RGBA", (8_500, 8_500)).save(made, "PNG")
    for name, memory, codes in (("small", SMALL, ["content_damaged"]), ("usual", 1 << 30, [])):
        parser = ApartParser(memory_bytes=memory)
        (tmp_path / name).mkdir()
        landing = Landing(tmp_path / name, parser=parser)
        parcel((made.getvalue(), PNG)).put(landing.drop)
        parcel((png(), PNG), sequence=2).put(landing.drop)
        landing.receive()
        assert landing.codes() == codes
        assert len(landing.arrived()) == 2 - len(codes)
        parser.close()


def test_the_process_may_do_little(tmp_path: Path, parser: ApartParser) -> None:
    landing = Landing(tmp_path, parser=parser)
    parcel((png(), PNG)).put(landing.drop)
    landing.receive()
    of = Path(f"/proc/{pid_of(parser)}")
    limits = (of / "limits").read_text()
    said = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()[1:]}
    assert said["Max file size"] == "0"
    assert said["Max core file size"] == "0"
    assert said["Max address space"] == str(1 << 30)
    assert "NoNewPrivs:\t1" in (of / "status").read_text()
    parser.close()
    assert not of.exists()


@pytest.mark.parametrize(
    "command",
    [
        ("/nowhere/python",),
        (sys.executable, "-c", "raise SystemExit(1)"),
        (sys.executable, "-c", SOCKET + "s.send(b'hello'); s.recv(9)"),
        (sys.executable, "-c", SOCKET + "time.sleep(99)"),
    ],
    ids=["missing", "ends", "says nonsense", "hangs"],
)
def test_a_process_that_never_gets_ready_blames_no_file(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    landing = Landing(tmp_path, parser=ApartParser(3, command=command))
    parcel((png(), PNG)).put(landing.drop)
    with pytest.raises(UnavailableError, match="parser_unavailable"):
        landing.receive()
    assert len(list(landing.drop.iterdir())) == 1
    assert landing.codes() == []
