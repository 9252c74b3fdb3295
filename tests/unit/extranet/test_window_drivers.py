"""Claims about running a driver: real processes, each with one defect."""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from extranet_zone.window.agent.drivers import read_device
from extranet_zone.window.agent.settings import DriverSettings
from extranet_zone.window.agent.simulated import NAME
from extranet_zone.window.contract import DEVICE_KINDS, FILE_NEEDED, ReadingKind
from kernel.errors import UnavailableError

READ = "import json,sys,time,os\nr=json.loads(sys.stdin.readline())\n"
HEAD = "{'contract':1,'request':r['request'],'status':'ok','device':'d'"


def driver(*command: str, seconds: float = 20) -> DriverSettings:
    return DriverSettings(kind="identity_reader", command=command, seconds=seconds)


def program(text: str, seconds: float = 20) -> DriverSettings:
    return driver(sys.executable, "-c", READ + text, seconds=seconds)


def says(answer: str) -> DriverSettings:
    return program(f"print(json.dumps({answer}))")


@pytest.mark.parametrize("kind", DEVICE_KINDS)
def test_the_simulated_device_keeps_the_contract(kind: ReadingKind) -> None:
    module = "extranet_zone.window.agent.simulated"
    photo = b"\x89PNG" + bytes(2_000_000) if kind is ReadingKind.FACE else None
    read = read_device(driver(sys.executable, "-m", module, kind.value), kind, photo)
    assert (read.simulated, read.media_type) == (True, "image/png")
    assert read.content.startswith(b"\x89PNG")
    assert NAME not in repr(read)


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: driver("/nowhere/driver"), "driver_missing"),
        (lambda: program("time.sleep(60)", 1), "driver_timeout"),
        (lambda: program("print('{', end='', flush=True); time.sleep(60)", 1), "driver_timeout"),
        (lambda: program("while True: sys.stdout.write('x' * 65536)"), "driver_output"),
        (lambda: program("sys.exit(3)"), "driver_answer"),
        (lambda: program("print('rubbish')"), "driver_answer"),
        (lambda: program("print('[1]')"), "driver_answer"),
        (lambda: program("os.write(1, b'\\xff\\xfe\\n')"), "driver_answer"),
        (lambda: program("print('[' * 100000)"), "driver_answer"),
        (lambda: says(HEAD + "}"), "driver_answer"),
        (lambda: says("{'contract':1,'request':'0'*32,'status':'failed'}"), "driver_answer"),
        (
            lambda: says(HEAD + ",'facts':{'name':'a','document_type':'1','document_no':'1'}}"),
            "driver_answer",
        ),
        (
            lambda: says("{'contract':1,'request':r['request'],'status':'nothing'}"),
            "driver_nothing",
        ),
        (
            lambda: says("{'contract':1,'request':r['request'],'status':'failed','message':'坏'}"),
            "driver_failed",
        ),
    ],
)
def test_a_bad_driver_is_one_code(made: Callable[[], DriverSettings], code: str) -> None:
    begun = time.monotonic()
    with pytest.raises(UnavailableError) as failed:
        read_device(made(), ReadingKind.IDENTITY)
    assert failed.value.code == code
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize("content", ["", "====", "no base64!", "QUJD\\nQUJD"])
def test_a_picture_that_is_none_is_refused(content: str) -> None:
    answer = HEAD + f",'file':{{'media_type':'image/png','content':'{content}'}}}}"
    with pytest.raises(UnavailableError, match="driver_answer"):
        read_device(says(answer), ReadingKind.CAMERA)


@pytest.mark.parametrize("kind", sorted(FILE_NEEDED - {ReadingKind.SCAN}))
def test_a_missing_picture_is_refused(kind: ReadingKind) -> None:
    with pytest.raises(UnavailableError, match="driver_answer"):
        read_device(says(HEAD + "}"), kind)


def test_what_a_driver_leaves_behind_is_killed_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "child"
    child = f"import os,time; open({str(mark)!r},'w').write(str(os.getpid())); time.sleep(60)"
    text = (
        f"import subprocess\nsubprocess.Popen([sys.executable,'-c',{child!r}])\n"
        f"m={str(mark)!r}\n"
        "while not (os.path.exists(m) and open(m).read()): time.sleep(.05)\n"
        "print(json.dumps({'contract':1,'request':r['request'],'status':'nothing'}))"
    )
    with pytest.raises(UnavailableError, match="driver_nothing"):
        read_device(program(text), ReadingKind.IDENTITY)
    until = time.monotonic() + 10
    while _lives(int(mark.read_text())):
        assert time.monotonic() < until
        time.sleep(0.05)


def _lives(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    # Killed and not yet fetched by init is dead enough.
    return status.rpartition(")")[2].split()[0] != "Z"


def test_every_code_of_the_agent_that_the_manual_explains_is_one_it_answers_with() -> None:
    root = Path(__file__).parents[3]
    manual = (root / "docs/manual/exit-codes.md").read_text("utf-8")
    (chapter,) = [part for part in manual.split("\n## ") if part.startswith("窗口设备程序")]
    explained = {
        code
        for row in re.findall(r"^\| (`[^|]+) \| \d", chapter, re.MULTILINE)
        for code in re.findall(r"`([a-z_]+)`", row)
    }
    # Some it hands on: what the zone answers, what every program says.
    sources = [
        path.read_text("utf-8")
        for folder in ("extranet_zone/window", "kernel")
        for path in (root / folder).rglob("*.py")
    ]
    assert len(explained) > 5
    assert [code for code in explained if not any(f'"{code}"' in text for text in sources)] == []
