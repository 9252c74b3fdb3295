"""The platform over HTTP: docs/spec/window-device-v1.md, part C, the agent's end."""

import json
from dataclasses import dataclass
from typing import Final

import requests

from extranet_zone.window.agent.settings import ZoneSettings
from extranet_zone.window.contract import (
    MAX_DRIVER_FILE,
    MAX_ORDERS,
    Reading,
    ReadingKind,
    reading_digest,
)
from kernel.errors import ForbiddenError, RefusedError, UnavailableError

TIMEOUT: Final = (5.0, 60.0)
MAX_ANSWER_BYTES: Final = 64 * 1024
_REFUSALS: Final = range(400, 500)
_TRY_AGAIN: Final = frozenset({401, 404, 408, 425, 429})
"""Of the refusals these speak of the moment or of the way, not of what was sent."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One order of the clerk."""

    id: str
    kind: ReadingKind
    reference: str


class Zone:
    """The platform at the settings' address."""

    def __init__(self, settings: ZoneSettings) -> None:
        """Read the token; connect lazily. Raises :class:`SettingsError`: ``window_token_file``."""
        self._url = f"{settings.url}/window/v1"
        self._session = requests.Session()
        # The settings file is the whole truth: no proxy and no authority from the environment.
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {settings.token()}"
        self._session.headers["Accept"] = "application/json"
        if settings.authority_file is not None:
            self._session.verify = str(settings.authority_file)

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def whoami(self) -> tuple[str, str]:
        """Name and authority of this window. Raises as every method here: see :meth:`_call`."""
        match self._json("GET", "/window"):
            case {"window": str(name), "authority": str(authority)}:
                return name, authority
        raise _nonsense()

    def orders(self) -> list[Asked]:
        """What the clerk asked for."""
        match self._json("GET", "/orders"):
            case {"orders": list(items)}:
                return [_asked(item) for item in items[:MAX_ORDERS]]
        raise _nonsense()

    def reference(self, order_id: str) -> bytes:
        """The photo that a face is to be compared with."""
        return self._call("GET", f"/orders/{order_id}/reference", limit=MAX_DRIVER_FILE)

    def fail(self, order_id: str, code: str, message: str) -> None:
        """Say that the device read nothing."""
        body = json.dumps({"code": code, "message": message}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        self._call("POST", f"/orders/{order_id}/failure", data=body, headers=headers)

    def push(self, reading: Reading, key: str, content: bytes) -> bool:
        """Bring a reading; answers whether it is new there. Under one key it has one effect."""
        raw = reading.model_dump_json().encode()
        files: dict[str, tuple[str | None, bytes, str]] = {
            "reading": (None, raw, "application/json")
        }
        if reading.digest:
            files["file"] = ("file", content, reading.media_type)
        headers = {"Idempotency-Key": key, "Reading-Digest": reading_digest(raw)}
        answer = self._open("POST", "/readings", files=files, headers=headers)
        with answer:
            _body(answer, MAX_ANSWER_BYTES)
            return bool(answer.status_code == requests.codes.created)

    def _json(self, method: str, path: str) -> object:
        try:
            found: object = json.loads(self._call(method, path))
        except (ValueError, RecursionError):
            raise _nonsense() from None
        return found

    def _call(
        self, method: str, path: str, *, limit: int = MAX_ANSWER_BYTES, **given: object
    ) -> bytes:
        """Make one call.

        Raises :class:`ForbiddenError` (the token is no good), :class:`RefusedError` with the
        platform's code (it will never take this) and :class:`UnavailableError`
        (``zone_unreachable``, ``zone_answer``: try again).
        """
        with self._open(method, path, **given) as answer:
            return _body(answer, limit)

    def _open(self, method: str, path: str, **given: object) -> requests.Response:
        try:
            answer = self._session.request(
                method,
                self._url + path,
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
                **given,  # type: ignore[arg-type]  # body and headers of requests
            )
        except requests.RequestException as error:
            raise UnavailableError(
                "zone_unreachable", "登记平台暂时连不上，稍后自动重试"
            ) from error
        status = answer.status_code
        if answer.ok and status < requests.codes.multiple_choices:
            return answer
        with answer:
            code, message = _said(_body(answer, MAX_ANSWER_BYTES))
        if status == requests.codes.forbidden:
            raise ForbiddenError(code or "zone_forbidden", message or "登记平台不接受本窗口")
        if status in _REFUSALS and status not in _TRY_AGAIN:
            raise RefusedError(code or f"http_{status}", message or f"登记平台拒收（{status}）")
        raise UnavailableError(
            code or "zone_answer", message or f"登记平台应答 {status}，稍后自动重试"
        )


def _asked(item: object) -> Asked:
    match item:
        case {"id": str(order_id), "kind": str(kind), "reference": str(reference)}:
            if ReadingKind.has(kind) and order_id.isalnum() and order_id.isascii():
                return Asked(order_id, ReadingKind(kind), reference)
    raise _nonsense()


def _body(answer: requests.Response, limit: int) -> bytes:
    content = b""
    try:
        for piece in answer.iter_content(64 * 1024):
            content += piece
            if len(content) > limit:
                raise _nonsense()
    except requests.RequestException as error:
        raise UnavailableError("zone_unreachable", "与登记平台的连接中断，稍后自动重试") from error
    return content


def _said(content: bytes) -> tuple[str, str]:
    """Code and words of a refusal, where it is one of the platform's."""
    try:
        match json.loads(content):
            case {"error": str(code), "message": str(message)}:
                return code[:40], message[:200]
    except (ValueError, RecursionError):
        pass
    return "", ""


def _nonsense() -> UnavailableError:
    return UnavailableError("zone_answer", "登记平台的应答不符合约定")
