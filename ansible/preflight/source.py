"""YAML with the line of every value; what Ansible would take silently is named here.

A key that stands twice is a problem (YAML takes the last), ``!vault`` values are known as secrets,
and a file that is encrypted as a whole is left alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from preflight.problems import Place, Problem, UnreadableError

MAX_FILE_BYTES: Final = 1024 * 1024
VAULT_HEADER: Final = b"$ANSIBLE_VAULT;"
_VAULT_TAGS: Final = ("!vault", "!vault-encrypted")
Path_ = tuple[str | int, ...]


class Vault(str):
    """A value that only Ansible can read."""

    __slots__ = ()


@dataclass(slots=True)
class Document:
    """One file: its values as plain Python, and where each of them stands."""

    file: Path
    value: Any = None
    lines: dict[Path_, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path_ = ()) -> Place:
        """Where the value at ``path`` stands, or the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return Place(self.file, self.lines.get(path, 1))


def read(file: Path) -> Document:
    """Read one YAML file.

    Raises :class:`UnreadableError`: ``inventory_unreadable`` or ``inventory_syntax``.
    """
    document = Document(file)
    try:
        raw = file.read_bytes()
    except OSError as error:
        problem = Place(file, 1).problem("inventory_unreadable", f"文件无法读取：{error.strerror}")
        raise UnreadableError(problem) from None
    if raw.startswith(VAULT_HEADER):
        return document
    if len(raw) > MAX_FILE_BYTES:
        raise UnreadableError(Place(file, 1).problem("inventory_unreadable", "文件过大"))
    try:
        node = yaml.compose(raw.decode("utf-8"), Loader=yaml.SafeLoader)
    except (yaml.MarkedYAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = Place(file, line).problem("inventory_syntax", "不是有效的 YAML")
        raise UnreadableError(problem) from None
    if node is not None:
        document.value = _value(node, (), document)
    return document


def _value(node: yaml.Node, path: Path_, document: Document) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, path, document))
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*path, n), document) for n, child in enumerate(node.value)]
    if node.tag in _VAULT_TAGS:
        return Vault()
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError):
        place = Place(document.file, node.start_mark.line + 1)
        words = f"不认识的标记或写法：{node.value[:40] or node.tag}"
        raise UnreadableError(place.problem("inventory_syntax", words)) from None


def _pairs(node: yaml.MappingNode, path: Path_, document: Document) -> Iterator[tuple[str, Any]]:
    seen = set()
    for key_node, value_node in node.value:
        key = str(key_node.value)
        place = Place(document.file, key_node.start_mark.line + 1)
        if key in seen:
            document.problems.append(
                place.problem("inventory_duplicate", f"{key} 写了两次，只有后一个会生效", key)
            )
        seen.add(key)
        document.lines[(*path, key)] = place.line
        yield key, _value(value_node, (*path, key), document)
