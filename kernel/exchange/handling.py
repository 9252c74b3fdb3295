"""Turns a service that takes a body into a handler of messages."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from kernel.exchange.admission import Handler, Received
from kernel.messages import Body

B = TypeVar("B", bound=Body)


def taking(kind: type[B], function: Callable[[Session, B, int], None]) -> Handler:
    """A handler that calls ``function(session, body, received_at)`` with a body of ``kind``."""

    def handle(session: Session, received: Received) -> None:
        body = received.message.body
        if not isinstance(body, kind):
            raise TypeError(f"a route promises {kind.__name__}, the message has another body")
        function(session, body, received.received_at)

    return handle
