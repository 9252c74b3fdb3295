"""What operators ask of running programs: small durable files below the spool, answered likewise.

A request is one JSON file ``requests/<kind>-<id>.json``; the program whose kind it is does it,
writes ``answers/<kind>-<id>.json`` and then removes the request. Cut off between, it is done again:
every request is harmless when repeated under its id.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from kernel.durable import remove_durably, write_durably
from kernel.errors import InvalidValueError

MAX_REQUESTS: Final = 100
"""Taken in one look; the rest by the next."""
MAX_REQUEST_BYTES: Final = 64 * 1024
MAX_ANSWERS: Final = 1000
_NAME: Final = re.compile(r"([a-z]{1,20})-([0-9a-f]{32})\.json")

Value = str | int | None
Answer = dict[str, object]


@dataclass(frozen=True, slots=True)
class Request:
    """One wish; ``asked_at`` is microseconds UTC, ``by`` a login or the system's user."""

    kind: str
    id: str
    by: str
    asked_at: int
    body: Mapping[str, Value]

    def text(self, key: str) -> str | None:
        """A text of the body; None when it is missing or something else."""
        value = self.body.get(key)
        return value if isinstance(value, str) else None

    def number(self, key: str) -> int | None:
        """A whole number of the body; None when it is missing or something else."""
        value = self.body.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def ask(spool: Path, kind: str, body: Mapping[str, Value], by: str, now: int) -> str:
    """Leave a request; answers its id.

    Raises :class:`InvalidValueError` (``request_large``) and what a full disk raises.
    """
    request = Request(kind, secrets.token_hex(16), by, now, dict(body))
    content = json.dumps(asdict(request), ensure_ascii=False).encode()
    if len(content) > MAX_REQUEST_BYTES:
        raise InvalidValueError("request_large", "请求内容过长")
    folder = spool / "requests"
    folder.mkdir(parents=True, exist_ok=True)
    with write_durably(folder / f"{kind}-{request.id}.json") as file:
        file.write(content)
    return request.id


def waiting(spool: Path, kind: str) -> tuple[Request, ...]:
    """Requests of ``kind`` that wait, the oldest first; what is no request is removed."""
    found: list[Request] = []
    for path in sorted((spool / "requests").glob(f"{kind}-*.json"))[:MAX_REQUESTS]:
        request = _read(path)
        if request is None:
            path.unlink(missing_ok=True)
        else:
            found.append(request)
    return tuple(sorted(found, key=lambda request: (request.asked_at, request.id)))


def answer(spool: Path, request: Request, said: Answer) -> None:
    """Say what was done, then remove the request."""
    folder = spool / "answers"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{request.kind}-{request.id}.json"
    with write_durably(folder / name) as file:
        file.write(json.dumps(said, ensure_ascii=False, indent=1).encode())
    remove_durably(spool / "requests" / name)
    old = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)[:-MAX_ANSWERS]
    for path in old:
        path.unlink(missing_ok=True)


def answered(spool: Path, kind: str, request_id: str) -> Answer | None:
    """What was said to a request; None while it waits."""
    try:
        said = json.loads((spool / "answers" / f"{kind}-{request_id}.json").read_bytes())
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) else None


def _read(path: Path) -> Request | None:
    match = _NAME.fullmatch(path.name)
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(MAX_REQUEST_BYTES))
        request = Request(
            kind=str(said["kind"]),
            id=str(said["id"]),
            by=str(said["by"])[:64],
            asked_at=int(said["asked_at"]),
            body=dict(said["body"]),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return request if match and match.groups() == (request.kind, request.id) else None
