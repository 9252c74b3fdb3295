"""What the station must have: keys, people, a whole ledger, one file system, room, the time."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ferry import inventory
from ferry.alarming import STOCK_LOW
from ferry.doctor.finding import Finding, bad, good, warning
from ferry.ledger.book import View
from ferry.ledger.states import MediumState, Role
from ferry.settings import FerrySettings
from ferry.station import Station
from kernel.clock import beijing_text, from_micros, now_micros
from kernel.errors import TongbanError
from kernel.keys import InternationalSuite, Purpose, keyid_of
from kernel.words import size_text

EARLIEST: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No station of this program was ever set up before."""
_HUMANS: Final = (Role.MAKER, Role.APPROVER, Role.COURIER, Role.CUSTODIAN)


@dataclass(frozen=True, slots=True)
class State:
    """A station that could be opened."""

    station: Station

    @property
    def _settings(self) -> FerrySettings:
        return self.station.settings

    def findings(self) -> Iterator[Finding]:
        """Everything about the station; the ledger is read once."""
        yield from self.keys()
        yield self.one_file_system()
        yield self.space()
        try:
            view = self.station.book.view()
        except TongbanError as error:
            yield bad("ledger", error.message, "停止使用，交审计人员；不要手工改动台账")
            yield self.clock(None)
            return
        yield from self.ledger(view)
        yield self.clock(view)
        yield self.people()
        if self._settings.side == "export":
            yield self.stock(view)
        yield self.inventory(view)

    def keys(self) -> Iterator[Finding]:
        """Who may sign for the other side, and with what this side signs."""
        now = self.station.clock.now()
        wanted = {Purpose.CARRY: "写盘站公钥", Purpose.SEAL: "封装公钥"}
        lacking = [name for purpose, name in wanted.items() if not self._trusts(purpose, now)]
        if lacking:
            words = f"信任文件中没有来源网有效的{'和'.join(lacking)}"
            yield bad("trust", words, "向来源网索取 public.toml 条目并入，见系统管理员手册")
        else:
            yield good("trust", "信任文件中有来源网的封装公钥和写盘站公钥")
        if self._settings.side == "export":
            yield self._station_key(now)

    def _trusts(self, purpose: Purpose, now: datetime) -> bool:
        try:
            self.station.trust.current(self.station.origin, purpose, now)
        except TongbanError:
            return False
        return True

    def _station_key(self, now: datetime) -> Finding:
        remedy = "执行 python -m kernel.keys station 生成，公钥并入各网信任文件"
        try:
            public = InternationalSuite().signing_public(self.station.station_key())
            known = self.station.trust.require(keyid_of(public), Purpose.CARRY, now)
        except TongbanError as error:
            words = f"写出的介质会被拒收：{error.message}"
            return bad("station_key", words, remedy)
        if known.zone is not self.station.origin:
            return bad("station_key", f"写盘站密钥是{known.zone.label}的", remedy)
        return good("station_key", "写盘站密钥有效，只有本账号能读")

    def one_file_system(self) -> Finding:
        """The spool works by linking and renaming, which no two file systems share."""
        spool = self.station.spool.folder
        home = spool.stat().st_dev
        folders = [path for path in (spool, *spool.rglob("*")) if path.is_dir()]
        apart = [str(path.relative_to(spool)) for path in folders if path.stat().st_dev != home]
        if apart:
            return bad(
                "spool",
                f"交换目录跨了文件系统：{'、'.join(apart[:5])}",
                "整个交换目录必须在同一文件系统上，取消其中的挂载",
            )
        return good("spool", "交换目录在同一文件系统上")

    def space(self) -> Finding:
        """Room for an image: built before it is written, or repaired before it is read."""
        folder = self._settings.state.folder
        free, needed = shutil.disk_usage(folder).free, self._settings.medium.capacity
        words = f"状态目录剩余 {size_text(free)}，一张介质的映像需要 {size_text(needed)}"
        if free < needed:
            return bad("space", words, "清理磁盘，或把状态目录放到更大的磁盘")
        if free < 2 * needed:
            return warning("space", words, "一次摆渡有几张介质时不够，先清理磁盘")
        return good("space", words)

    def clock(self, view: View | None) -> Finding:
        """The time of day against what is already written; instants are evidence, never order."""
        now = self.station.clock.now()
        remedy = "校正系统时钟（hwclock、timedatectl），内网没有授时的按值班电话对时"
        if now < EARLIEST:
            return bad("clock", f"系统时间 {beijing_text(now)} 明显不对", remedy)
        last = max((line.at for line in view.lines), default=0) if view else 0
        if last > now_micros(self.station.clock):
            return bad(
                "clock",
                f"系统时间 {beijing_text(now)} 早于台账最后一行 {beijing_text(from_micros(last))}",
                remedy,
            )
        return good("clock", f"系统时间 {beijing_text(now)}（北京时间）")

    def ledger(self, view: View) -> Iterator[Finding]:
        """The chain holds; half lines were left by power cuts."""
        yield good("ledger", f"介质台账 {len(view.lines)} 行，摘要相连、签名相符")
        torn = sorted(self._settings.state.folder.glob("ledger.torn-*"))
        if torn:
            yield warning(
                "ledger_torn",
                f"断电留下过 {len(torn)} 段写了一半的台账行",
                "检查电源；文件留存备查，台账本身完好",
            )

    def people(self) -> Finding:
        """Every post is filled, and nobody is maker and approver."""
        active = [one for one in self.station.operators.all() if one.active]
        wanted = _HUMANS if self._settings.side == "export" else (Role.CUSTODIAN,)
        empty = [role.label for role in wanted if not any(role in one.roles for one in active)]
        if empty:
            return warning(
                "operators", f"没有人担任：{'、'.join(empty)}", "执行 ferry operator add 登记"
            )
        return good("operators", f"操作员 {len(active)} 人，岗位齐全")

    def stock(self, view: View) -> Finding:
        """Blank media of the kind that is asked for."""
        kind = self._settings.medium.kind
        blank = [one for one in view.in_state(MediumState.IN_STOCK) if one.kind == kind]
        if len(blank) < STOCK_LOW:
            words = f"在库空白的 {kind} 介质只有 {len(blank)} 张"
            return warning("stock", words, "购买并执行 ferry stock 登记")
        return good("stock", f"在库空白的 {kind} 介质 {len(blank)} 张")

    def inventory(self, view: View) -> Finding:
        """The shelf was counted lately, and nothing that was missing then is still unexplained."""
        found = inventory.standing(view, self._settings.side, now_micros(self.station.clock))
        if found.empty:
            return good("inventory", "没有应在本处的介质")
        if found.due:
            words = f"已有 {found.days} 天没有盘点"
            return warning("inventory", words, "执行 ferry inventory begin")
        if found.missing:
            return warning(
                "inventory",
                f"上次盘点缺少的介质还有 {found.missing} 张没有说明",
                "查找，或执行 ferry lost 报失",
            )
        return good("inventory", "盘点在期内" if found.counted else "还没有到第一次盘点的时候")
