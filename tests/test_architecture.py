"""The rules between the parts hold, and the checks that say so bite."""

import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest
from sqlalchemy import LargeBinary

ROOT = Path(__file__).parents[1]
PACKAGES = ("kernel", "internet_zone", "extranet_zone", "intranet_zone", "gate", "ferry")
CODE_FOLDERS = {*PACKAGES, "ansible", "tests", "docs"}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache", "--config", str(folder / "setup.cfg")],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("static", "fonts")
        )
    shutil.copy(ROOT / "setup.cfg", folder)
    return folder


def test_the_rules_hold(copy: Path) -> None:
    done = lint_imports(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("place", "line", "contract"),
    [
        ("gate/status.py", "import ferry.ledger", "Programs never import one another"),
        ("extranet_zone/roles.py", "import internet_zone.roles", "Programs never import"),
        ("kernel/carriage.py", "import gate.status", "The kernel knows no program"),
        ("intranet_zone/reviews/models.py", "import intranet_zone.reviews.services", "the layer"),
        ("kernel/vocabulary/unit.py", "import sqlalchemy", "know neither web nor"),
        ("extranet_zone/cases/states.py", "import flask", "know neither web nor"),
        ("extranet_zone/window/agent/zone.py", "import kernel.db", "The window agent runs on"),
        ("ferry/planning.py", "import kernel.web.frame", "never reach the web"),
        ("gate/carry.py", "import kernel.bundle.seal", "hold no sealing key"),
        ("extranet_zone/cases/document.py", "import kernel.bundle.seal", "Only the exchange"),
    ],
)
def test_a_planted_forbidden_import_is_caught(
    copy: Path, place: str, line: str, contract: str
) -> None:
    path = copy / place
    before = path.read_text("utf-8")
    path.write_text(f"{before}\n{line}\n", "utf-8")
    try:
        done = lint_imports(copy)
    finally:
        path.write_text(before, "utf-8")
    assert done.returncode == 1
    broken = done.stdout.partition("Broken contracts")[2]
    assert contract in " ".join(broken.split())


def test_only_the_fixed_top_level_folders_hold_code() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    assert {path.partition("/")[0] for path in tracked} <= CODE_FOLDERS


@pytest.mark.parametrize("zone", ["internet_zone", "extranet_zone", "intranet_zone"])
def test_capabilities_of_a_zone_form_no_import_cycle(zone: str) -> None:
    graph = grimp.build_graph(zone, include_external_packages=False)
    for child in graph.find_children(zone):
        graph.squash_module(child)
    arrows = {
        child: {
            found
            for found in graph.find_modules_directly_imported_by(child)
            if found not in (zone, child)
        }
        for child in graph.find_children(zone)
    }
    while leaves := {child for child, found in arrows.items() if not found}:
        arrows = {child: found - leaves for child, found in arrows.items() if child not in leaves}
    assert arrows == {}


def test_the_extranet_holds_no_geometry() -> None:
    import extranet_zone.app  # noqa: PLC0415, F401 - loads every model
    from extranet_zone.db import Base  # noqa: PLC0415 - as above

    words = ("geom", "wkb", "wkt", "coord", "shape", "lon", "lat", "polygon")
    columns = [
        (table.name, column) for table in Base.metadata.tables.values() for column in table.columns
    ]
    assert len(columns) > 50
    for table, column in columns:
        parts = column.name.split("_")
        assert not any(word in parts for word in words), (table, column.name)
        assert not isinstance(column.type, LargeBinary), (table, column.name)
