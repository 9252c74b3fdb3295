"""The three zones, the streams between them, and which carrier serves which direction."""

from enum import StrEnum
from typing import Final


class Zone(StrEnum):
    """One network and everything that runs in it."""

    INTERNET = "internet"
    EXTRANET = "extranet"
    INTRANET = "intranet"

    @property
    def label(self) -> str:
        """The name people use for the network."""
        return _ZONE_LABELS[self]


class Stream(StrEnum):
    """One ordered, hash-chained sequence of bundles; declared in order of priority."""

    URGENT = "urgent"
    REGISTER = "register"
    REVIEW = "review"
    MATERIALS = "materials"
    DRILL = "drill"
    """Rehearsals: visible as such, and in nobody's way."""

    @property
    def label(self) -> str:
        """What the stream carries, for pages."""
        return _STREAM_LABELS[self]

    @property
    def priority(self) -> int:
        """0 goes first."""
        return list(Stream).index(self)


class Carrier(StrEnum):
    """How bundles travel between two zones."""

    UPLINK = "uplink"
    GATE = "gate"
    FERRY = "ferry"

    @property
    def label(self) -> str:
        """The name people use for the carrier."""
        return _CARRIER_LABELS[self]


_ZONE_LABELS: Final = {
    Zone.INTERNET: "互联网",
    Zone.EXTRANET: "电子政务外网",
    Zone.INTRANET: "业务内网",
}
_STREAM_LABELS: Final = {
    Stream.URGENT: "司法查控（紧急）",
    Stream.REGISTER: "登记簿与登簿日志",
    Stream.REVIEW: "办件与审核结果",
    Stream.MATERIALS: "申请材料",
    Stream.DRILL: "演练（不办业务）",
}
_CARRIER_LABELS: Final = {
    Carrier.UPLINK: "上联（双向 TLS）",
    Carrier.GATE: "单向光闸",
    Carrier.FERRY: "光盘/U盘摆渡",
}

CARRIER_OF: Final = {
    (Zone.INTERNET, Zone.EXTRANET): Carrier.UPLINK,
    (Zone.EXTRANET, Zone.INTERNET): Carrier.UPLINK,
    (Zone.EXTRANET, Zone.INTRANET): Carrier.GATE,
    (Zone.INTRANET, Zone.EXTRANET): Carrier.FERRY,
}
"""Every permitted direction; a pair that is missing has no path and never gets one."""

ENCRYPTED: Final = frozenset({(Zone.INTRANET, Zone.EXTRANET)})
"""Directions whose bundles are encrypted to the destination: a lost disc tells nothing."""


def peers_of(zone: Zone) -> tuple[Zone, ...]:
    """The zones that ``zone`` sends bundles to."""
    return tuple(to for (origin, to) in CARRIER_OF if origin is zone)
