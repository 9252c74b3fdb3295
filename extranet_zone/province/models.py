"""The tables of the province link: calls that wait for their way, and events that came."""

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from extranet_zone.db import Base
from kernel.db import Count, Id, Json, Micros, coded
from kernel.vocabulary.coded import Coded


class CallState(Coded):
    """What became of a call."""

    WAITING = "waiting", "等待发送"
    DELIVERED = "delivered", "对方已接收"
    REFUSED = "refused", "对方拒收"
    EXPIRED = "expired", "逾期未发送"
    WITHDRAWN = "withdrawn", "已撤回"


class ProvinceCall(Base):
    """One call to a counterpart; written with the act that causes it, kept for ever."""

    __tablename__ = "province_call"
    __table_args__ = (Index("ix_province_call_waiting", "state", "next_at"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(64), unique=True)
    case_no: Mapped[str] = mapped_column(String(16), index=True)
    peer: Mapped[str] = mapped_column(String(40))
    body: Mapped[Json]
    digests: Mapped[Json]
    state: Mapped[CallState] = mapped_column(coded(CallState, "state"))
    attempts: Mapped[Count]
    error: Mapped[str] = mapped_column(Text)
    """Why the last attempt failed, or why the counterpart refused."""
    created_at: Mapped[Micros]
    next_at: Mapped[Micros]
    done_at: Mapped[Micros | None]
    expires_at: Mapped[Micros | None]
    """From when it is not sent any more; nothing for never."""
    answer: Mapped[str] = mapped_column(String(200))
    """What the counterpart said last of what it made of the call; empty while it said nothing."""
    answered_at: Mapped[Micros | None]


class EventState(Coded):
    """What became of an event."""

    TAKEN = "taken", "已生效"
    REFUSED = "refused", "未生效，待处理"
    REQUESTED = "requested", "等待重新处理"
    REPLAYED = "replayed", "重新处理后已生效"
    SET_ASIDE = "set_aside", "不再处理"


class ProvinceEvent(Base):
    """One event that the hub delivered, kept for ever as it came."""

    __tablename__ = "province_event"
    __table_args__ = (Index("ix_province_event_state", "state", "received_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    body: Mapped[Json]
    received_at: Mapped[Micros]
    code: Mapped[str] = mapped_column(String(64))
    """Stable code of why it had no effect when it was last tried; empty when it was never refused.

    Such an event waits for a person; the code stays when it took effect later.
    """
    message: Mapped[str] = mapped_column(String(200))
    """The same in Chinese; empty for what was refused before revision e071."""
    state: Mapped[EventState] = mapped_column(coded(EventState, "event_state"))
    settled_by: Mapped[str] = mapped_column(String(64))
    """Who last asked for another try or set it aside; empty for nobody."""
    settled_at: Mapped[Micros | None]
    reason: Mapped[str] = mapped_column(String(200))
    """Why it was set aside."""
