"""The manual pages are what the programs say, and render without a warning."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "setup"))

import make_man

from kernel.alarms import KINDS

GROFF = shutil.which("groff")
COMPLETE = """
source "$0"
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
"_$1_completion" "$1"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize("program", make_man.PROGRAMS)
def test_the_page_is_what_the_command_line_says(program: str) -> None:
    committed = make_man.page_of(program).read_text("utf-8")
    assert committed == make_man.render(program), "make man writes the page anew"


@pytest.mark.parametrize("program", make_man.PROGRAMS)
@pytest.mark.skipif(GROFF is None, reason="needs groff")
def test_the_page_renders_without_warnings(program: str) -> None:
    page = make_man.page_of(program)
    # -rLL: the width of a common terminal; -k: UTF-8 in, -ww: every warning there is.
    command = ["groff", "-man", "-k", "-Tutf8", "-P-cbou", "-rLL=80n", "-ww", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    for name, _command in make_man.leaves(make_man.PROGRAMS[program]):
        assert f"   {program} {name}\n" in done.stdout
    for section in ("名称", "概要", "描述", "命令", "退出码", "文件", "示例", "参见"):
        assert f"\n{section}\n" in done.stdout, section


def test_the_operators_manual_has_every_alarm_metric_and_command() -> None:
    text = make_man.OPERATOR.read_text("utf-8")
    assert text == make_man.operator_manual(), "make man writes the lists anew"
    for code, kind in KINDS.items():
        assert f"\n### {code}\n" in text
        assert kind.remedy in text
    for name, _command in make_man.leaves(make_man.PROGRAMS["gate"]):
        assert f"`gate {name}" in text, name


def test_every_alarm_a_program_raises_is_in_the_catalogue() -> None:
    raised: set[str] = set()
    for folder in ("kernel", "gate", "ferry"):
        for path in (make_man.ROOT / folder).rglob("*.py"):
            text = path.read_text("utf-8")
            raised |= set(re.findall(r'\bAlarm\(\s*"([a-z_]+)"', text))
            # Carriers say their alarms as pairs of a code and words.
            raised |= set(re.findall(r'(?:found|alarms)\.append\(\(\s*"([a-z_]+)"', text))
            if path.name == "alarming.py":
                raised |= set(re.findall(r'yield "([a-z_]+)", ', text))
    assert {"peer_silent", "paused", "stock_low", "folder_not_emptied"} <= raised
    assert {"trip_missed", "deadline_at_risk", "medium_refused", "trip_incomplete"} <= raised
    assert raised <= KINDS.keys()


@pytest.mark.parametrize("program", make_man.PROGRAMS)
def test_committed_completion_is_that_of_the_library(program: str) -> None:
    for path, text in make_man.completions(program).items():
        assert path.read_text("utf-8") == text, "make man writes them anew"


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ferry inv", ["inventory"]),
        ("ferry re", ["recover", "reject", "request", "resume"]),
        ("ferry inventory c", ["close", "count"]),
        ("ferry export --d", ["--device", "--dry-run"]),
        ("ferry operator add x --role ma", ["maker"]),
        ("gate sta", ["status"]),
    ],
)
def test_bash_completes_commands_and_options(
    tmp_path: Path, typed: str, offered: list[str]
) -> None:
    words = typed.split()
    for program in make_man.PROGRAMS:
        script = tmp_path / program
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {program} "$@"\n')
        script.chmod(0o755)
    said = subprocess.run(
        [
            "bash",
            "-c",
            COMPLETE,
            str(make_man.ROOT / "docs" / "completion" / f"{words[0]}.bash"),
            *words,
        ],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        cwd=make_man.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(said.stdout.split()) == offered
