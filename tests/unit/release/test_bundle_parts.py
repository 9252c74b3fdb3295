"""What goes into a bundle: each host's own programs, what they import, and nothing by chance."""

import ast
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from bundle.debian import Package, read_list
from bundle.kinds import KINDS, HostKind
from bundle.project import build_project_wheel, imported, requirements_of
from bundle.target import Target
from bundle.tree import files_below
from bundle.wheels import Wheel, closure, read_wheel
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from kernel.errors import SettingsError, UnavailableError

ROOT = Path(__file__).parents[3]
TARGET = Target("amd64")
PROGRAMS = {"internet_zone", "extranet_zone", "intranet_zone", "gate", "ferry"}


@pytest.fixture(scope="module")
def locked() -> dict[str, Wheel]:
    """The installed distributions, as their wheels would say of themselves."""
    modules: dict[str, set[str]] = {}
    for module, names in metadata.packages_distributions().items():
        for name in names:
            modules.setdefault(canonicalize_name(name), set()).add(module)
    return {
        (name := canonicalize_name(found.metadata["Name"])): Wheel(
            Path(f"{name}.whl"),
            name,
            found.version,
            tuple(Requirement(line) for line in found.requires or ()),
            frozenset(modules.get(name, ())),
        )
        for found in metadata.distributions()
    }


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_hosts_wheel_holds_the_kernel_and_its_own_programs(
    locked: dict[str, Wheel], kind: HostKind, tmp_path: Path
) -> None:
    built = build_project_wheel(ROOT, kind, locked, tmp_path)
    with zipfile.ZipFile(built.path) as archive:
        names = archive.namelist()
        scripts = [n for n in names if n.endswith("entry_points.txt")]
        commands = archive.read(scripts[0]).decode() if scripts else ""
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == set(kind.packages)
    # Everything the programs read beside their code is there: pages, fonts, items, revisions.
    expected = set(files_below(ROOT, *kind.packages))
    assert expected == {name for name in names if ".dist-info/" not in name}
    assert {line.partition(" = ")[0] for line in commands.splitlines() if "=" in line} == (
        set(kind.programs) & {"gate", "ferry"}
    )


def test_the_same_files_make_the_same_wheel(locked: dict[str, Wheel], tmp_path: Path) -> None:
    kind = KINDS[0]
    first = build_project_wheel(ROOT, kind, locked, tmp_path / "one").path
    other = build_project_wheel(ROOT, kind, locked, tmp_path / "two").path
    assert first.read_bytes() == other.read_bytes()
    written = first.stat().st_mtime_ns
    again = build_project_wheel(ROOT, kind, locked, tmp_path / "one").path
    assert (again, again.stat().st_mtime_ns) == (first, written)


def test_each_host_needs_only_what_its_programs_import(locked: dict[str, Wheel]) -> None:
    needed = {
        kind.name: {
            wheel.name
            for wheel in closure(
                requirements_of(ROOT, kind, files_below(ROOT, *kind.packages), locked),
                locked,
                TARGET,
            )
        }
        for kind in KINDS
    }
    assert {"shapely", "pyproj"} <= needed["intranet"]
    assert not {"shapely", "pyproj"} & (needed["internet"] | needed["extranet"])
    assert "pyudev" not in needed["internet"]
    assert all({"flask", "psycopg", "psycopg-binary"} <= names for names in needed.values())
    assert not any({"pytest", "setuptools", "mypy"} & names for names in needed.values())


def test_an_import_that_no_wheel_serves_is_refused(
    locked: dict[str, Wheel], tmp_path: Path
) -> None:
    (tmp_path / "setup.cfg").write_text((ROOT / "setup.cfg").read_text("utf-8"), "utf-8")
    (tmp_path / "kernel.py").write_text("import flask\n")
    kind = HostKind("internet", ("internet_zone",))
    found = requirements_of(tmp_path, kind, ["kernel.py"], locked)
    assert [requirement.name for requirement in found] == ["flask", "psycopg"]
    # Another host's program is such an import: it would be missing there.
    (tmp_path / "kernel.py").write_text("def late() -> None:\n    import gate.carry\n")
    with pytest.raises(UnavailableError) as caught:
        requirements_of(
            tmp_path,
            kind,
            ["kernel.py"],
            {n: w for n, w in locked.items() if "gate" not in w.modules},
        )
    assert caught.value.code == "wheel_missing"
    assert "gate" in caught.value.message


def test_every_program_has_a_host() -> None:
    assert {program for kind in KINDS for program in kind.programs} == PROGRAMS
    assert all(kind.packages[0] == "kernel" for kind in KINDS)


def test_imports_are_found_wherever_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        "import os\nimport flask.views as v, gate\nfrom . import near\n"
        "def late():\n    from sqlalchemy.orm import Session\n"
    )
    assert ast.parse(path.read_text())
    assert imported([path]) == {"flask", "gate", "sqlalchemy"}


def wheel(name: str, *requires: str) -> Wheel:
    return Wheel(
        Path(f"{name}.whl"), name, "1", tuple(map(Requirement, requires)), frozenset({name})
    )


def test_the_closure_follows_extras_and_the_targets_markers() -> None:
    wheels = {
        found.name: found
        for found in (
            wheel("a", "b", "c; extra == 'more'", "d; sys_platform == 'win32'"),
            wheel("b", "a", 'e; python_version < "3.12"', 'f; platform_machine == "aarch64"'),
            wheel("c"),
            wheel("e"),
            wheel("f"),
        )
    }

    def names(target: Target, *roots: str) -> list[str]:
        return [one.name for one in closure(map(Requirement, roots), wheels, target)]

    assert names(TARGET, "a") == ["a", "b", "e"]
    assert names(TARGET, "a[more]") == ["a", "b", "c", "e"]
    assert names(Target("arm64"), "a") == ["a", "b", "e", "f"]


def test_a_gap_in_the_lock_is_refused() -> None:
    with pytest.raises(UnavailableError) as caught:
        closure([Requirement("a")], {"a": wheel("a", "b")}, TARGET)
    assert caught.value.code == "wheel_missing"


def test_a_wheel_tells_its_name_modules_and_needs(tmp_path: Path) -> None:
    path = tmp_path / "Some_Name-1.2-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("some/__init__.py", "")
        archive.writestr("single.py", "")
        archive.writestr(
            "Some_Name-1.2.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: Some-Name\nRequires-Dist: flask>=3\n\nRequires-Dist: x\n",
        )
    found = read_wheel(path)
    assert (found.name, found.version) == ("some-name", "1.2")
    assert {"some", "single"} <= found.modules
    assert [str(one) for one in found.requires] == ["flask>=3"]


def test_a_package_list_names_packages_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "role.txt"
    path.write_text("# why\nnginx\tTLS\n\npostgresql-15-postgis-3  # maps\n")
    assert read_list(path) == ("nginx", "postgresql-15-postgis-3")
    for wrong in ("--option", "nginx=1.2", "../nginx", "Nginx", "nginx -y"):
        path.write_text(f"openssl\n{wrong}\n")
        with pytest.raises(SettingsError) as caught:
            read_list(path)
        assert caught.value.code == "package_list_invalid"
        assert "第 2 行" in caught.value.message


def test_every_package_of_every_role_has_a_reason() -> None:
    lists = sorted((ROOT / "ansible" / "packages").glob("*.txt"))
    assert lists
    for path in lists:
        assert read_list(path)
        for line in path.read_text("utf-8").splitlines():
            assert line.startswith("#") or line.partition("\t")[2].strip(), (path.name, line)


def test_files_are_named_as_archives_name_them() -> None:
    package = Package("zlib1g", "1:1.2.13.dfsg-1", "amd64")
    assert package.cached_name == "zlib1g_1%3a1.2.13.dfsg-1_amd64.deb"
    assert package.file_name == "zlib1g_1.2.13.dfsg-1_amd64.deb"
