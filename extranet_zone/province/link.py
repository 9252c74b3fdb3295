"""The hub over HTTP, as docs/spec/province/hub-v1.yaml says; nothing here knows a sandbox."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Final, Protocol, cast

import requests

from extranet_zone.province.settings import ProvinceSettings
from kernel.errors import RefusedError, SettingsError, UnavailableError
from kernel.materials import MaterialsStore
from kernel.materials.inspect import MAX_FILE_BYTES

TIMEOUT: Final = (5.0, 60.0)
MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
MAX_EVENTS: Final = 100
FILE_DIFFERS: Final = "province_file_differs"
_REFUSALS: Final = range(400, 500)
_RETRY: Final = frozenset({401, 403, 408, 425, 429})
"""Of the refusals these speak of us or of the moment, not of the call: it is tried again."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something a counterpart tells us; ``id`` is the hub's and never given twice."""

    id: str
    kind: str
    body: Mapping[str, object]


class Link(Protocol):
    """What the queue needs of the way to the hub."""

    def send(
        self, operation: str, key: str, body: Mapping[str, object], files: Sequence[str]
    ) -> None:
        """Make one call, its files first; the same ``key`` has one effect.

        Raises :class:`RefusedError` (``counterpart_refused``: never will it take this) and
        :class:`UnavailableError` (``province_unavailable``: try again).
        """

    def events(self) -> Sequence[Event]:
        """What waits for us, oldest first, at most :data:`MAX_EVENTS`."""

    def fetch(self, digest: str) -> None:
        """Bring a file into the materials store.

        Raises as :meth:`send` does, and :class:`UnavailableError` with code
        ``province_file_differs`` for other bytes than those asked for.
        """

    def acknowledge(self, event: str) -> None:
        """The event is kept here; the hub may forget it."""


class HttpLink:
    """The hub at the settings' address."""

    def __init__(self, settings: ProvinceSettings, store: MaterialsStore) -> None:
        """Read the credential.

        Raises :class:`SettingsError` with code ``province_token`` when it cannot be read.
        """
        try:
            token = settings.token_file.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                "province_token", f"无法读取省级链路凭据 {settings.token_file}"
            ) from error
        self._url = settings.url
        self._store = store
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"
        if settings.authority_file is not None:
            self._session.verify = str(settings.authority_file)

    def send(
        self, operation: str, key: str, body: Mapping[str, object], files: Sequence[str]
    ) -> None:
        """As :class:`Link` says."""
        for digest in files:
            with self._store.open(digest) as file:
                self._call("PUT", f"/v1/files/{digest}", data=file)
        self._call(
            "POST",
            f"/v1/calls/{operation}",
            data=json.dumps(dict(body), ensure_ascii=False).encode(),
            headers={"Idempotency-Key": key, "Content-Type": "application/json"},
        )

    def events(self) -> Sequence[Event]:
        """As :class:`Link` says."""
        answer = self._call("GET", "/v1/events")
        try:
            listed = json.loads(answer)["events"][:MAX_EVENTS]
            return [Event(str(e["id"])[:64], str(e["kind"])[:40], dict(e["body"])) for e in listed]
        except (ValueError, KeyError, TypeError) as error:
            raise UnavailableError("province_unavailable", "省级链路的应答不符合约定") from error

    def fetch(self, digest: str) -> None:
        """As :class:`Link` says; what arrives must have the digest it was asked for by."""
        if self._store.has(digest):
            return
        with self._open("GET", f"/v1/files/{digest}") as response:
            blob = self._store.put(cast(IO[bytes], response.raw), MAX_FILE_BYTES)
        if blob.digest != digest:
            raise UnavailableError(FILE_DIFFERS, "省级链路送来的文件与摘要不符")

    def acknowledge(self, event: str) -> None:
        """As :class:`Link` says."""
        self._call("POST", f"/v1/events/{event}/acknowledgement")

    def _call(self, method: str, path: str, **given: object) -> bytes:
        with self._open(method, path, **given) as response:
            try:
                return response.raw.read(MAX_ANSWER_BYTES + 1, decode_content=True)[
                    :MAX_ANSWER_BYTES
                ]
            except Exception as error:  # urllib3's own errors share no base with requests'
                raise UnavailableError("province_unavailable", "省级链路中断") from error

    def _open(self, method: str, path: str, **given: object) -> requests.Response:
        try:
            response = self._session.request(
                method,
                self._url + path,
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
                **given,  # type: ignore[arg-type]  # data and headers of requests
            )
        except requests.RequestException as error:
            raise UnavailableError("province_unavailable", "省级链路暂时连不上") from error
        if response.ok:
            return response
        status = response.status_code
        with response:
            said = response.raw.read(2000, decode_content=True).decode("utf-8", "replace")
        if status in _REFUSALS and status not in _RETRY:
            raise RefusedError("counterpart_refused", f"对方拒收（{status}）：{said[:200]}")
        raise UnavailableError("province_unavailable", f"省级链路应答 {status}")
