"""Makes the test vectors of docs/spec/diode-v1.md: ``python tests/vectors/make_diode_v1.py``.

Every file is a row of datagrams; ``expected.json`` says what lands in the folder and what the
receiver counts. Every invalid row ends with a right file, which must land all the same.
"""

import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from diode_forge import (
    KEY,
    NAME,
    NEXT,
    SESSION,
    SYMBOL,
    Sender,
    changed,
    fields,
    pack,
    seal,
    symbols,
)

from gate.diode.outgoing import Outgoing

FOLDER: Final = Path(__file__).parent / "diode-v1"
CONTENT: Final = bytes(random.Random(1).randbytes(2500))
SECOND: Final = b"the next file"


def valid() -> dict[str, tuple[list[bytes], dict[str, Any]]]:
    """Rows that bring everything."""
    found: dict[str, tuple[list[bytes], dict[str, Any]]] = {}

    def row(name: str, datagrams: list[bytes], **landed: bytes) -> None:
        files = {file.replace("_", "."): _sha(content) for file, content in landed.items()}
        found[name] = (datagrams, {"files": files})

    whole = Sender().file("large.tar", CONTENT)
    row("empty", Sender().file("empty.tar", b""), empty_tar=b"")
    row("whole", whole, large_tar=CONTENT)
    row("doubled", [one for one in whole for _ in range(2)], large_tar=CONTENT)
    row("backwards", whole[::-1], large_tar=CONTENT)
    lost = symbols(whole)[3:11]
    burst = [one for at, one in enumerate(whole) if not lost[0] <= at <= lost[-1]]
    row("burst", burst, large_tar=CONTENT)
    only_parity = [one for one in whole if fields(one)["kind"] != 1 or fields(one)["place"] >= 4]
    row("data-symbols-lost", only_parity, large_tar=CONTENT)
    sender = Sender()
    both = sender.file("large.tar", CONTENT) + sender.file("small.tar", SECOND)
    row("two-files", both, large_tar=CONTENT, small_tar=SECOND)
    return found


def _every(change: Callable[[bytes], bytes]) -> tuple[list[bytes], Sender]:
    sender = Sender()
    return [
        change(one) if fields(one)["kind"] == 1 else one for one in sender.file(NAME, CONTENT)
    ], sender


def _object(wrong: Callable[[Outgoing], None]) -> tuple[list[bytes], Sender]:
    sender = Sender()
    return sender.file(NAME, CONTENT, wrong), sender


def _climb(one: Outgoing) -> None:
    one.name = b"../" + one.name[3:]


def _hidden(one: Outgoing) -> None:
    one.name = b"." + one.name[1:]


def _other_digest(one: Outgoing) -> None:
    one._digest = hashlib.sha256(b"something else")


def _flip(at: int) -> Callable[[bytes], bytes]:
    def flipped(one: bytes) -> bytes:
        content = bytearray(one)
        content[at] ^= 1
        return bytes(content)

    return flipped


def invalid() -> dict[str, tuple[list[bytes], dict[str, Any]]]:
    """Rows of which only the right file at the end lands."""
    rows: dict[str, tuple[tuple[list[bytes], Sender], str]] = {
        "seal-changed": (_every(_flip(-1)), "refused"),
        "payload-changed": (_every(_flip(60)), "refused"),
        "header-changed": (_every(_flip(30)), "refused"),
        "other-key": (_every(lambda one: changed(one, bytes(32))), "refused"),
        "cut": (_every(lambda one: one[:-1]), "refused"),
        "header-only": (_every(lambda one: one[:48]), "refused"),
        "longer": (_every(lambda one: one + b"x"), "refused"),
        "empty": (_every(lambda one: one[:0]), "refused"),
        "other-magic": (_every(lambda one: changed(one, magic=b"TBD2")), "refused"),
        "other-symbol-size": (_every(lambda one: changed(one, symbol=SYMBOL - 1)), "refused"),
        "unknown-kind": (_every(lambda one: changed(one, kind=9)), "refused"),
        "length-zero": (_every(lambda one: changed(one, length=0)), "refused"),
        "full-zero": (_every(lambda one: changed(one, full=0)), "refused"),
        "block-beyond": (_every(lambda one: changed(one, block=4_000_000_000)), "spare"),
        "data-wrong": (_every(lambda one: changed(one, data=7)), "spare"),
        "parity-zero": (_every(lambda one: changed(one, parity=0)), "spare"),
        "parity-too-many": (_every(lambda one: changed(one, parity=255)), "spare"),
        "place-beyond": (_every(lambda one: changed(one, place=255)), "spare"),
        "too-long": (_every(lambda one: changed(one, length=1 << 62)), "too_large"),
        "name-climbs": (_object(_climb), "name"),
        "name-hidden": (_object(_hidden), "name"),
        "digest-wrong": (_object(_other_digest), "digest"),
        "session-older": (
            (Sender().hello(1) + Sender(SESSION - 1).file(NAME, CONTENT), _after_hello()),
            "stale",
        ),
    }
    return {
        name: (
            [*datagrams, *sender.file(NEXT, SECOND)],
            {"files": {NEXT: _sha(SECOND)}, "because": because},
        )
        for name, ((datagrams, sender), because) in rows.items()
    }


def _after_hello() -> Sender:
    sender = Sender()
    sender.hello(1)
    return sender


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def files() -> dict[str, bytes]:
    """Every file of the vectors, by its path below the folder."""
    found: dict[str, bytes] = {"TEST-KEY-never-use.hex": KEY.hex().encode() + b"\n"}
    expected: dict[str, Any] = {}
    for kind, rows in (("valid", valid()), ("invalid", invalid())):
        for name, (datagrams, said) in rows.items():
            found[f"{kind}/{name}.datagrams"] = pack(datagrams)
            expected[f"{kind}/{name}"] = said
    text = json.dumps(expected, indent=1, sort_keys=True) + "\n"
    return {**found, "expected.json": text.encode()}


def main() -> None:
    """Write them."""
    for path, content in files().items():
        target = FOLDER / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


if __name__ == "__main__":
    # The seal of an empty content, so that a reader of the spec has one number to begin with.
    print(seal(b"").hex())
    main()
