"""What two people's agreement does to a halted stream: it goes on from what it had applied."""

from sqlalchemy.orm import Session

from kernel.errors import ConflictError, NotFoundError
from kernel.exchange.models import StreamIn, StreamInState
from kernel.vocabulary.zones import Stream, Zone


def stream_of(session: Session, origin: str, stream: str) -> StreamIn:
    """A stream that this zone receives.

    Raises :class:`NotFoundError` (``stream_unknown``).
    """
    unknown = NotFoundError("stream_unknown", "没有这个交换流")
    try:
        found = session.get(StreamIn, (Zone(origin), Stream(stream)))
    except ValueError:
        raise unknown from None
    if found is None:
        raise unknown
    return found


def resume(stream: StreamIn) -> None:
    """Let a halted stream go on.

    Raises :class:`ConflictError` (``stream_active``).
    """
    if stream.state is not StreamInState.HALTED:
        raise ConflictError("stream_active", "该交换流没有停止")
    stream.state = StreamInState.ACTIVE
