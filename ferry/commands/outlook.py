"""What the timetable says, in words for a terminal."""

from collections.abc import Iterator, Sequence
from typing import Final

from ferry.timetable import Call, Outlook, Proposal
from kernel.clock import beijing_text, from_micros

MAX_LISTED: Final = 20
"""Cases of one kind that are named; ``--json`` has them all."""


def words_of(outlook: Outlook) -> Iterator[str]:
    """The next trip with its cases, and what else depends on trips."""
    if outlook.proposal is not None:
        yield from _proposal(outlook.proposal)
    else:
        yield "下一次摆渡：没有待运内容，或没有设定车次（timetable.trips）"
    if outlook.missed_at is not None:
        yield f"逾时：{_when(outlook.missed_at)} 的车次没有出发"
    if outlook.reviewing:
        yield f"尚在审核的办件 {len(outlook.reviewing)} 件，审结后也须按时送出："
        yield from _listed(outlook.reviewing)
    if outlook.underway:
        yield f"已送出、对端尚未确认的办件 {outlook.underway} 件"


def _proposal(found: Proposal) -> Iterator[str]:
    kind = "加开车次" if found.extra else "常规车次"
    latest = "" if found.leave_by is None else f"；最迟 {_when(found.leave_by)} 出发"
    yield f"下一次摆渡：{_when(found.leave_at)}（{kind}）{latest}"
    for words, calls in (
        ("已来不及按承诺时限办结，请立即送出", found.late),
        ("须由本次送出，否则超过承诺时限", found.must),
        ("可由本次或以后的车次送出", found.may),
    ):
        if calls:
            yield f"{words}的办件 {len(calls)} 件："
            yield from _listed(calls)


def _listed(calls: Sequence[Call]) -> Iterator[str]:
    for call in calls[:MAX_LISTED]:
        latest = "—" if call.leave_by is None else _when(call.leave_by)
        yield f"  {call.case_no}  承诺 {_when(call.due_at)}  最迟送出 {latest}"
    if len(calls) > MAX_LISTED:
        yield f"  …… 另有 {len(calls) - MAX_LISTED} 件"


def _when(at: int) -> str:
    return beijing_text(from_micros(at))
