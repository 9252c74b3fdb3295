"""Makes the test vectors of docs/spec/bundle-v1.md: whole bundles, and others with one defect each.

``python tests/vectors/make_bundle_v1.py`` writes ``bundle-v1/``. Everything is fixed, the keys too,
so that it writes the same bytes on every machine; a test compares.
"""

import hashlib
import io
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bundle_defects import INVALID
from bundle_forge import (
    AT,
    EPOCH,
    EXTRANET,
    INTERNET,
    INTRANET,
    LINE,
    RECEIPTS,
    SCAN,
    Json,
    trusted_keys,
)

from kernel.bundle import Beacon, MessageRef, Receipts, StreamHead, Unconfirmed, seal_beacon
from kernel.bundle.seal import BlobSource, BundleDraft, seal
from kernel.keys import Purpose, ZoneKeys, entry_text
from kernel.vocabulary.zones import Stream, Zone

FOLDER: Final = Path(__file__).parent / "bundle-v1"


# Whole bundles, made by the sealer.


def _sealed(
    draft: BundleDraft, lines: Sequence[bytes], scans: Sequence[bytes], keys: ZoneKeys
) -> bytes:
    recipient = EXTRANET.public(Purpose.RECEIVE) if draft.origin is Zone.INTRANET else None
    refs = [MessageRef(id=f"{index:032x}", kind="case.submitted") for index in range(len(lines))]
    with tempfile.TemporaryDirectory() as name:
        sources = []
        for index, scan in enumerate(scans):
            path = Path(name) / str(index)
            path.write_bytes(scan)
            digest = hashlib.sha256(scan).hexdigest()
            sources.append(BlobSource(path, digest, len(scan), "text/plain"))
        target = io.BytesIO()
        seal(target, draft, refs, lines, sources, keys, recipient)
    return target.getvalue()


def _draft(origin: Zone, destination: Zone, sequence: int = 1, **changed: Any) -> BundleDraft:
    fields: Json = {
        "origin": origin,
        "destination": destination,
        "stream": Stream.REVIEW,
        "epoch": EPOCH,
        "sequence": sequence,
        "previous": None if sequence == 1 else "ab" * 32,
        "created": 1623375000000000,
        "receipts": Receipts(seen_beacon=0, streams=[]),
    }
    return BundleDraft(**{**fields, **changed})


def plain() -> bytes:
    """A readable bundle with one message and one blob."""
    return _sealed(_draft(Zone.INTERNET, Zone.EXTRANET), [LINE], [SCAN], INTERNET)


def encrypted() -> bytes:
    """An encrypted bundle with one message, one short blob and an empty one."""
    return _sealed(_draft(Zone.INTRANET, Zone.EXTRANET), [LINE], [SCAN, b""], INTRANET)


VALID: Final[Mapping[str, Callable[[], bytes]]] = {
    "plain": plain,
    "encrypted": encrypted,
    "no_messages": lambda: _sealed(_draft(Zone.INTERNET, Zone.EXTRANET), [], [], INTERNET),
    "no_messages_encrypted": lambda: _sealed(
        _draft(Zone.INTRANET, Zone.EXTRANET), [], [], INTRANET
    ),
    "with_receipts": lambda: _sealed(
        _draft(Zone.INTERNET, Zone.EXTRANET, 2, receipts=RECEIPTS), [LINE, LINE], [], INTERNET
    ),
}


def beacon() -> bytes:
    """A whole beacon from internet to extranet."""
    said = Beacon(
        format="tongban-beacon/1",
        suite="international",
        origin=Zone.INTERNET,
        destination=Zone.EXTRANET,
        counter=8,
        created=1623375000000000,
        software="tongban 0.1.0",
        streams=[
            StreamHead(
                stream=Stream.REVIEW,
                epoch=EPOCH,
                highest=2,
                head="ab" * 32,
                unconfirmed_total=1,
                unconfirmed=[Unconfirmed(sequence=2, digest="ab" * 32, size=5120)],
            )
        ],
        receipts=RECEIPTS,
    )
    return seal_beacon(said, INTERNET).content


def files() -> dict[str, bytes]:
    """Every file of the vectors by its name below ``bundle-v1``."""
    made = {f"valid/{name}.tar": make() for name, make in VALID.items()}
    made |= {f"invalid/{name}.tar": defect.make() for name, defect in INVALID.items()}
    made["valid/beacon.json"] = beacon()
    expected = {
        "at": AT.isoformat(),
        "destination": "extranet",
        "valid": sorted(VALID),
        "invalid": {
            name: {"code": defect.code, "seen_by_carrier": defect.carrier}
            for name, defect in sorted(INVALID.items())
        },
    }
    made["expected.json"] = (json.dumps(expected, indent=1, sort_keys=True) + "\n").encode()
    made["trust.toml"] = "\n".join(entry_text(key) for key in trusted_keys()).encode()
    made["TEST-KEYS-never-use.json"] = (
        json.dumps(
            {
                keys.zone.value: {"seal": keys.seal.hex(), "receive": keys.receive.hex()}
                for keys in (INTERNET, EXTRANET, INTRANET)
            },
            indent=1,
        )
        + "\n"
    ).encode()
    return made


def main() -> None:
    """Write the vectors."""
    for name, content in files().items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
