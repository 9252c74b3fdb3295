"""What changed between two editions, key by key, as an administrator reads it before publishing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kernel.catalogue.edition import Edition
from kernel.catalogue.tables import Table

MAX_CHANGES: Final = 2000
_KEYS: Final = ("code", "role", "number")
"""What names a row of a list; rows are compared by name, not by place."""


@dataclass(frozen=True, slots=True)
class Change:
    """One key that differs; ``before`` or ``after`` is empty where there is nothing."""

    where: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Diff:
    """Between two editions: items that came and went, and every key that differs."""

    before: int
    after: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changes: tuple[Change, ...]
    more: int
    """How many changes are not listed."""


def diff(before: Edition, after: Edition) -> Diff:
    """Every difference, items by code, lists by the code of their rows."""
    old, new = ({item.code for item in edition.items} for edition in (before, after))
    changes = list(_changes("", _plain(before), _plain(after), skip={"number"}))
    kept = [change for change in changes if not _is_whole_item(change.where)]
    return Diff(
        before=before.number,
        after=after.number,
        added=tuple(sorted(new - old)),
        removed=tuple(sorted(old - new)),
        changes=tuple(kept[:MAX_CHANGES]),
        more=max(0, len(kept) - MAX_CHANGES),
    )


def _plain(table: Table) -> dict[str, Any]:
    return table.model_dump(by_alias=True, exclude_defaults=True)


def _is_whole_item(where: str) -> bool:
    return where.startswith("items[") and where.endswith("]") and where.count("[") == 1


def _changes(where: str, before: Any, after: Any, skip: set[str]) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after} - skip):
            below = f"{where}.{key}" if where else key
            yield from _changes(below, before.get(key), after.get(key), set())
        return
    named = _by_name(before), _by_name(after)
    if named[0] is not None and named[1] is not None:
        for name in sorted({*named[0], *named[1]}):
            yield from _changes(f"{where}[{name}]", named[0].get(name), named[1].get(name), set())
        return
    if before != after:
        yield Change(where, _words(before), _words(after))


def _by_name(value: Any) -> dict[str, Any] | None:
    """Rows of a list by what names them; nothing is an empty list."""
    if value is None:
        return {}
    if not isinstance(value, (list, tuple)):
        return None
    found: dict[str, Any] = {}
    for row in value:
        key = next((key for key in _KEYS if isinstance(row, Mapping) and key in row), None)
        if key is None or str(row[key]) in found:
            return None
        found[str(row[key])] = row
    return found


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, (list, tuple)):
        return "；".join(_words(part) for part in value)
    if isinstance(value, Mapping):
        return "，".join(f"{key}={_words(part)}" for key, part in value.items())
    return str(value)
