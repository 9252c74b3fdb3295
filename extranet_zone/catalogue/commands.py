"""``catalogue …``: checking, loading, listing and comparing editions; marks on units."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import click

from extranet_zone.catalogue.diff import Diff, diff
from extranet_zone.catalogue.document import catalogue_document
from extranet_zone.catalogue.marks import load_marks, read_marks
from extranet_zone.catalogue.publishing import publish
from extranet_zone.catalogue.reading import PACKAGED, packaged_number, read_edition
from extranet_zone.catalogue.services import Catalogue, load_edition, loaded_editions
from kernel.catalogue.edition import Edition
from kernel.clock import beijing_text, from_micros
from kernel.db import Database
from kernel.materials import MaterialsStore
from kernel.program.cli import emit, json_option, settings_option
from kernel.vocabulary.effects import Effect

ACTOR: Final = "system:catalogue"
SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the commands work on."""

    database: Database
    catalogue: Catalogue
    store: MaterialsStore
    now: int

    def load(self, edition: Edition, actor: str) -> tuple[bool, list[int]]:
        """Load and publish in one transaction: whether it is new, which numbers were published."""
        with self.database.begin() as session:
            loaded = load_edition(session, edition, actor, self.now)
            return loaded.is_new, publish(session, self.catalogue, self.store, self.now)

    def seed(self) -> bool:
        """Load the edition that comes with the program, where there is none yet."""
        with self.database.reading() as session:
            if loaded_editions(session):
                return False
        return self.load(read_edition(PACKAGED), ACTOR)[0]


Opener = Callable[[Path], AbstractContextManager[Shelf]]


def catalogue_group(opener: Opener, recordable: Collection[Effect]) -> click.Group:
    """The commands; ``opener`` opens what they work on from a settings file.

    ``recordable`` are the effects the register can record.
    """
    group = click.Group("catalogue", help="事项清单：检查、装入、比较版本，生成文档")
    for command in (
        _check(recordable),
        _load(opener),
        _list(opener),
        _diff(opener),
        _marks(opener),
    ):
        group.add_command(command)
    group.add_command(_document())
    return group


def _check(recordable: Collection[Effect]) -> click.Command:
    @click.command("check", help="检查一个版本的文件夹或 ZIP 压缩包，不装入")
    @click.argument("path", type=click.Path(path_type=Path))
    @json_option
    def check(path: Path, *, as_json: bool) -> None:
        edition = read_edition(path)
        closed = Catalogue(recordable).closed(edition)
        emit(
            as_json,
            {"number": edition.number, "items": len(edition.items), "closed": closed},
            f"第 {edition.number} 版（{edition.name}）格式正确：完整事项 {len(edition.items)} 个，"
            f"106 项中列出 {len(edition.slots)} 项"
            + "".join(f"\n暂不受理 {code}：{reason}" for code, reason in closed.items()),
        )

    return check


def _load(opener: Opener) -> click.Command:
    @click.command("load", help="装入一个新版本并发布到门户；重复装入同一版不起作用")
    @click.argument("path", type=click.Path(path_type=Path), required=False)
    @click.option("--packaged", is_flag=True, help="装入软件自带的版本（升级软件以后）")
    @settings_option
    @json_option
    def load(path: Path | None, settings_path: Path, *, packaged: bool, as_json: bool) -> None:
        if (path is None) != packaged:
            raise click.UsageError("请给出路径，或者用 --packaged 装入软件自带的版本，二者取一")
        edition = read_edition(path or PACKAGED)
        with opener(settings_path) as shelf:
            is_new, published = shelf.load(edition, ACTOR)
        words = "已装入" if is_new else "早已装入，没有变化"
        emit(
            as_json,
            {"number": edition.number, "loaded": is_new, "published": published},
            f"第 {edition.number} 版（{edition.name}）{words}，自 {edition.valid_from} 起施行；"
            f"发布到门户：{'、'.join(map(str, published)) or '没有新内容'}",
        )

    return load


def _list(opener: Opener) -> click.Command:
    @click.command("list", help="列出已装入的版本，及从收到清单到发布的时间")
    @settings_option
    @json_option
    def listing(settings_path: Path, *, as_json: bool) -> None:
        with opener(settings_path) as shelf, shelf.database.reading() as session:
            rows = loaded_editions(session)
            current = shelf.catalogue.in_force(session, shelf.now).number if rows else None
        data = [
            {
                "number": row.number,
                "name": row.name,
                "received_on": row.received_on,
                "valid_from": row.valid_from,
                "published_at": row.published_at,
                "digest": row.digest,
                "in_force": row.number == current,
            }
            for row in rows
        ]
        lines = [
            f"第 {row.number} 版{'（现行）' if row.number == current else ''} {row.name}："
            f"收到 {row.received_on}，施行 {row.valid_from}，"
            + (
                f"发布 {beijing_text(from_micros(row.published_at))}"
                if row.published_at
                else "未发布"
            )
            for row in rows
        ]
        packaged = packaged_number()
        if rows and packaged > rows[0].number:
            lines.append(f"软件自带的第 {packaged} 版尚未装入：catalogue load --packaged")
        emit(as_json, data, "\n".join(lines) or "尚未装入任何版本")

    return listing


def _diff(opener: Opener) -> click.Command:
    @click.command("diff", help="比较两个已装入的版本，逐项列出变化")
    @click.argument("before", type=click.IntRange(1))
    @click.argument("after", type=click.IntRange(1))
    @settings_option
    @json_option
    def compare(before: int, after: int, settings_path: Path, *, as_json: bool) -> None:
        with opener(settings_path) as shelf, shelf.database.reading() as session:
            found = diff(
                shelf.catalogue.edition(session, before), shelf.catalogue.edition(session, after)
            )
        emit(as_json, asdict(found), _diff_text(found))

    return compare


def _diff_text(found: Diff) -> str:
    lines = [f"第 {found.before} 版 → 第 {found.after} 版"]
    lines += [f"新增 {code}" for code in found.added] + [f"删除 {code}" for code in found.removed]
    lines += [f"{c.where}：{c.before or '（无）'} → {c.after or '（无）'}" for c in found.changes]
    if len(lines) == 1:
        lines.append("没有变化")
    if found.more:
        lines.append(f"……另有 {found.more} 处变化")
    return "\n".join(lines)


def _marks(opener: Opener) -> click.Command:
    @click.command("marks", help="装入历史遗留、问题楼盘、未测绘单元的标记清单（TOML）")
    @click.argument("path", type=click.Path(path_type=Path))
    @settings_option
    @json_option
    def marks(path: Path, settings_path: Path, *, as_json: bool) -> None:
        listed = read_marks(path)
        with opener(settings_path) as shelf, shelf.database.begin() as session:
            added = load_marks(session, listed, ACTOR, shelf.now)
        emit(
            as_json,
            {"listed": len(listed.marks), "added": added},
            f"清单共 {len(listed.marks)} 条，新增 {added} 条",
        )

    return marks


def _document() -> click.Command:
    @click.command("document", help="输出随软件提供的事项清单（docs/catalogue.md 的内容）")
    def document() -> None:
        click.echo(catalogue_document(read_edition(PACKAGED)), nl=False)

    return document
