"""Every verb an operator was promised is there, and answers programs as well as people."""

import click
import pytest

from ferry.__main__ import ferry

VERBS = (
    *("plan", "request", "approve", "export", "burn", "verify", "label", "handover", "inspect"),
    *("ingest", "recover", "ledger", "inventory", "resume", "eject", "doctor"),
)
REHEARSED = (
    *("request", "approve", "withdraw", "export", "burn", "label", "handover", "ingest", "resume"),
    *("archive", "destroy", "lost", "reject"),
)
FOR_EVER = {"watch", "work"}
"""Run until they are stopped, and answer nothing."""


def leaves(group: click.Group) -> list[click.Command]:
    found: list[click.Command] = []
    for command in group.commands.values():
        found += leaves(command) if isinstance(command, click.Group) else [command]
    return found


def options(command: click.Command) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts}


@pytest.mark.parametrize("verb", VERBS)
def test_the_verb_is_there(verb: str) -> None:
    assert verb in ferry.commands


def test_everything_that_ends_answers_in_json() -> None:
    silent = {command.name for command in leaves(ferry) if "--json" not in options(command)}
    assert silent == FOR_EVER


@pytest.mark.parametrize("verb", REHEARSED)
def test_what_changes_something_can_be_rehearsed(verb: str) -> None:
    assert "--dry-run" in options(ferry.commands[verb])
