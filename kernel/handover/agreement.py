"""Whether the handovers of the zones agree: every disagreement is named, none hides another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kernel.handover import facts
from kernel.handover.certificates import certificate_faults
from kernel.handover.form import Opened
from kernel.keys import Purpose
from kernel.vocabulary.zones import CARRIER_OF, Carrier, Zone

NEEDED: Final = {
    Zone.INTERNET: (Purpose.SEAL, Purpose.RECEIVE),
    Zone.EXTRANET: (Purpose.SEAL, Purpose.RECEIVE, Purpose.CERTIFICATE),
    Zone.INTRANET: (Purpose.SEAL, Purpose.RECEIVE, Purpose.CARRY),
}
"""What each zone must have a valid public key for."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One fact on which two zones differ; ``code`` is stable, ``zone`` is the other one's."""

    code: str
    zone: Zone
    message: str

    def as_json(self) -> dict[str, str]:
        """As commands print it."""
        return {"code": self.code, "zone": self.zone.value, "message": self.message}


def neighbours(zone: Zone) -> tuple[Zone, ...]:
    """The zones that ``zone`` sends to or receives from: it needs to hear from these alone."""
    pairs = [pair for pair in CARRIER_OF if zone in pair]
    return tuple(other for other in Zone if other is not zone and any(other in p for p in pairs))


def disagreements(
    own: Opened,
    others: Sequence[Opened],
    previous: Mapping[Zone, int],
    now: datetime,
) -> tuple[Disagreement, ...]:
    """Everything that keeps ``own``'s zone from relying on ``others``.

    ``previous`` says when the handover was made that was accepted last, microseconds UTC.
    """
    return (
        *_stale(own),
        *_missing(own, others),
        *(found for one in (own, *others) for found in _keys(one, now)),
        *(found for one in (own, *others) for found in _certificates(one, now)),
        *(found for one in others for found in _older(one, previous)),
        *(found for one in others for found in _contract(own, one)),
        *(found for one in others for found in _addresses(own, one)),
    )


def _stale(own: Opened) -> Iterator[Disagreement]:
    """Our own file must say what our own programs say now."""
    said = own.handover
    now = (facts.formats(), facts.streams(), facts.paths(), facts.messages(), facts.code_tables())
    then = (said.formats, said.streams, said.paths, said.messages, said.code_tables)
    if now != then or said.holidays != facts.holidays():
        yield Disagreement(
            "handover_stale", own.zone, "本网的交接文件是用另一版程序生成的，请重新生成并送达"
        )


def _missing(own: Opened, others: Sequence[Opened]) -> Iterator[Disagreement]:
    given = [one.zone for one in others]
    for zone in neighbours(own.zone):
        if zone not in given:
            yield Disagreement("handover_missing", zone, f"缺少{zone.label}的交接文件")
    for zone in dict.fromkeys(given):
        if zone not in neighbours(own.zone):
            yield Disagreement(
                "handover_not_needed",
                zone,
                f"{own.zone.label}与{zone.label}没有直接往来，不应装入它的交接文件",
            )
        if given.count(zone) > 1:
            yield Disagreement("handover_twice", zone, f"{zone.label}的交接文件给了不止一份")


def _keys(one: Opened, now: datetime) -> Iterator[Disagreement]:
    for purpose in NEEDED[one.zone]:
        if not any(key.purpose is purpose and key.is_valid(now) for key in one.keys):
            yield Disagreement(
                "handover_key_missing", one.zone, f"{one.zone.label}没有用途为 {purpose} 的有效公钥"
            )


def _certificates(one: Opened, now: datetime) -> Iterator[Disagreement]:
    """Who listens shows a server certificate, who dials a client's; each is its own authority's."""
    role = {Zone.INTERNET: "server", Zone.EXTRANET: "client"}.get(one.zone)
    if role is None:
        return
    given = one.handover.certificates
    host = (one.handover.uplink or "").removeprefix("https://").rpartition(":")[0]
    for message in certificate_faults(
        given.authority, getattr(given, role), host if role == "server" else None, now
    ):
        yield Disagreement("handover_certificate", one.zone, f"{one.zone.label}的上联{message}")


def _older(one: Opened, previous: Mapping[Zone, int]) -> Iterator[Disagreement]:
    if one.handover.created < previous.get(one.zone, 0):
        yield Disagreement(
            "handover_older", one.zone, f"{one.zone.label}的交接文件比已经采用的那一份旧"
        )


def _contract(own: Opened, other: Opened) -> Iterator[Disagreement]:
    """Formats, streams, paths, messages, code tables and holidays are the same on both sides.

    Zones are upgraded one after the other: what a release may add is judged between zones of one
    release alone, see :func:`until_upgraded`.
    """
    ours, theirs, label = own.handover, other.handover, other.zone.label
    if names := _differing(ours.formats, theirs.formats):
        yield Disagreement("handover_formats", other.zone, f"数据格式与{label}不一致：{names}")
    if ours.software == theirs.software:
        yield from _additions(own, other)
    if ours.streams != theirs.streams:
        yield Disagreement("handover_streams", other.zone, f"交换流及其优先级与{label}不一致")
    if ours.paths != theirs.paths:
        yield Disagreement("handover_paths", other.zone, f"网间通道与{label}不一致")
    # A year that only one side has been told is no contradiction: it is loaded later by the other.
    both = sorted(ours.holidays.keys() & theirs.holidays.keys())
    if years := [year for year in both if ours.holidays[year] != theirs.holidays[year]]:
        listed = "、".join(years)
        yield Disagreement(
            "handover_holidays", other.zone, f"节假日安排与{label}不一致：{listed} 年"
        )


def until_upgraded(own: Opened, other: Opened) -> tuple[str, ...]:
    """What people are told while two zones run different releases.

    A bundle with what the receiving side does not know yet is set aside there and nothing is lost;
    the streams go on when the other zone is upgraded as well.
    """
    if own.handover.software == other.handover.software:
        return ()
    label = other.zone.label
    said = f"{label}的程序是 {other.handover.software}，本网是 {own.handover.software}"
    return (said, *(f"升级到同一版之前，{one.message}" for one in _additions(own, other)))


def _additions(own: Opened, other: Opened) -> Iterator[Disagreement]:
    ours, theirs, label = own.handover, other.handover, other.zone.label
    for code, words, mine, given in (
        ("handover_messages", "消息约定", ours.messages, theirs.messages),
        ("handover_code_tables", "代码表", ours.code_tables, theirs.code_tables),
    ):
        if names := _differing(mine, given):
            yield Disagreement(code, other.zone, f"{words}与{label}不一致：{names}")


def _differing(mine: Mapping[str, str], given: Mapping[str, str]) -> str:
    return "、".join(dict.fromkeys(sorted(name for name, _ in mine.items() ^ given.items())))


def _addresses(own: Opened, other: Opened) -> Iterator[Disagreement]:
    """The two ends of the uplink name the same addresses."""
    if CARRIER_OF.get((own.zone, other.zone)) is not Carrier.UPLINK:
        return
    for code, words, ours, theirs in (
        ("handover_uplink", "上联地址", own.handover.uplink, other.handover.uplink),
        ("handover_portal", "门户地址", own.handover.portal, other.handover.portal),
    ):
        if ours is None or ours != theirs:
            yield Disagreement(
                code,
                other.zone,
                f"{words}与{other.zone.label}不一致："
                f"本网 {ours or '未写'}，对方 {theirs or '未写'}",
            )
