"""The table of faults names tests that exist, and every fault that was asked for is in it."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "docs" / "spec" / "ferry-faults.md"
_ROW = re.compile(r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[a-z_/]+\.py)::([a-z_0-9]+)`")
ASKED_FOR = (
    *(
        "pulled while writing",
        "pulled while reading",
        "truncated image",
        "unreadable",
        "wrong order",
    ),
    *("twice", "month ago", "copy of a disc", "another zone", "test system", "revoked key"),
    *("forged manifest", "names that climb", "links", "devices", "100 000 tiny files", "a bomb"),
    *("second partition", "another file system", "full disk, writing", "full disk, reading"),
    *("kill at every", "power cut", "clock years off", "wrote garbage", "label and content differ"),
)


def rows() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every fault with its tests."""
    found = _ROW.findall(TABLE.read_text("utf-8"))
    return [(fault, _TEST.findall(tests)) for fault, tests in found if fault != "fault"]


def exists(file: str, name: str) -> bool:
    path = ROOT / file
    if not path.is_file():
        return False
    defined = ast.parse(path.read_text("utf-8")).body
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in defined)


def test_every_test_of_the_table_exists() -> None:
    known = [row for row in rows() if not row[0].startswith("---")]
    assert len(known) > len(ASKED_FOR)
    assert [fault for fault, tests in known if not tests] == []
    gone = [(file, name) for _, tests in known for file, name in tests if not exists(file, name)]
    assert gone == []


def test_every_fault_that_was_asked_for_is_in_the_table() -> None:
    faults = " | ".join(fault for fault, _ in rows())
    assert [words for words in ASKED_FOR if words not in faults] == []


def test_a_name_that_does_not_exist_would_be_noticed() -> None:
    here = "tests/unit/ferry/test_fault_table.py"
    assert exists(here, "test_a_name_that_does_not_exist_would_be_noticed")
    assert not exists(here, "test_that_was_renamed")
    assert not exists("tests/unit/ferry/test_gone.py", "test_anything")
