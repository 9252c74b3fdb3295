"""Dialling out to the internet zone: one pass fetches what is ready there and brings what is here.

Every transfer resumes: downloads by range from the end of the part file, uploads from what the
server says it has. A connection that cannot be made is an ordinary state of the world and logged
once a pass.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import requests

from extranet_zone.uplink.settings import UplinkSettings
from kernel.bundle import Receiver, parse_name
from kernel.bundle.header import MAX_BUNDLE_BYTES
from kernel.carriage import pass_on
from kernel.clock import Clock, now_micros
from kernel.durable import disk_errors
from kernel.errors import NotFoundError, RejectedBundleError, UnavailableError
from kernel.keys import TrustStore
from kernel.logs import get_logger
from kernel.spool import Entry, Spool
from kernel.vocabulary.zones import Zone

CHUNK_BYTES: Final = 4 * 1024 * 1024
MAX_LIST_BYTES: Final = 1024 * 1024
MAX_ATTEMPTS: Final = 20
"""Corrections of the offset within one file; more means that somebody else sends it too."""
CARRIER: Final = "uplink"
_TIMEOUT: Final = (5, 60)

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Moved:
    """One pass: files fetched, files brought, files that were not acceptable."""

    fetched: int = 0
    brought: int = 0
    refused: int = 0


class Uplink:
    """The extranet's end."""

    def __init__(
        self, settings: UplinkSettings, spool: Spool, trust: TrustStore, clock: Clock
    ) -> None:
        """Connect lazily with the certificates of ``settings``."""
        self._base = f"{settings.url}/uplink/v1"
        self._spool = spool
        self._trust = trust
        self._clock = clock
        self._parts = spool.folder / "uplink"
        self._parts.mkdir(parents=True, exist_ok=True)
        self._session = requests.Session()
        # The settings file is the whole truth: no proxy and no authority from the environment.
        self._session.trust_env = False
        self._session.cert = (str(settings.certificate), str(settings.key))
        self._session.verify = str(settings.authority)

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def run(self) -> Moved:
        """One pass.

        Raises :class:`UnavailableError`: ``uplink_unreachable`` (no connection, or it broke),
        ``uplink_answer`` (the other side answers nonsense), ``disk_full``.
        """
        try:
            fetched, refused = self._fetch_all()
            brought, rejected = self._bring_all()
        except requests.RequestException as error:
            raise UnavailableError(
                "uplink_unreachable", "连接互联网区上联服务失败，稍后自动重试"
            ) from error
        return Moved(fetched, brought, refused + rejected)

    # From the internet zone.

    def _fetch_all(self) -> tuple[int, int]:
        fetched = refused = 0
        for name, size in self._ready():
            try:
                part = self._download(name, size)
                self._deliver(name, part)
                fetched += 1
            except NotFoundError:
                continue
            except RejectedBundleError as error:
                log.warning("uplink.quarantined", file=name, error=error)
                refused += 1
            with self._ask("POST", f"/files/{quote(name)}/taken") as answer:
                _content(answer)
        return fetched, refused

    def _ready(self) -> list[tuple[str, int]]:
        """What the other side offers; its word is checked before it names a file of ours."""
        match self._json("GET", "/ready"):
            case {"files": list(items)}:
                return [_offered(item) for item in items]
        raise UnavailableError("uplink_answer", "上联服务的答复不符合约定")

    def _download(self, name: str, size: int) -> Path:
        part = self._parts / f"{name}.part"
        have = part.stat().st_size if part.exists() else 0
        if have > size:
            part.unlink()
            have = 0
        if have == size:
            return part
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self._session.get(
            f"{self._base}/files/{quote(name)}", headers=headers, stream=True, timeout=_TIMEOUT
        ) as answer:
            if answer.status_code == requests.codes.not_found:
                raise NotFoundError("not_ready", "没有这个文件")
            if answer.status_code != (requests.codes.partial if have else requests.codes.ok):
                raise UnavailableError("uplink_answer", "上联服务的答复不符合约定")
            with disk_errors(), part.open("ab") as file:
                for piece in answer.iter_content(1024 * 1024):
                    have += len(piece)
                    if have > size:
                        raise UnavailableError("uplink_answer", "上联服务的答复不符合约定")
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
        if have < size:
            raise UnavailableError("uplink_unreachable", "上联传输中断，稍后自动续传")
        return part

    def _deliver(self, name: str, part: Path) -> None:
        receiver = Receiver(self._trust, Zone.EXTRANET, self._clock.now())
        try:
            with (
                part.open("rb", buffering=0) as source,
                self._spool.delivering(Zone.INTERNET, name) as target,
            ):
                if pass_on(source, target, receiver, name) is not Zone.INTERNET:
                    raise RejectedBundleError("wrong_origin", "文件不是从声明的来源网送达的")
        except RejectedBundleError as error:
            named = part.with_name(name)
            part.rename(named)
            self._spool.quarantine(named, error, CARRIER, now_micros(self._clock))
            raise
        part.unlink()
        log.info("uplink.fetched", file=name)

    # To the internet zone.

    def _bring_all(self) -> tuple[int, int]:
        brought = refused = 0
        for entry in self._spool.ready(Zone.INTERNET):
            try:
                accepted = self._upload(entry)
            except NotFoundError:
                continue  # The exchange withdrew it meanwhile.
            self._spool.carried(Zone.INTERNET, entry.name)
            brought, refused = brought + accepted, refused + (not accepted)
        return brought, refused

    def _upload(self, entry: Entry) -> bool:
        """Send one file from where the server's part ends; answers whether it was acceptable."""
        path = f"/deliveries/{quote(entry.name)}"
        received = self._received(self._json("GET", path))
        attempts = 0
        with self._spool.open_ready(Zone.INTERNET, entry.name) as file:
            while received is not None:
                file.seek(received)
                chunk = file.read(min(CHUNK_BYTES, entry.size - received))
                if not chunk or attempts > MAX_ATTEMPTS:
                    raise UnavailableError("uplink_answer", "上联服务的答复不符合约定")
                last = received + len(chunk) - 1
                answer = self._session.put(
                    self._base + path,
                    data=chunk,
                    headers={"Content-Range": f"bytes {received}-{last}/{entry.size}"},
                    timeout=_TIMEOUT,
                )
                if answer.status_code == requests.codes.unprocessable:
                    log.error("uplink.refused", file=entry.name, code=_code(answer))
                    return False
                if answer.status_code == requests.codes.conflict:
                    attempts += 1
                    received = self._received(self._json("GET", path))
                    continue
                received = self._received(_object(answer))
        return True

    @staticmethod
    def _received(answer: object) -> int | None:
        if isinstance(answer, dict) and "received" in answer:
            found = answer["received"]
            if found is None or (isinstance(found, int) and found >= 0):
                return found
        raise UnavailableError("uplink_answer", "上联服务的答复不符合约定")

    def _json(self, method: str, path: str) -> object:
        with self._ask(method, path) as answer:
            return _object(answer)

    def _ask(self, method: str, path: str) -> requests.Response:
        # Streamed, so that an answer is never read past what a listing may be.
        return self._session.request(method, self._base + path, timeout=_TIMEOUT, stream=True)


def _offered(item: object) -> tuple[str, int]:
    match item:
        case {"name": str(name), "size": int(size)} if 0 < size <= MAX_BUNDLE_BYTES:
            try:
                return str(parse_name(name)), size
            except RejectedBundleError:
                pass
    raise UnavailableError("uplink_answer", "上联服务的答复不符合约定")


def _content(answer: requests.Response) -> bytes:
    content = b""
    for piece in answer.iter_content(64 * 1024):
        content += piece
        if len(content) > MAX_LIST_BYTES:
            break
    return content


def _object(answer: requests.Response) -> object:
    content = _content(answer)
    if answer.status_code != requests.codes.ok or len(content) > MAX_LIST_BYTES:
        raise UnavailableError(
            "uplink_answer", "上联服务的答复不符合约定", status=answer.status_code
        )
    try:
        found: object = json.loads(content)
    except (ValueError, RecursionError):
        raise UnavailableError("uplink_answer", "上联服务的答复不符合约定") from None
    return found


def _code(answer: requests.Response) -> str:
    try:
        return str(answer.json().get("error", ""))[:64]
    except (ValueError, AttributeError):
        return ""
