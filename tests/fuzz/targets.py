"""What is fuzzed: each target takes any bytes, and only ``RejectedBundleError`` may come out.

Most bytes die at the signature, so the ``signed`` targets sign what they are given: a colluding
origin can sign what it likes and must still not make the other side fail.
"""

import atexit
import base64
import hashlib
import io
import json
import shutil
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1] / "vectors"))

import bundle_defects
import bundle_forge as forge
import diode_forge

from fuzz import handover_targets
from gate.diode.frame import LinkKey, read_datagram
from gate.diode.receive import LinkReceiver
from gate.diode.settings import BoundSettings
from gate.pieces.cut import Cutter
from gate.pieces.layout import FRONT, piece_name, read_front
from kernel.bundle import (
    BeaconName,
    BundleName,
    Receiver,
    open_beacon,
    parse_name,
    read_header,
    unpack,
    verify,
)
from kernel.bundle.beacon import PAYLOAD_TYPE as BEACON_TYPE
from kernel.bundle.header import canonical, parse_header
from kernel.clock import SystemClock
from kernel.errors import RejectedBundleError
from kernel.messages import Kind, decode, encode
from kernel.messages.envelope import BlobRef
from kernel.vocabulary.zones import Stream, Zone

RECEIVER: Final = Receiver(forge.trust(), Zone.EXTRANET, forge.AT)
VECTORS: Final = Path(forge.__file__).with_name("bundle-v1")
LINK_KEY: Final = LinkKey(diode_forge.KEY)
STEP: Final = 2048
SESSION_AT: Final = 8
"""Where a datagram says its session."""
MAX_SEED: Final = 32_768
MAX_OPEN: Final = 4 * 1024 * 1024
_SESSIONS: Final = [0]
"""Every input is a session of its own, so that none sees what another left."""


class _NoSink:
    def begin(self, _digest: str, _size: int) -> None:
        pass

    def write(self, _chunk: bytes | memoryview) -> None:
        pass

    def end(self) -> None:
        pass


def bundle(content: bytes) -> None:
    """A file as it lies in a drop folder, both ways of reading it."""
    try:
        verify(io.BytesIO(content), RECEIVER, None)
    except RejectedBundleError:
        # Whoever opens must refuse what a carrier refuses.
        _must_refuse(lambda: _unpack(content))
        raise
    _unpack(content)


def front(content: bytes) -> None:
    """A header with a right signature and any bytes inside: what follows is cut off."""
    read_header(io.BytesIO(forge.front(content)), RECEIVER, None)


def header(content: bytes) -> None:
    """The header's parser alone; what it takes must write itself the same again."""
    parsed = parse_header(content)
    if canonical(parsed.model_dump(mode="json")) != content:
        raise AssertionError("a header that is not canonical was taken")


def signature(content: bytes) -> None:
    """A right header with any signature document."""
    read_header(io.BytesIO(forge.front(RIGHT_HEADER, content)), RECEIVER, None)


def messages(content: bytes) -> None:
    """Any bytes rightly encrypted as the first blob of a bundle."""
    stored = bundle_defects._sealed_chunks([(0, True, content)])
    _unpack(bundle_defects._encrypted_bundle([stored]))


def message(content: bytes) -> None:
    """One line of a bundle's messages."""
    for origin, to in ((Zone.INTERNET, Zone.EXTRANET), (Zone.EXTRANET, Zone.INTRANET)):
        decode(content, origin, to)


def beacon(content: bytes) -> None:
    """A beacon file."""
    open_beacon(content, RECEIVER, None)


def signed_beacon(content: bytes) -> None:
    """A beacon with a right signature over any payload."""
    document = forge.signature(content, payload_type=BEACON_TYPE)
    file = {
        "payload": base64.b64encode(content).decode(),
        "signature": base64.b64encode(document).decode(),
    }
    open_beacon(canonical(file), RECEIVER, None)


def name(content: bytes) -> None:
    """A file name; what is taken must be written the same again."""
    text = content.decode("utf-8", "surrogateescape")
    if str(parse_name(text)) != text:
        raise AssertionError("a name was taken that is not its own writing")


def _unpack(content: bytes) -> None:
    unpack(io.BytesIO(content), RECEIVER, None, forge.EXTRANET, _NoSink())


def _must_refuse(work: Callable[[], None]) -> None:
    try:
        work()
    except RejectedBundleError:
        return
    raise AssertionError("opened what a carrier refuses")


def datagram(content: bytes) -> None:
    """Any bytes that reach the port of the one-way link."""
    packet = memoryview(content)
    if read_datagram(packet) is None or not LINK_KEY.is_genuine(packet):
        raise RejectedBundleError("datagram", "不是发送端的数据报")


def link(content: bytes) -> None:
    """Any datagrams, rightly sealed, as a session of their own: a sender that went mad."""
    end = _link_end()
    _SESSIONS[0] += 1
    row = []
    for part in diode_forge.unpack(content):
        body = bytearray(part[: STEP - 16])
        if len(body) >= SESSION_AT + 8:
            body[SESSION_AT : SESSION_AT + 8] = _SESSIONS[0].to_bytes(8)
        row.append(bytes(body) + LINK_KEY.seal(body))
    before = end.totals.files
    end.take(memoryview(b"".join(one.ljust(STEP, b"\0") for one in row)), STEP, list(map(len, row)))
    end.tick()
    end.settle()
    if end.totals.files == before:
        raise RejectedBundleError("incomplete", "没有完整的文件")


def piece(content: bytes) -> None:
    """Any bytes in a file that is called as its own plan says."""
    name = "0" * 16 + "-0000.tbp"
    try:
        _magic, number, length = FRONT.unpack_from(content)
        mark = hashlib.sha256(content[FRONT.size : FRONT.size + length]).hexdigest()[:16]
        name = piece_name(mark, min(number, 9999))
    except struct.error:
        pass
    plan, number = read_front(io.BytesIO(content), name)
    if plan.groups()[-1].start >= plan.size or number >= len(plan.digests):
        raise AssertionError("a plan whose groups do not fit the file")


def _pieces() -> tuple[bytes, ...]:
    """The pieces of a small file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(bytes(range(200)) * 3)
        found = []
        with path.open("rb", buffering=0) as source:
            for one in Cutter(100, 4, 2, Path(folder)).cut(source, str(_NAMES[0], "ascii")):
                target = io.BytesIO()
                one.write(target)
                found.append(target.getvalue())
        return tuple(found)


@lru_cache(maxsize=1)
def _link_end() -> LinkReceiver:
    folder = Path(tempfile.mkdtemp(prefix="tongban-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    bounds = BoundSettings(open_files=8, open_bytes=MAX_OPEN, file_bytes=MAX_OPEN)
    return LinkReceiver(folder, LINK_KEY, bounds, SystemClock(), 0, lambda _session: None)


@dataclass(frozen=True, slots=True)
class Target:
    """A parser and the right inputs to start from."""

    judge: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    share: int
    """Of a long run's inputs, against the other targets: in proportion to what a second tries."""

    def takes(self, content: bytes) -> bool:
        """Whether ``content`` is right; any other exception than a refusal comes out."""
        try:
            self.judge(content)
        except RejectedBundleError:
            return False
        return True


RIGHT_HEADER: Final = canonical(forge.header())


def _vectors(kind: str, pattern: str) -> Iterator[bytes]:
    for path in sorted((VECTORS / kind).glob(pattern)):
        content = path.read_bytes()
        if len(content) < 32_768:
            yield content


def _header_of(content: bytes) -> bytes:
    return content[512 : 512 + int(content[124:135], 8)]


def _beacon_payload(content: bytes) -> bytes:
    return base64.b64decode(json.loads(content)["payload"])


def _message_lines() -> Iterator[bytes]:
    body = canonical({"case_no": "W000000000000001", "digests": ["ab" * 32]}).decode()
    blob = BlobRef(digest="ab" * 32, size=3, media_type="image/png")
    yield encode(forge.ID, Kind.MATERIALS_DELIVERED.value, 1, body, [blob])
    review: forge.Json = {
        "case_no": "W000000000000001",
        "item_code": "transfer-existing",
        "item_title": "存量房转移登记",
        "unit_no": "419001001001GB00001F00010001",
        "location": "样例路1号",
        "applicant": "样例",
        "registered_area": "88.50",
        "accepted_at": 0,
        "due_at": None,
        "materials": [],
    }
    yield encode(forge.ID, Kind.REVIEW_REQUESTED.value, 1, canonical(review).decode(), [])


_WHOLE: Final = tuple(_vectors("valid", "*.tar"))
_BEACONS: Final = tuple(_vectors("valid", "*.json"))
_HEADERS: Final = tuple(map(_header_of, _WHOLE))
_NAMES: Final = (
    str(BundleName(Stream.REVIEW, 7, "ab" * 32)).encode(),
    str(BeaconName(7, "ab" * 32)).encode(),
)
_LINES: Final = (forge.LINE, canonical({"contents": []}) + b"\n" + forge.LINE + b"\n")


def _session_of(row: bytes) -> bytes:
    """A row of datagrams as the ``link`` target takes it."""
    parts = (one[:-16] for one in diode_forge.unpack(row))
    return b"".join(len(part).to_bytes(2) + part for part in parts)


_ROWS: Final = tuple(
    path.read_bytes()
    for path in sorted(VECTORS.with_name("diode-v1").rglob("*.datagrams"))
    if path.stat().st_size < MAX_SEED
)

TARGETS: Final[dict[str, Target]] = {
    "bundle": Target(bundle, (*_WHOLE, *_vectors("invalid", "*.tar")), 1),
    "front": Target(front, _HEADERS, 1),
    "header": Target(header, _HEADERS, 8),
    "signature": Target(signature, (forge.signature(RIGHT_HEADER),), 1),
    "messages": Target(messages, _LINES, 1),
    "message": Target(message, tuple(_message_lines()), 8),
    "beacon": Target(beacon, _BEACONS, 8),
    "signed_beacon": Target(signed_beacon, tuple(map(_beacon_payload, _BEACONS)), 1),
    "name": Target(name, _NAMES, 4),
    "datagram": Target(
        datagram, tuple(next(diode_forge.unpack(row)) for row in _ROWS if row[1]), 10
    ),
    "piece": Target(piece, _pieces(), 6),
    "link": Target(link, tuple(map(_session_of, _ROWS)), 1),
    "handover": Target(handover_targets.handover, (handover_targets.RIGHT,), 2),
    "signed_handover": Target(handover_targets.signed_handover, (handover_targets.PAYLOAD,), 1),
}
