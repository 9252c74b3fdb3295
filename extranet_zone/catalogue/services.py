"""Reading the catalogue: every item file is checked, or the program does not start."""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from extranet_zone.catalogue.schema import CatalogueItem
from kernel.errors import NotFoundError, SettingsError

ITEMS_FOLDER: Final = Path(__file__).parent / "items"
MAX_ITEMS: Final = 500


class Catalogue:
    """The service items in force, by code; immutable."""

    def __init__(self, items: Sequence[CatalogueItem]) -> None:
        self._items: Final = {item.code: item for item in items}
        if len(self._items) != len(items):
            raise SettingsError("catalogue_duplicate", "事项目录中有重复的事项代码")

    def __iter__(self) -> Iterator[CatalogueItem]:
        return iter(self._items.values())

    def __contains__(self, code: object) -> bool:
        return code in self._items

    def item(self, code: str) -> CatalogueItem:
        """The item with this code.

        Raises :class:`NotFoundError` with code ``item_unknown``.
        """
        try:
            return self._items[code]
        except KeyError:
            raise NotFoundError("item_unknown", "事项目录中没有这个事项", item=code[:40]) from None

    def title_of(self, code: str) -> str:
        """The item's title, or its code when it has left the catalogue."""
        return self._items[code].title if code in self._items else code


def load_catalogue(folder: Path = ITEMS_FOLDER) -> Catalogue:
    """Read every ``*.toml`` of ``folder``.

    Raises :class:`SettingsError`: ``catalogue_empty``, ``catalogue_unreadable``,
    ``catalogue_invalid`` (the message names the file and the key) or ``catalogue_duplicate``.
    """
    paths = sorted(folder.glob("*.toml"))[: MAX_ITEMS + 1]
    if not 1 <= len(paths) <= MAX_ITEMS:
        raise SettingsError("catalogue_empty", f"事项目录 {folder} 中没有事项或事项过多")
    return Catalogue([_load_item(path) for path in paths])


def _load_item(path: Path) -> CatalogueItem:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError("catalogue_unreadable", f"事项文件 {path.name} 无法读取") from error
    try:
        item = CatalogueItem.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "（整个文件）"
        raise SettingsError(
            "catalogue_invalid", f"事项文件 {path.name} 有误——{key}：{first['msg']}"
        ) from None
    if item.code != path.stem:
        raise SettingsError("catalogue_invalid", f"事项文件 {path.name} 的文件名与事项代码不符")
    return item
