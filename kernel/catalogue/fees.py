"""The registration fee of a case, line by line (不动产登记费); amounts in fen; pure.

The first certificate is in the fee, every further one costs its paper. An exemption leaves a part
of the fee or nothing; of several that apply the most favourable counts. Taxes are not computed
here: the tax authority assesses them.
"""

from dataclasses import dataclass

from kernel.catalogue.conditions import Subjects, Truth, evaluate
from kernel.catalogue.edition import Edition, Exemption
from kernel.catalogue.item import Item
from kernel.errors import InvalidValueError

MAX_CERTIFICATES = 100


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One line of the bill."""

    title: str
    fen: int
    basis: str


@dataclass(frozen=True, slots=True)
class Bill:
    """What is owed; ``open_points`` say in Chinese what must be known before the bill is final."""

    lines: tuple[FeeLine, ...]
    open_points: tuple[str, ...] = ()

    @property
    def fen(self) -> int:
        """The whole."""
        return sum(line.fen for line in self.lines)


def bill(
    edition: Edition, item: Item, subjects: Subjects, certificates: int = 1, granted: str = ""
) -> Bill:
    """The fee of one case with ``certificates`` certificates (each co-owner may ask for one).

    ``granted`` is the code of an exemption an officer grants from the papers. Raises
    :class:`InvalidValueError`: ``fee_certificates``, ``fee_exemption``.
    """
    if not 0 <= certificates <= MAX_CERTIFICATES:
        raise InvalidValueError("fee_certificates", f"证书本数应为 0 至 {MAX_CERTIFICATES}")
    if granted and granted not in item.fee.exemptions:
        raise InvalidValueError("fee_exemption", "该事项没有这项减免")
    if item.fee.rate == "none":
        return Bill(())
    table, residential = edition.fees, subjects.get("unit.residential")
    open_points: tuple[str, ...] = ()
    if residential is None:
        open_points = ("不动产用途尚未核实，按非住宅预计",)
    dwelling = residential == frozenset({"yes"})
    lines = [
        FeeLine(
            "不动产登记费（住宅类，每件）" if dwelling else "不动产登记费（非住宅类，每件）",
            table.dwelling_fen if dwelling else table.other_fen,
            table.basis,
        )
    ]
    if further := max(0, certificates - table.free_certificates):
        title = f"证书工本费（另加 {further} 本）"
        lines.append(FeeLine(title, further * table.further_certificate_fen, table.basis))
    if best := _best_exemption(edition, item, subjects, granted, lines[0].fen):
        waived = lines[0].fen - best.charged(lines[0].fen)
        lines.append(FeeLine(f"减免：{best.title}", -waived, best.basis))
    return Bill(tuple(lines), open_points)


def fee_words(edition: Edition, item: Item) -> str:
    """The fee as the guide tells it."""
    if item.fee.rate == "none":
        return "不收费"
    table = edition.fees
    words = (
        f"住宅 {table.dwelling_fen // 100} 元/件，非住宅 {table.other_fen // 100} 元/件；"
        f"含 {table.free_certificates} 本证书，每增加一本 {table.further_certificate_fen // 100} 元"
    )
    return words + ("；税款由税务部门核定" if item.tax.involved else "")


def _best_exemption(
    edition: Edition, item: Item, subjects: Subjects, granted: str, fen: int
) -> Exemption | None:
    applying = [
        rule
        for rule in edition.fees.exemptions
        if rule.code in item.fee.exemptions
        and (
            rule.code == granted
            or (rule.when is not None and evaluate(rule.when, subjects) is Truth.YES)
        )
    ]
    return min(applying, key=lambda rule: rule.charged(fen), default=None)
