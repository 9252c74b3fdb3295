"""The registration fee of a case, line by line (不动产登记费); amounts in fen; pure.

The first certificate is in the fee, every further one costs its paper. An exemption leaves a part
of the fee or nothing; of several that apply the most favourable counts. An amount that hangs on
what nobody knows yet is unknown, never zero and never guessed. Taxes are not computed here: the tax
authority assesses them.
"""

from dataclasses import dataclass

from kernel.catalogue.conditions import Subjects, Truth, evaluate
from kernel.catalogue.edition import Edition, Exemption
from kernel.catalogue.item import Item
from kernel.errors import InvalidValueError

MAX_CERTIFICATES = 100


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One line of the bill; ``fen`` is nothing while it is unknown."""

    title: str
    fen: int | None
    basis: str


@dataclass(frozen=True, slots=True)
class Bill:
    """What is owed; ``open_points`` say in Chinese what must be known before the bill is final."""

    lines: tuple[FeeLine, ...]
    open_points: tuple[str, ...] = ()

    @property
    def fen(self) -> int | None:
        """The whole; nothing while a line of it is unknown."""
        amounts = [line.fen for line in self.lines if line.fen is not None]
        return sum(amounts) if len(amounts) == len(self.lines) else None


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
    residential = subjects.get("unit.residential")
    if residential is not None:
        dwelling = residential == frozenset({"yes"})
        return Bill(_lines(edition, item, subjects, certificates, granted, dwelling=dwelling))
    either = [
        Bill(_lines(edition, item, subjects, certificates, granted, dwelling=dwelling))
        for dwelling in (True, False)
    ]
    if either[0].fen == either[1].fen:
        return either[0]
    unknown = FeeLine("不动产登记费（每件）", None, edition.fees.basis)
    return Bill((unknown,), ("不动产用途尚未核实，登记费金额未知",))


def grantable(edition: Edition, item: Item) -> tuple[Exemption, ...]:
    """The item's exemptions that do not apply by themselves: an officer grants them from papers."""
    return tuple(
        rule
        for rule in edition.fees.exemptions
        if rule.code in item.fee.exemptions and rule.when is None
    )


def _lines(
    edition: Edition,
    item: Item,
    subjects: Subjects,
    certificates: int,
    granted: str,
    *,
    dwelling: bool,
) -> tuple[FeeLine, ...]:
    table = edition.fees
    fee = table.dwelling_fen if dwelling else table.other_fen
    title = "不动产登记费（住宅类，每件）" if dwelling else "不动产登记费（非住宅类，每件）"
    lines = [FeeLine(title, fee, table.basis)]
    if further := max(0, certificates - table.free_certificates):
        title = f"证书工本费（另加 {further} 本）"
        lines.append(FeeLine(title, further * table.further_certificate_fen, table.basis))
    if best := _best_exemption(edition, item, subjects, granted, fee):
        lines.append(FeeLine(f"减免：{best.title}", best.charged(fee) - fee, best.basis))
    return tuple(lines)


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
