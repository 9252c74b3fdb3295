"""How long what is normal may last before somebody is called, by carrier and by what holds it."""

from dataclasses import dataclass
from typing import Final, Self

from kernel.alarms import is_silent
from kernel.facts import CarrierFacts
from kernel.program.settings import ExchangeSettings
from kernel.vocabulary.zones import Carrier, Stream

_SECOND: Final = 1_000_000
_SILENT_BEACONS: Final = 5
_SILENT_MICROS: Final = 10 * 60 * _SECOND

_CLOSED_MICROS: Final = 9 * 86_400 * _SECOND
"""The longest that hours keep a gate closed: a national holiday with its weekends. A pause is
somebody's order and can be forgotten; hours end by themselves."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Microseconds: of a live carrier, of a ferry, and while the gate is held on purpose.

    ``paused`` and ``closed`` say why the gate's sending side takes nothing now: somebody's order,
    or its hours; they are what a program said that is still alive.
    """

    live: int
    ferry: int
    hold: int
    paused: bool = False
    closed: bool = False

    @classmethod
    def now(cls, settings: ExchangeSettings, gate: CarrierFacts | None, now: int) -> Self:
        """As ``settings`` say, and what ``gate``, the sending side, said last."""
        heartbeat = int(settings.beacon_seconds * _SECOND)
        gauges = {} if gate is None or is_silent(gate, now) else gate.gauges
        return cls(
            max(_SILENT_MICROS, _SILENT_BEACONS * heartbeat),
            int(settings.ferry_hours * 3600 * _SECOND),
            int(settings.hold_hours * 3600 * _SECOND),
            bool(gauges.get("paused") or gauges.get("draining")),
            gauges.get("within_hours") == 0,
        )

    def of(self, carrier: Carrier | None) -> int:
        """How long nothing may come by ``carrier``."""
        return self.ferry if carrier is Carrier.FERRY else self.live

    def to_take(self, carrier: Carrier, stream: str) -> int:
        """How long a bundle of ``stream`` may wait for ``carrier`` to take it.

        While the gate is held on purpose its own notice says so; court orders keep no hours.
        """
        usual = self.of(carrier)
        if carrier is not Carrier.GATE:
            return usual
        if self.paused:
            return max(usual, self.hold)
        if self.closed and stream != Stream.URGENT.value:
            return max(usual, _CLOSED_MICROS)
        return usual
