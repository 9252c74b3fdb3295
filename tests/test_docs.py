"""What the documents say exists: links lead somewhere, commands and exit codes are all there."""

import configparser
import re
import subprocess
from pathlib import Path

import click
import pytest
from bundle.__main__ import main as bundle

from extranet_zone.__main__ import main as extranet
from extranet_zone.window.agent.__main__ import main as window_agent
from extranet_zone.window.agent.simulated import main as simulated
from ferry.__main__ import ferry
from gate.__main__ import gate
from internet_zone.__main__ import main as internet
from intranet_zone.__main__ import main as intranet
from kernel import errors
from kernel.handover.__main__ import main as handover
from kernel.keys.__main__ import main as keys
from kernel.version import VERSION

ROOT = Path(__file__).parents[1]
PROGRAMS: dict[str, click.Command] = {
    "gate": gate,
    "ferry": ferry,
    "internet_zone": internet,
    "extranet_zone": extranet,
    "extranet_zone.window.agent": window_agent,
    "extranet_zone.window.agent.simulated": simulated,
    "intranet_zone": intranet,
    "kernel.keys": keys,
    "kernel.handover": handover,
    "bundle": bundle,
}
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def _documents() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in listed.stdout.split()]


def _commands(command: click.Command, path: str) -> list[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        return [(path, command)]
    return [
        leaf
        for name, child in command.commands.items()
        for leaf in _commands(child, f"{path} {name}")
    ]


LEAVES = [leaf for name, group in PROGRAMS.items() for leaf in _commands(group, name)]


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        (str(document.relative_to(ROOT)), target)
        for document in _documents()
        for target in _LINK.findall(document.read_text("utf-8"))
        if "://" not in target
        and not target.startswith("mailto:")
        and not (document.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=[path for path, _ in LEAVES])
def test_every_command_has_help_in_chinese(path: str, command: click.Command) -> None:
    assert re.search(r"[\u4e00-\u9fff]", command.help or ""), path
    for option in command.params:
        if isinstance(option, click.Option):
            assert re.search(r"[\u4e00-\u9fff]", option.help or ""), (path, option.name)


@pytest.mark.parametrize("path", [path for path, _ in LEAVES])
def test_every_command_is_in_a_document(path: str) -> None:
    texts = " ".join(document.read_text("utf-8") for document in _documents())
    assert re.search(rf"\b{re.escape(path.rsplit(maxsplit=1)[-1])}\b", texts), path


def test_every_exit_code_is_explained() -> None:
    text = (ROOT / "docs/manual/exit-codes.md").read_text("utf-8")
    listed = set(re.findall(r"^\| (\d+) \|", text, re.MULTILINE))
    codes = {str(value) for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert codes <= listed


def test_release_is_called_the_same_everywhere() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    assert setup["metadata"]["version"] == VERSION
    for sample in (ROOT / "ansible/inventories").glob("*.sample"):
        text = (sample / "group_vars/tongban/zone.yml").read_text("utf-8")
        assert f"tongban__version: {VERSION}\n" in text
    manual = (ROOT / "docs/manual/sysadmin.md").read_text("utf-8")
    assert f"tongban-{VERSION}-debian12-amd64.tar" in manual
