"""Listening sockets equal the allow-list: each one that is named listens, and no other does."""

import re
from collections.abc import Iterator
from typing import Final

from kernel.doctor.findings import Finding, judge
from kernel.doctor.machine import Machine
from kernel.doctor.settings import DoctorSettings

CLAUSE: Final = "8.1.4.4 b"
_PROGRAM: Final = re.compile(r'users:\(\("([^"]+)"')


def listening(machine: Machine) -> dict[tuple[str, str, int], str]:
    """Protocol, address and port of every socket that takes strangers; the program behind it."""
    found = {}
    for protocol, option in (("tcp", "-lt"), ("udp", "-lu")):
        for line in machine.ask("ss", "-Hnp", option)[1].splitlines():
            words = line.split()
            address, _, port = words[3].rpartition(":")
            program = _PROGRAM.search(line)
            found[protocol, address.strip("[]"), int(port)] = program[1] if program else "?"
    return found


def check(settings: DoctorSettings, machine: Machine) -> Iterator[Finding]:
    """One finding a socket that has to listen, one for all the others."""
    there = listening(machine)
    for wanted in settings.sockets:
        key = (wanted.protocol, wanted.address, wanted.port)
        place = f"{wanted.protocol} {wanted.address}:{wanted.port}"
        yield judge(
            "socket_listens",
            CLAUSE,
            f"{wanted.purpose}在 {place} 上监听，程序为 {wanted.program}",
            good=there.get(key) == wanted.program,
            seen=there.get(key, "没有监听"),
        )
    allowed = {(one.protocol, one.address, one.port) for one in settings.sockets}
    others = sorted(f"{p} {a}:{n} {there[p, a, n]}" for p, a, n in there.keys() - allowed)
    yield judge(
        "sockets_no_other",
        CLAUSE,
        "除许可清单外没有任何监听的端口",
        good=not others,
        seen="；".join(others) or f"{len(there)} 个，都在清单内",
    )
