"""Everything of one report, and the same as sheets of an Excel file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from extranet_zone.cases.ports import Actor
from extranet_zone.cases.states import Mode
from extranet_zone.clocks.services.keeper import ClockKeeper
from extranet_zone.sheets import Cell, Sheet
from extranet_zone.statistics.services.counts import (
    Counts,
    Measure,
    Reason,
    Row,
    Spread,
    counts,
    reasons,
    trend,
)
from extranet_zone.statistics.services.money import Issued, Money, issued, money
from extranet_zone.statistics.services.scope import Scope
from extranet_zone.statistics.services.times import Kept, Times, times
from kernel import audit
from kernel.vocabulary.districts import CITIES

TitleOf = Callable[[Session, str, int], str]


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a scope; ``titles`` names each item that occurs, ``cities`` each authority."""

    scope: Scope
    counts: Counts
    trend: list[Spread]
    kept: Kept
    reasons: list[Reason]
    money: Money
    issued: list[Issued]
    titles: Mapping[str, str]
    cities: Mapping[str, str]
    mode_names: Mapping[str, str]


def make_report(
    session: Session,
    keeper: ClockKeeper,
    title_of: TitleOf,
    scope: Scope,
    now: int,
    *,
    with_reasons: bool,
) -> Report:
    """Read everything; ``with_reasons`` only for those who may read cases: reasons name people."""
    counted, kept = counts(session, scope), times(session, keeper, scope)
    codes = {*counted.by_item, *(line.item for line in kept.by_item)}
    return Report(
        scope=scope,
        counts=counted,
        trend=trend(session, scope),
        kept=kept,
        reasons=reasons(session, scope) if with_reasons else [],
        money=money(session, scope),
        issued=issued(session, scope),
        titles={code: title_of(session, code, now) for code in sorted(codes)},
        cities={city.code: city.name for city in CITIES},
        mode_names={mode.value: mode.label for mode in Mode},
    )


def record_export(session: Session, scope: Scope, actor: Actor, ground: str, rows: int) -> None:
    """Keep who took the figures away, which, and on what ground."""
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act="statistics.exported",
            object_kind="statistics",
            object_id=f"{scope.first.isoformat()}/{scope.last.isoformat()}",
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            detail={"ground": ground, "rows": rows, "clerk": scope.clerk},
        ),
    )


def sheets(report: Report) -> list[Sheet]:
    """The report as sheets; amounts in yuan."""
    note = f"{report.scope.first.isoformat()} 至 {report.scope.last.isoformat()}"
    if report.scope.clerk:
        note += f"　经办人 {report.scope.clerk}"
    found = report.counts
    parts = [
        ("全部", {"": found.total}, {"": "合计"}),
        ("事项", found.by_item, report.titles),
        ("方式", found.by_mode, report.mode_names),
        ("代其他机构收件", found.for_others, report.cities),
        ("其他机构代收", found.from_others, report.cities),
    ]
    rows = [
        _counted(part, names.get(key, key), row)
        for part, group, names in parts
        for key, row in sorted(group.items(), key=lambda pair: -sum(pair[1].values()))
    ]
    measures = [measure.label for measure in Measure]
    return [
        Sheet("办件数量", ["分类", "名称", *measures], rows, note),
        Sheet(
            "时限",
            ["时限", "事项", "已结束", "按时", "临期", "超期", "无法计算", "中位数", "九成以内"],
            [_timed(line, report) for line in (*report.kept.by_kind, *report.kept.by_item)],
            f"{note}　用时以工作日计",
            cut=report.kept.cut,
        ),
        Sheet(
            "未予登记原因",
            ["环节", "告知的原因", "件数"],
            [[line.act, line.words, line.count] for line in report.reasons],
            note,
        ),
        Sheet(
            "税费",
            ["项目", "应缴笔数", "应缴（元）", "其中金额未定", "已缴笔数", "已缴（元）"],
            _paid(report.money),
            note,
        ),
        Sheet(
            "证书",
            ["种类", "缮证", "领用空白证书", "作废空白证书"],
            [[one.kind.label, one.made, one.used, one.spoiled] for one in report.issued],
            note,
        ),
    ]


def _counted(part: str, name: str, row: Row) -> list[Cell]:
    return [part, name, *(row[measure] for measure in Measure)]


def _paid(found: Money) -> list[list[Cell]]:
    rows: list[list[Cell]] = [
        [
            one.label,
            one.billed,
            one.billed_fen / 100,
            one.unknown,
            one.paid,
            one.paid_fen / 100,
        ]
        for one in found.sums
    ]
    return rows + [[label, count] for label, count in found.exemptions]


def _timed(line: Times, report: Report) -> list[Cell]:
    name = report.titles.get(line.item, line.item)
    numbers = [line.ended, line.on_time, line.amber, line.late, line.unknown]
    return [line.kind.label, name, *numbers, line.median, line.ninety]
