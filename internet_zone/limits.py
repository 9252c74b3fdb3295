"""How often one address may do what costs or what can be guessed at: a fixed window a page.

Counts live in the process, bounded, and are lost when it restarts: they protect, they are no
record. With several web processes each counts by itself, so the effective limit is theirs together.
"""

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, g, request

from kernel.clock import Clock
from kernel.errors import TooManyRequestsError

MAX_TRACKED: Final = 20_000
"""Windows that are remembered; beyond this the oldest are forgotten."""
_IPV6_PREFIX: Final = 64
"""What one household or one attacker has of IPv6."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` requests in every ``seconds``."""

    count: int
    seconds: int


class Windows:
    """Counts requests by page and address."""

    def __init__(self, limits: Mapping[str, Limit], clock: Clock) -> None:
        """Limit the endpoints of ``limits``."""
        self._limits = dict(limits)
        self._clock = clock
        self._counts: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def admit(self, endpoint: str, address: str) -> int:
        """Count a request; answers 0, or the seconds to wait when it is one too many."""
        limit = self._limits.get(endpoint)
        if limit is None:
            return 0
        now = int(self._clock.now().timestamp())
        window = now // limit.seconds
        key = (endpoint, household(address))
        with self._lock:
            then, count = self._counts.get(key, (window, 0))
            count = count + 1 if then == window else 1
            self._counts[key] = (window, count)
            self._counts.move_to_end(key)
            while len(self._counts) > MAX_TRACKED:
                self._counts.popitem(last=False)
        return 0 if count <= limit.count else (window + 1) * limit.seconds - now


def household(address: str) -> str:
    """The address, or of IPv6 the network that one subscriber has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 4:  # noqa: PLR2004 - IPv4
        return address
    return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False).network_address)


def install(app: Flask, windows: Windows, is_counted: Callable[[], bool]) -> None:
    """Refuse what comes too often before anything else of the request is looked at.

    ``is_counted`` says whether the present request is one of those that cost.
    """

    def admit() -> None:
        wait = windows.admit(request.endpoint or "", request.remote_addr or "")
        if wait:
            g.retry_after = wait
            raise TooManyRequestsError(
                "too_many_requests", "操作过于频繁，请稍后再试", retry_after=wait
            )

    def admit_counted() -> None:
        if is_counted():
            admit()

    app.before_request_funcs.setdefault(None, []).insert(0, admit_counted)

    @app.after_request
    def say_when(response: Response) -> Response:
        if "retry_after" in g:
            response.headers["Retry-After"] = str(g.retry_after)
        return response
