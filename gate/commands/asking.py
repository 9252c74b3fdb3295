"""Leaving a request for the zone's exchange beside this spool, and waiting for its answer."""

import getpass
import time
from typing import Final

from gate.settings import GateSettings
from kernel import requests
from kernel.clock import SystemClock, now_micros
from kernel.errors import RefusedError, UnavailableError
from kernel.requests import Answer, Value

_POLL_SECONDS: Final = 0.2


def operator() -> str:
    """Who asks, as the system knows them."""
    try:
        return f"os:{getpass.getuser()}"[:64]
    except (KeyError, OSError):
        return "os:unknown"


def ask_exchange(
    settings: GateSettings, kind: str, body: dict[str, Value], wait: float
) -> tuple[str, Answer]:
    """Ask, and wait up to ``wait`` seconds; answers the request's id and what was said.

    Raises :class:`RefusedError` with the exchange's own code when it refuses, and
    :class:`UnavailableError` (``no_answer``) when nobody answered in time: the request stays and is
    done when the zone's worker runs again.
    """
    folder = settings.spool.folder
    asked = requests.ask(folder, kind, body, operator(), now_micros(SystemClock()))
    deadline = time.monotonic() + wait
    while (said := requests.answered(folder, kind, asked)) is None:
        if time.monotonic() > deadline:
            raise UnavailableError(
                "no_answer", f"请求 {asked} 已留下，后台作业尚未答复；其启动后会自动执行"
            )
        time.sleep(_POLL_SECONDS)
    if "error" in said:
        raise RefusedError(str(said["error"]), str(said.get("message", "请求被拒绝")))
    return asked, said
