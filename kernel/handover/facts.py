"""What the programs of a zone take for granted about the others, read from the code itself."""

import hashlib
import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Final

from chinese_calendar import constants as published

from kernel import vocabulary
from kernel.bundle import beacon, header
from kernel.bundle.header import canonical
from kernel.certificates import statement
from kernel.messages.routes import ROUTES
from kernel.vocabulary.coded import Coded
from kernel.vocabulary.zones import CARRIER_OF, ENCRYPTED, Stream

SHORT_DIGITS: Final = 16
"""Enough to notice a difference; nothing here is protected by these digests alone."""


def formats() -> dict[str, str]:
    """The formats in which zones speak to one another."""
    known = (header.FORMAT, beacon.FORMAT, statement.FORMAT)
    return {name.partition("/")[0]: name for name in known}


def streams() -> list[str]:
    """The streams in their order of priority."""
    return [stream.value for stream in Stream]


def paths() -> list[str]:
    """Which zone sends to which, by which carrier, and whether encrypted."""
    return sorted(
        f"{origin} > {destination}: {carrier}{', encrypted' if pair in ENCRYPTED else ''}"
        for pair, carrier in CARRIER_OF.items()
        for origin, destination in (pair,)
    )


def messages() -> dict[str, str]:
    """Every message that may travel: its stream, and a digest of what its body may hold."""
    return {
        f"{kind}: {origin} > {destination}": f"{route.stream} "
        + short_digest(route.body.model_json_schema())
        for (kind, origin, destination), route in ROUTES.items()
    }


def code_tables() -> dict[str, str]:
    """A digest of every code table, by the name of its class."""
    return {
        table.__name__: short_digest([[member.code, member.label] for member in table])
        for table in _coded()
    }


def holidays() -> dict[str, str]:
    """A digest of every year's holidays and make-up working days, as published."""
    days: dict[int, list[list[str]]] = defaultdict(list)
    known: tuple[tuple[str, dict[date, object]], ...] = (
        ("holiday", published.holidays),
        ("working", published.workdays),
    )
    for kind, dates in known:
        for day in dates:
            days[day.year].append([day.isoformat(), kind])
    return {str(year): short_digest(sorted(listed)) for year, listed in sorted(days.items())}


def short_digest(value: object) -> str:
    """The first digits of the SHA-256 of ``value`` as canonical JSON."""
    return hashlib.sha256(canonical(value)).hexdigest()[:SHORT_DIGITS]


def _coded() -> Iterator[type[Coded]]:
    """Every code table of the vocabulary, whichever module has been loaded so far."""
    for found in pkgutil.iter_modules(vocabulary.__path__):
        module = importlib.import_module(f"{vocabulary.__name__}.{found.name}")
        own = (value for value in vars(module).values() if isinstance(value, type))
        for value in own:
            if issubclass(value, Coded) and value.__module__ == module.__name__ and list(value):
                yield value
