"""Signed bundles from extranet to intranet with any content, and what receives them."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import bundle_forge as forge
from PIL import Image

from gate.admit import Admitted, DropScanner
from gate.inspection import Inspection, Inspector
from gate.inspection.content import Bombs
from kernel.bundle.header import MESSAGES_TYPE, canonical, digest_of, parse_header
from kernel.bundle.names import bundle_name
from kernel.clock import SetClock
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone

CASE_NO = "W000000000000001"
PNG = "image/png"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def png(colour: int = 0, side: int = 8, extra: bytes = b"") -> bytes:
    """A small picture; ``extra`` goes behind its end."""
    made = io.BytesIO()
    Image.new("L", (side, side), colour).save(made, "PNG")
    return made.getvalue() + extra


def line(**changed: object) -> bytes:
    """A right message, with ``changed`` fields."""
    body = {
        "case_no": CASE_NO,
        "item_code": "transfer-existing",
        "item_title": "存量房转移登记",
        "unit_no": "419001001001GB00001F00010001",
        "location": "样例路1号",
        "applicant": "样例",
        "registered_area": None,
        "accepted_at": 0,
        "due_at": None,
        "materials": [],
    }
    right = {"id": forge.ID, "kind": "review.requested", "created": 1, "body": body, "blobs": []}
    return json.dumps({**right, **changed}, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Parcel:
    """A bundle as a file."""

    name: str
    content: bytes

    def put(self, folder: Path) -> Path:
        """Lay it down."""
        path = folder / self.name
        path.write_bytes(self.content)
        return path


def parcel(
    *blobs: tuple[bytes, str], lines: Sequence[bytes] | None = None, sequence: int = 1
) -> Parcel:
    """A signed bundle with one message, or these ``lines``, and these blobs."""
    text = b"".join(one + b"\n" for one in (lines if lines is not None else (line(),)))
    whole = ((text, MESSAGES_TYPE), *blobs)
    raw = canonical(
        forge.header(
            origin="extranet",
            destination="intranet",
            sequence=sequence,
            previous=None if sequence == 1 else "ab" * 32,
            messages=[{"id": forge.ID, "kind": "review.requested"}],
            blobs=forge.blob_list(whole),
        )
    )
    front = forge.front(raw, forge.signature(raw, forge.EXTRANET))
    content = forge.assemble(front, [blob for blob, _kind in whole])
    return Parcel(bundle_name(parse_header(raw), digest_of(raw)), content)


@dataclass(slots=True)
class Landing:
    """A receiving side with its folders."""

    folder: Path
    further: tuple[Inspector, ...] = ()
    origin: Zone = Zone.EXTRANET
    destination: Zone = Zone.INTRANET
    parser: Inspector = field(default_factory=Bombs)
    spool: Spool = field(init=False)
    drop: Path = field(init=False)
    scanner: DropScanner = field(init=False)

    def __post_init__(self) -> None:
        self.spool = Spool(self.folder / "spool")
        self.drop = self.folder / "drop"
        self.drop.mkdir()
        self.scanner = DropScanner(
            self.drop,
            self.spool,
            forge.trust(),
            self.origin,
            self.destination,
            SetClock(forge.AT),
            Inspection(parser=self.parser, further=self.further),
        )

    def receive(self) -> Admitted:
        """Two looks, the second takes."""
        first, second = self.scanner.scan(), self.scanner.scan()
        return Admitted(
            first.files + second.files, first.quarantined + second.quarantined, second.unstable
        )

    def arrived(self) -> list[str]:
        return [entry.name for entry in self.spool.arrivals(self.origin)]

    def codes(self) -> list[str]:
        return [item.code for item in self.spool.quarantined()]
