"""One round of the agent: complete scans go out, orders are carried out."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from extranet_zone.window.agent.drivers import DriverRead, read_device
from extranet_zone.window.agent.folder import Claimed, ScanFolder, digest_of
from extranet_zone.window.agent.settings import WindowSettings
from extranet_zone.window.agent.zone import Asked, Zone
from extranet_zone.window.contract import CONTRACT, Reading, ReadingKind
from kernel.errors import ForbiddenError, RefusedError, TongbanError, UnavailableError
from kernel.logs import get_logger
from kernel.materials import inspect

MAX_PAUSE: Final = 60.0
MAX_TRIES: Final = 3
"""Of a reading that lies nowhere but in memory."""

log = get_logger(__name__)


@dataclass(slots=True)
class Round:
    """What a round did."""

    claimed: int = 0
    delivered: int = 0
    refused: int = 0
    orders: int = 0
    failed: int = 0
    waiting: int = 0
    """Scans that wait for the platform."""
    trouble: str = ""
    """Code of what kept the platform from being asked; empty when nothing did."""


class Agent:
    """The window's agent."""

    def __init__(
        self,
        settings: WindowSettings,
        zone: Zone,
        folder: ScanFolder,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Work for one window."""
        self._settings = settings
        self._zone = zone
        self._folder = folder
        self._sleep = sleep
        self._failures = 0
        self._trouble = ""
        self._not_before = 0.0
        self._ask_at = 0.0

    def round(self, before: Round | None = None) -> Round:
        """Claim, send, carry out; trouble with the platform is said, and pauses the sending.

        What was done is added to ``before``.
        """
        done = before or Round()
        claimed, refused = self._folder.claim()
        done.claimed, done.refused = done.claimed + claimed, done.refused + refused
        if time.monotonic() >= self._not_before:
            try:
                self._send(done)
                if time.monotonic() >= self._ask_at:
                    # A burst of files makes many rounds, and the platform is asked no oftener.
                    self._ask_at = time.monotonic() + self._settings.poll_seconds * 0.9
                    for asked in self._zone.orders():
                        self._carry_out(asked, done)
                self._failures, self._trouble = 0, ""
            except (UnavailableError, ForbiddenError) as error:
                self._pause(error)
        done.trouble = self._trouble
        done.waiting = len(self._folder.claimed())
        self._folder.tidy()
        return done

    def _pause(self, error: TongbanError) -> None:
        pause = min(2.0**self._failures, MAX_PAUSE)
        self._failures = min(self._failures + 1, 10)
        self._trouble = error.code
        self._not_before = time.monotonic() + pause
        log.warning("window.zone_trouble", error=error, pause_seconds=pause)

    def _send(self, done: Round) -> None:
        for file in self._folder.claimed():
            try:
                self._send_one(file)
                done.delivered += 1
            except ForbiddenError:
                # The token is no good: nothing is wrong with the file.
                raise
            except RefusedError as refusal:
                self._folder.refuse(file.path, file.name, refusal)
                done.refused += 1

    def _send_one(self, file: Claimed) -> None:
        found = inspect(file.path, file.name)
        content = file.path.read_bytes()
        reading = Reading.model_validate(
            {
                "contract": CONTRACT,
                "kind": ReadingKind.SCAN,
                "file_name": file.name,
                "media_type": found.media_type,
                "digest": digest_of(content),
            }
        )
        self._zone.push(reading, file.key, content)
        self._folder.delivered(file)
        log.info("window.scan_delivered", key=file.key)

    def _carry_out(self, asked: Asked, done: Round) -> None:
        done.orders += 1
        try:
            self._answer(asked)
        except ForbiddenError:
            raise
        except TongbanError as error:
            done.failed += 1
            log.warning("window.order_failed", kind=asked.kind.value, code=error.code)
            self._zone.fail(asked.id, error.code, error.message)

    def _answer(self, asked: Asked) -> None:
        driver = self._settings.driver(asked.kind.value)
        if driver is None:
            raise UnavailableError("driver_missing", "本窗口没有配置这种设备")
        reference = self._zone.reference(asked.id) if asked.reference else None
        read = read_device(driver, asked.kind, reference)
        facts = dict(read.facts)
        if asked.kind is ReadingKind.FACE:
            facts["reference"] = asked.reference
        self._push(_reading(asked, read, facts), read.content)

    def _push(self, reading: Reading, content: bytes) -> None:
        """Bring what lies in memory alone, a few times under one key."""
        key = secrets.token_hex(16)
        for attempt in range(MAX_TRIES):
            try:
                self._zone.push(reading, key, content)
            except UnavailableError:
                if attempt + 1 == MAX_TRIES:
                    raise
                self._sleep(2.0**attempt)
            else:
                log.info("window.reading_pushed", kind=reading.kind.value)
                return


def _reading(asked: Asked, read: DriverRead, facts: dict[str, object]) -> Reading:
    return Reading.model_validate(
        {
            "contract": CONTRACT,
            "kind": asked.kind,
            "order": asked.id,
            "device": read.device,
            "simulated": read.simulated,
            "facts": facts,
            "media_type": read.media_type,
            "digest": digest_of(read.content) if read.content else "",
        }
    )
