"""A view as Ansible reads it: hosts, their groups, and the variables with where each is said."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from preflight.problems import Place, Problem
from preflight.source import Document, Path_, read

GROUP: Final = "tongban"
HOSTS_FILE: Final = "hosts.yml"
_GROUP_KEYS: Final = {"hosts", "vars", "children"}


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a host; ``path`` is where it stands within its document."""

    value: Any
    document: Document
    path: Path_

    def place(self, *inside: str | int) -> Place:
        """Where the variable stands, or what is ``inside`` of it."""
        return self.document.place((*self.path, *inside))


@dataclass(slots=True)
class Host:
    """One host with what holds for it."""

    name: str
    place: Place
    variables: dict[str, Variable] = field(default_factory=dict)


@dataclass(slots=True)
class View:
    """All of it; ``folder`` is what ``{{ inventory_dir }}`` means."""

    folder: Path
    hosts: list[Host] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def load(path: Path) -> View:
    """Read the view at ``path``: a folder with ``hosts.yml``, or such a file itself.

    Raises :class:`preflight.problems.UnreadableError`.
    """
    hosts_file = path / HOSTS_FILE if path.is_dir() else path
    view = View(hosts_file.parent)
    document = read(hosts_file)
    view.problems += document.problems
    groups = document.value if isinstance(document.value, dict) else {}
    if set(groups) != {GROUP} or not isinstance(groups.get(GROUP), dict):
        view.problems.append(
            document.place().problem("inventory_shape", f"主机清单应当只有 {GROUP} 一个组")
        )
        return view
    group = groups[GROUP]
    for key in sorted(set(group) - _GROUP_KEYS | ({"children"} & set(group))):
        view.problems.append(
            document.place((GROUP, key)).problem("inventory_shape", f"组里不应有 {key}", key)
        )
    hosts = group.get("hosts")
    if not isinstance(hosts, dict) or not hosts:
        view.problems.append(document.place((GROUP,)).problem("inventory_shape", "没有主机"))
        return view
    shared = _merge(
        view,
        *_files(view.folder / "group_vars", "all"),
        (document, (GROUP, "vars"), group.get("vars")),
        *_files(view.folder / "group_vars", GROUP),
    )
    for name, inline in hosts.items():
        place = document.place((GROUP, "hosts", name))
        own = _merge(
            view,
            (document, (GROUP, "hosts", name), inline),
            *_files(view.folder / "host_vars", name),
        )
        view.hosts.append(Host(name, place, {**shared, **own}))
    return view


Part = tuple[Document, Path_, Any]


def _files(folder: Path, name: str) -> Iterator[Part]:
    """The files that hold the variables of ``name``, in the order in which Ansible reads them."""
    paths = [folder / f"{name}{suffix}" for suffix in ("", ".yml", ".yaml", ".json")]
    inside = sorted((folder / name).rglob("*")) if (folder / name).is_dir() else []
    for path in [*paths, *inside]:
        if path.is_file() and path.suffix in ("", ".yml", ".yaml", ".json"):
            document = read(path)
            yield document, (), document.value


def _merge(view: View, *parts: Part) -> dict[str, Variable]:
    merged: dict[str, Variable] = {}
    for document, path, values in parts:
        if not path:
            view.problems += document.problems
        if values is None:
            continue
        if not isinstance(values, dict):
            place = document.place(path)
            view.problems.append(place.problem("inventory_shape", "这里应当是变量表"))
            continue
        for name, value in values.items():
            merged[name] = Variable(value, document, (*path, name))
    return merged
