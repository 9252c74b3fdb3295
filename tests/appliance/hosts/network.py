"""The networks between three hosts and the people: cables, and nothing that routes between them.

::

    people ── public ── internet ── uplink ── extranet ── gate ─▶ intranet ── survey ── people
    people ── office ── extranet             each host ── its own administrator's station

The gate's cable runs through a place of its own that lets frames pass one way and drops and counts
what comes the other way: it plays the hardware, and neither host can touch it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from appliance.hosts.commands import attempt, run

ZONES: Final = ("internet", "extranet", "intranet")
PEOPLE: Final = "people"
DIODE: Final = "diode"
RECEIVE_BUFFER: Final = 33_554_432
_RECEIVE_BUFFERS: Final = Path("/proc/sys/net/core/rmem_max")
GATE_SENDER_MAC: Final = "02:00:00:00:77:01"
GATE_RECEIVER_MAC: Final = "02:00:00:00:77:02"


@dataclass(frozen=True, slots=True)
class End:
    """One end of a cable: the place it is in, its card's name and address."""

    place: str
    card: str
    address: str = ""
    mac: str = ""


CABLES: Final = (
    (End(PEOPLE, "public", "203.0.113.2"), End("internet", "public", "203.0.113.10")),
    (End("internet", "uplink", "198.51.100.1"), End("extranet", "uplink", "198.51.100.2")),
    (End(PEOPLE, "office", "10.20.0.2"), End("extranet", "office", "10.20.0.10")),
    (End(PEOPLE, "survey", "10.30.0.2"), End("intranet", "survey", "10.30.0.10")),
    (End("extranet", "gate", "10.77.0.1", GATE_SENDER_MAC), End(DIODE, "black")),
    (End(DIODE, "red"), End("intranet", "gate", "10.77.0.2", GATE_RECEIVER_MAC)),
    *(
        (End(f"admin-{zone}", "admin", f"10.9{n}.0.1"), End(zone, "admin", f"10.9{n}.0.10"))
        for n, zone in enumerate(ZONES)
    ),
)
"""Every network is a /24 of its own; addresses are of documentation and private ranges."""


def address(place: str, card: str) -> str:
    """The address of a card."""
    return next(
        end.address for cable in CABLES for end in cable if (end.place, end.card) == (place, card)
    )


@dataclass(frozen=True, slots=True)
class Networks:
    """Namespaces whose names begin with ``name``."""

    name: str

    @property
    def places(self) -> tuple[str, ...]:
        """Every place a cable ends at, once."""
        return tuple(dict.fromkeys(end.place for cable in CABLES for end in cable))

    def namespace(self, place: str) -> str:
        """The name of a place's network namespace."""
        return f"{self.name}-{place}"

    def inside(self, place: str, *command: str) -> tuple[str, ...]:
        """``command`` as it runs within the network of ``place``."""
        return ("ip", "netns", "exec", self.namespace(place), *command)

    def build(self) -> None:
        """Make places and cables, and the rule that nothing comes back through the gate."""
        for place in self.places:
            run("ip", "netns", "add", self.namespace(place))
            run(
                *self.inside(place, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"),
            )
            run(*self.inside(place, "sysctl", "-qw", "net.ipv4.ip_forward=0"))
            run(*self.inside(place, "ip", "link", "set", "lo", "up"))
        for near, far in CABLES:
            self._lay(near, far)
        self._make_one_way()

    @staticmethod
    def grant_receive_buffers() -> str:
        """Let sockets have what ``base__sysctl`` asks of a host's own kernel; what it was before.

        This parameter is no network's own: on one machine it is the machine's for all three.
        """
        before = _RECEIVE_BUFFERS.read_text().strip()
        if int(before) < RECEIVE_BUFFER:
            _RECEIVE_BUFFERS.write_text(str(RECEIVE_BUFFER))
        return before

    @staticmethod
    def restore_receive_buffers(before: str) -> None:
        """Leave the machine as it was."""
        _RECEIVE_BUFFERS.write_text(before)

    def _lay(self, near: End, far: End) -> None:
        card = ("ip", "link", "add", near.card, "netns", self.namespace(near.place))
        own = ("address", near.mac) if near.mac else ()
        peer = ("address", far.mac) if far.mac else ()
        run(
            *(*card, *own, "type", "veth", "peer", "name", far.card, *peer),
            *("netns", self.namespace(far.place)),
        )
        for end in (near, far):
            if end.address:
                given = ("ip", "address", "add", f"{end.address}/24", "dev", end.card)
                run(*self.inside(end.place, *given))
            run(*self.inside(end.place, "ip", "link", "set", end.card, "up"))

    def _make_one_way(self) -> None:
        for command in (
            ("ip", "link", "add", "wire", "type", "bridge"),
            ("ip", "link", "set", "black", "master", "wire"),
            ("ip", "link", "set", "red", "master", "wire"),
            ("ip", "link", "set", "wire", "up"),
        ):
            run(*self.inside(DIODE, *command))
        run(
            *self.inside(DIODE, "nft", "-f", "-"),
            give="""
                table netdev way {
                    chain forth {
                        type filter hook ingress device "black" priority 0; policy accept;
                        counter
                    }
                    chain back {
                        type filter hook ingress device "red" priority 0; policy drop;
                        counter drop
                    }
                }
            """,
        )

    def frames(self) -> tuple[int, int]:
        """Frames that went in through the gate, and frames that tried to come back."""
        said = json.loads(
            run(*self.inside(DIODE, "nft", "-j", "list", "table", "netdev", "way")),
        )
        counted = {
            item["rule"]["chain"]: part["counter"]["packets"]
            for item in said["nftables"]
            if "rule" in item
            for part in item["rule"]["expr"]
            if "counter" in part
        }
        return counted["forth"], counted["back"]

    def remove(self) -> None:
        """Take everything down; cables go with the places."""
        for place in self.places:
            attempt(("ip", "netns", "delete", self.namespace(place)))
