"""Claims about sound and light after a reading: right, bounded, and never a shell."""

import os
import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from ferry.settings import SignalSettings
from ferry.signals import give


@pytest.mark.parametrize(("good", "lit"), [(True, ("1\n", "0\n")), (False, ("0\n", "1\n"))])
def test_one_light_is_lit_and_the_other_put_out(
    tmp_path: Path, *, good: bool, lit: tuple[str, str]
) -> None:
    lights = tmp_path / "good", tmp_path / "bad"
    for light in lights:
        light.write_text("255\n")
    give(SignalSettings(good_light=lights[0], bad_light=lights[1]), good=good)
    assert tuple(light.read_text() for light in lights) == lit


def test_a_light_that_is_missing_is_not_made_and_stops_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for light in (tmp_path / "missing", tmp_path / "pipe", tmp_path):
        give(SignalSettings(good_light=light), good=True)
    assert not (tmp_path / "missing").exists()


def test_a_command_is_run_as_it_stands_without_a_shell(tmp_path: Path) -> None:
    heard = tmp_path / "heard; touch wrong $(touch worse)"
    settings = SignalSettings(
        good_command=["/usr/bin/touch", str(heard)], bad_command=["/usr/bin/touch", "/nowhere/x"]
    )
    give(settings, good=True)
    give(settings, good=False)
    assert [path.name for path in tmp_path.iterdir()] == [heard.name]


def test_a_command_that_does_not_end_is_ended_with_all_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "still-here"
    script = tmp_path / "player"
    script.write_text(f"#!/bin/sh\n(sleep 2; touch {mark}) &\nsleep 600\n")
    script.chmod(0o755)
    give(SignalSettings(good_command=[str(script)], seconds=0.5), good=True)
    time.sleep(2.5)
    assert not mark.exists()


def test_a_program_that_is_missing_stops_nothing(tmp_path: Path) -> None:
    give(SignalSettings(bad_command=[str(tmp_path / "missing")]), good=False)


@pytest.mark.parametrize("command", [[], ["aplay", "x.wav"], ["/bin/true"] * 21, "aplay"])
def test_a_command_without_its_whole_path_is_refused(command: object) -> None:
    with pytest.raises(ValidationError):
        SignalSettings.model_validate({"good_command": command})
