"""docs/requirements.md names what is there: every path, every test, every number of the plan."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/requirements.md").read_text("utf-8")
ROWS = [line for line in TEXT.splitlines() if re.match(r"\| (?!no\.|---)", line)]
NUMBERS = [
    *range(1, 12),
    *range(20, 32),
    *range(40, 47),
    *range(50, 71),
    *range(80, 91),
]
"""The numbers of the plan's requirements."""
FOLDERS = (
    "",
    "extranet_zone",
    "extranet_zone/cases/services",
    "internet_zone",
    "kernel",
    "docs",
    "ansible",
)


def spans(column: str) -> list[str]:
    return re.findall(r"`([^`]+)`", column)


def columns(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split(" | ")]


def is_there(name: str, beside: Path | None) -> Path | None:
    """The path that a row names, from the root, a usual folder, or beside the one before it."""
    if name.startswith("test_"):
        return next(iter(ROOT.glob(f"tests/**/{name}")), None)
    places = [ROOT / folder / name for folder in FOLDERS]
    if beside is not None:
        places.insert(0, beside.parent / name)
    return next((place for place in places if place.exists()), None)


def lost_paths(text: str) -> list[str]:
    lost = []
    for row in text.splitlines():
        before = None
        for name in spans(row):
            if not re.fullmatch(r"[\w./-]+(\.(py|md|toml|ya?ml)|/)", name) or name.startswith("/"):
                continue
            found = is_there(name, before)
            if found is None:
                lost.append(name)
            before = found or before
    return lost


def lost_tests(text: str) -> list[str]:
    known = "\n".join(path.read_text("utf-8") for path in ROOT.glob("tests/**/test_*.py"))
    named = {name for name in spans(text) if re.fullmatch(r"test_\w+", name)}
    return sorted(name for name in named if f"def {name}(" not in known)


def test_every_path_that_is_named_exists() -> None:
    assert lost_paths("`extranet_zone/cases/no_such.py`, `kernel/clock.py`") == [
        "extranet_zone/cases/no_such.py"
    ]
    assert lost_paths(TEXT) == []


def test_every_test_that_is_named_exists() -> None:
    assert lost_tests("`test_no_such_thing`") == ["test_no_such_thing"]
    assert lost_tests(TEXT) == []


def test_every_number_of_the_plan_has_its_row_or_is_later_work() -> None:
    numbers = {int(found) for row in ROWS for found in re.findall(r"S-(\d\d)\b", columns(row)[0])}
    assert [number for number in NUMBERS if number not in numbers] == []


def test_no_row_stands_twice() -> None:
    heads = [columns(row)[0] + columns(row)[1] for row in ROWS]
    assert [head for head in heads if heads.count(head) > 1] == []


def test_every_row_of_something_that_is_there_names_code_and_test() -> None:
    rows = [columns(row) for row in ROWS if len(columns(row)) > 2]
    assert len(rows) > 40
    assert [row[0] for row in rows if not (spans(row[3]) and spans(row[4]))] == []
