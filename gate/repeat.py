"""Planned repetition: what is not confirmed goes again after set times, for gates that lose files.

The plan is a small file beside the spool, so that a restart neither forgets nor repeats too often.
A repetition stops when the exchange has released the bundle, because a receipt covers it.
"""

import json
from dataclasses import asdict, dataclass
from typing import Final

from gate.settings import RepeatSettings
from kernel.bundle import BundleName, parse_name
from kernel.clock import Clock, now_micros
from kernel.durable import write_durably
from kernel.errors import RejectedBundleError
from kernel.spool import Entry, Spool
from kernel.vocabulary.zones import Stream, Zone

FILE: Final = "gate-send.repeats.json"
MAX_PLANNED: Final = 20_000
FREE_BYTES: Final = 16 * 1024 * 1024
"""Repetitions that are always allowed, whatever their share."""
_MICROS: Final = 1_000_000


@dataclass(slots=True)
class _Planned:
    """When a file went first (microseconds UTC), and how often since."""

    at: int
    times: int = 0


class Repeats:
    """The plan of one sending side."""

    def __init__(self, spool: Spool, to: Zone, settings: RepeatSettings, clock: Clock) -> None:
        """Go on with the plan that lies beside ``spool``; what cannot be read begins anew."""
        self._spool = spool
        self._to = to
        self._clock = clock
        self._share = settings.share
        self._after: dict[Stream, tuple[float, ...]] = {
            Stream.URGENT: settings.urgent_seconds,
            Stream.REGISTER: settings.register_seconds,
            Stream.REVIEW: settings.review_seconds,
            Stream.MATERIALS: settings.materials_seconds,
        }
        self._path = spool.folder / FILE
        self._planned: dict[str, _Planned] = {}
        self._first = self._again = 0
        """Bytes that went for the first time, and again."""
        self._read()

    def sent(self, entry: Entry) -> None:
        """Plan the repetitions of what has just gone."""
        self._first += entry.size
        parsed = entry.parsed
        if isinstance(parsed, BundleName) and self._after[parsed.stream]:
            self._planned[entry.name] = _Planned(now_micros(self._clock))
            while len(self._planned) > MAX_PLANNED:
                self._planned.pop(next(iter(self._planned)))
        self._write()

    def due(self) -> list[Entry]:
        """What should go now, least often sent first; what is confirmed leaves the plan."""
        now, kept = now_micros(self._clock), self._spool.kept_names(self._to)
        self._planned = {name: plan for name, plan in self._planned.items() if name in kept}
        found: list[tuple[int, int, str]] = []
        for name, plan in self._planned.items():
            after = self._after[_stream(name)]
            if plan.times < len(after) and now >= plan.at + int(after[plan.times] * _MICROS):
                found.append((plan.times, plan.at, name))
        entries: list[Entry] = []
        for _times, _at, name in sorted(found):
            size = self._size(name)
            allowed = FREE_BYTES + int(self._share * (self._first + self._again))
            if size is not None and self._again + size <= allowed:
                entries.append(Entry(name, parse_name(name), size))
        return entries

    def repeated(self, entry: Entry) -> None:
        """Note that it went once more."""
        self._again += entry.size
        plan = self._planned.get(entry.name)
        if plan is not None:
            plan.times += 1
        self._write()

    def forget(self, name: str) -> None:
        """Plan nothing more for ``name``: it has gone, or is damaged."""
        self._planned.pop(name, None)
        self._write()

    def _size(self, name: str) -> int | None:
        try:
            return (self._spool.kept(self._to) / name).stat().st_size
        except FileNotFoundError:
            return None

    def _read(self) -> None:
        try:
            said = json.loads(self._path.read_bytes())
            planned = {
                name: _Planned(int(plan["at"]), int(plan["times"]))
                for name, plan in said["planned"].items()
                if isinstance(parse_name(name), BundleName)
            }
            self._first, self._again = int(said["first"]), int(said["again"])
            self._planned = planned
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RejectedBundleError):
            # A plan that is lost costs repetitions, never a file.
            self._planned = {}

    def _write(self) -> None:
        said = {
            "planned": {name: asdict(plan) for name, plan in self._planned.items()},
            "first": self._first,
            "again": self._again,
        }
        with write_durably(self._path, parts=self._spool.folder / "tmp") as file:
            file.write(json.dumps(said).encode())


def _stream(name: str) -> Stream:
    parsed = parse_name(name)
    if not isinstance(parsed, BundleName):
        raise RejectedBundleError("name_invalid", "文件名不是交换包的名称")
    return parsed.stream
