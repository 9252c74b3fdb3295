"""A one-way link on one machine: two network namespaces, a veth pair, and nftables between them.

What comes back is counted and dropped before the sender's side sees it, and the count is shown, so
that nobody need believe the link is one-way. Losses are made where frames enter the receiver's
side, and counted too: a rule that did not load would make every run a success.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

SENDER_ADDRESS: Final = "10.77.0.1"
RECEIVER_ADDRESS: Final = "10.77.0.2"
_SENDER_MAC: Final = "02:00:00:00:77:01"
_RECEIVER_MAC: Final = "02:00:00:00:77:02"


@dataclass(frozen=True, slots=True)
class Loss:
    """What the link does to frames: a share lost at random, bursts, and a lost start.

    ``random`` is a share in thousandths; of every ``every`` frames ``burst`` in a row are lost;
    ``start_bytes`` are lost from the beginning.
    """

    random: int = 0
    burst: int = 0
    every: int = 5000
    start_bytes: int = 0

    def rules(self) -> list[str]:
        """For the chain at the receiver's ingress."""
        found: list[str] = []
        if self.start_bytes:
            found.append(f"quota until {self.start_bytes} bytes counter drop")
        if self.random:
            found.append(f"numgen random mod 1000 < {self.random} counter drop")
        if self.burst:
            found.append(f"numgen inc mod {self.every} < {self.burst} counter drop")
        return found


class OneWay:
    """The link while it stands."""

    def __init__(self, name: str) -> None:
        """Two namespaces whose names begin with ``name``."""
        self.sender = f"{name}-s"
        self.receiver = f"{name}-r"

    def inside(self, side: str, *command: str) -> list[str]:
        """``command`` as it runs in one of the namespaces."""
        return ["ip", "netns", "exec", side, *command]

    def _run(self, *command: str, text: str | None = None) -> str:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def build(self) -> None:
        """Make namespaces, cable, addresses and the rule that nothing comes back."""
        for side in (self.sender, self.receiver):
            self._run("ip", "netns", "add", side)
            self._run(
                *self.inside(side, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"),
            )
            self._run(*self.inside(side, "ip", "link", "set", "lo", "up"))
        self._run(
            "ip", "link", "add", "wire", "address", _SENDER_MAC, "netns", self.sender,
            "type", "veth", "peer", "name", "wire", "address", _RECEIVER_MAC,
            "netns", self.receiver,
        )  # fmt: skip
        for side, own in ((self.sender, SENDER_ADDRESS), (self.receiver, RECEIVER_ADDRESS)):
            self._run(
                *self.inside(side, "ip", "address", "add", f"{own}/24", "brd", "+", "dev", "wire")
            )
            self._run(*self.inside(side, "ip", "link", "set", "wire", "up"))
        self.introduce()
        self._load(self.sender, ["counter drop"])
        self.lose(Loss())

    def introduce(self) -> None:
        """Tell each side the other's card; it cannot ask over a link with one direction."""
        for side, other, mac in (
            (self.sender, RECEIVER_ADDRESS, _RECEIVER_MAC),
            (self.receiver, SENDER_ADDRESS, _SENDER_MAC),
        ):
            self._run(
                *self.inside(
                    side, "ip", "neigh", "replace", other, "lladdr", mac, "nud", "permanent",
                    "dev", "wire",
                )
            )  # fmt: skip

    def lose(self, loss: Loss) -> None:
        """From now on lose this; counters begin at 0."""
        self._load(self.receiver, ["counter", *loss.rules()])

    def _load(self, side: str, rules: Sequence[str]) -> None:
        body = "\n".join(rules)
        self._run(
            *self.inside(side, "nft", "-f", "-"),
            text=f"""
                table netdev way
                delete table netdev way
                table netdev way {{
                    chain in {{
                        type filter hook ingress device "wire" priority 0; policy accept;
                        {body}
                    }}
                }}
            """,
        )

    def _counters(self, side: str) -> list[int]:
        said = json.loads(
            self._run(*self.inside(side, "nft", "-j", "list", "table", "netdev", "way"))
        )
        return [
            part["counter"]["packets"]
            for item in said["nftables"]
            if "rule" in item
            for part in item["rule"]["expr"]
            if "counter" in part
        ]

    def came_back(self) -> int:
        """Frames that tried to go from the receiver to the sender."""
        return self._counters(self.sender)[0]

    def sent_and_lost(self) -> tuple[int, int]:
        """Frames that reached the receiver's side since :meth:`lose`, and how many it lost."""
        sent, *lost = self._counters(self.receiver)
        return sent, sum(lost)

    def remove(self) -> None:
        """Take everything down; the cable goes with the namespaces."""
        for side in (self.sender, self.receiver):
            subprocess.run(["ip", "netns", "delete", side], check=False, capture_output=True)


@contextmanager
def one_way() -> Iterator[OneWay]:
    """A link of its own for whoever asks."""
    link = OneWay(f"tb{os.getpid()}")
    try:
        link.build()
        yield link
    finally:
        link.remove()
