"""Everything that needs a person now, from the exchange and from the carriers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kernel.alarms import Alarm, worst_first
from kernel.exchange.alarms import exchange_alarms
from kernel.exchange.models import StreamOutState
from kernel.quarantine import undecided
from kernel.web.exchange_console import streams
from kernel.web.exchange_console.carriers import (
    CarrierRow,
    carriers,
    disk_alarms,
    spool_disk,
)
from kernel.web.exchange_console.desk import Desk
from kernel.web.exchange_console.patience import Patience
from kernel.words import duration_text


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything the overview and the metrics tell, looked up once; the worst alarms first."""

    peers: tuple[streams.Peer, ...]
    origins: tuple[streams.Origin, ...]
    carriers: tuple[CarrierRow, ...]
    undecided: int
    """Files in quarantine that nobody decided about."""
    alarms: tuple[Alarm, ...]


def survey(desk: Desk, session: Session, now: int) -> Survey:
    """Look at everything."""
    peers = streams.peers(session, desk.zone)
    origins = streams.origins(session, desk.spool, desk.zone)
    rows = carriers(desk.zone, desk.spool, now)
    gate = next((row.facts for row in rows if row.program == "gate-send"), None)
    patience = Patience.now(desk.settings, gate, now)
    marks = desk.settings.marks
    found = list(disk_alarms(spool_disk(desk.spool, marks), marks))
    # Carriers beside the same disk say the same; once is enough.
    said = {alarm.code for alarm in found}
    found += [alarm for row in rows for alarm in row.alarms if alarm.code not in said]
    for peer in peers:
        found += peer_alarms(peer, patience, now)
    for origin in origins:
        found += origin_alarms(origin, patience, now)
    found += exchange_alarms(session, desk.zone, now)
    found += desk.further_alarms(session, now)
    waiting = undecided(desk.spool, desk.book)
    if waiting:
        found.append(Alarm("quarantine_waiting", f"{len(waiting)} 个文件", waiting[-1].at))
    return Survey(peers, origins, rows, len(waiting), worst_first(found))


def peer_alarms(peer: streams.Peer, patience: Patience, now: int) -> Iterator[Alarm]:
    """What is wrong with what we send."""
    for row in peer.streams:
        name = f"发往{peer.label}的“{row.label}”"
        wait = patience.to_take(peer.by, row.stream)
        if row.oldest_sealed is not None and now - row.oldest_sealed > wait:
            yield Alarm("not_carried", f"{name}有 {row.sealed} 个待承运", row.oldest_sealed)
        # What we send is confirmed by what comes back, and that may be a ferry.
        late = patience.of(peer.by) + patience.of(peer.back)
        if row.oldest_carried is not None and now - row.oldest_carried > late:
            yield Alarm("confirmation_late", f"{name}有 {row.carried} 个在途", row.oldest_carried)
        if row.exhausted:
            words = f"{name}有 {row.exhausted} 个包多次补发仍未到"
            yield Alarm("resend_exhausted", words, row.exhausted_at)
        if row.state is StreamOutState.DISAGREES:
            yield Alarm("receipt_disagrees", name, row.state_at)
        if row.state is StreamOutState.RECONCILING:
            yield Alarm("stream_reconciling", name, row.state_at)


def origin_alarms(origin: streams.Origin, patience: Patience, now: int) -> Iterator[Alarm]:
    """What is wrong with what we receive, the other side's silence first."""
    if origin.beacon_at is None:
        yield Alarm("peer_silent", f"从未收到{origin.label}的信标")
    elif now - origin.beacon_at > patience.of(origin.by):
        age = duration_text(now - origin.beacon_at)
        yield Alarm("peer_silent", f"{age}没有收到{origin.label}的信标", origin.beacon_at)
    for row in origin.streams:
        name = f"来自{origin.label}的“{row.label}”"
        if not row.active:
            yield Alarm("stream_halted", f"{name}停在第 {row.sequence} 号")
        if row.missing:
            yield Alarm("stream_gap", f"{name}缺 {row.missing} 个：{ranges_text(row.ranges)}")


def ranges_text(ranges: Iterable[tuple[int, int]]) -> str:
    """``3、7 至 9``."""
    return "、".join(f"{first} 至 {last}" if first < last else str(first) for first, last in ranges)
