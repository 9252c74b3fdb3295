"""Operational logs: one JSON object a line, UTC, an event key required, never personal data.

Audit is not logging: acts of people are recorded by :mod:`kernel.audit` in the act's transaction.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog

from kernel.errors import TongbanError

_EVENT_KEY: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_IDENTITY_NUMBER: Final = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")

Logger = structlog.typing.FilteringBoundLogger


def configure(program: str, *, level: str = "info", stream: TextIO | None = None) -> None:
    """Send every log line of this process to ``stream`` (default: standard error) as JSON."""
    target = sys.stderr if stream is None else stream
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _name_program(program),
            _require_event_key,
            _render_error,
            _mask_identity_numbers,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=_filtering(level),
        logger_factory=structlog.PrintLoggerFactory(target),
        cache_logger_on_first_use=False,
    )


def at_level(level: str) -> None:
    """From now on leave out what matters less than ``level``."""
    structlog.configure(wrapper_class=_filtering(level))


def _filtering(level: str) -> type[Logger]:
    return structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()])


def get_logger(name: str) -> Logger:
    """A logger whose lines carry ``module=name``."""
    logger: Logger = structlog.get_logger(module=name)
    return logger


def _name_program(program: str) -> structlog.typing.Processor:
    def add(
        _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event["program"] = program
        return event

    return add


def _require_event_key(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    # A sentence cannot be counted or alarmed on; a bug here must show in tests, so it raises.
    if not _EVENT_KEY.fullmatch(str(event.get("event", ""))):
        raise ValueError(f"log event {event.get('event')!r} is no dotted key")
    return event


def _render_error(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    error = event.get("error")
    if isinstance(error, TongbanError):
        event["error"] = error.code
        event["message"] = error.message
    elif isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["message"] = str(error)
    return event


def _mask_identity_numbers(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    # The rule is not to log them; this is the net under the rule.
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _IDENTITY_NUMBER.sub("******************", value)
    return event
