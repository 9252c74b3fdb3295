"""Messages and materials that wait at the sender."""

import io
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from kernel import audit
from kernel.clock import SystemClock
from kernel.db import Database
from kernel.exchange import post
from kernel.materials import MaterialsStore
from kernel.messages import Kind
from kernel.messages.bodies import Body
from kernel.messages.envelope import BlobRef
from kernel.vocabulary.zones import Zone

_PIXELS: Final = 200


def picture(store: Path, number: int) -> BlobRef:
    """A picture in the materials store ``store``."""
    content = io.BytesIO()
    noise = random.Random(number).randbytes(_PIXELS * _PIXELS * 3)
    Image.frombytes("RGB", (_PIXELS, _PIXELS), noise).save(content, "png")
    content.seek(0)
    stored = MaterialsStore(store).put(content, 1 << 20)
    return BlobRef(digest=stored.digest, size=stored.size, media_type="image/png")


def send(
    database: Path,
    origin: Zone,
    destination: Zone,
    kind: Kind,
    body: Body,
    number: int,
    blobs: Sequence[BlobRef],
) -> None:
    """Put a message into the outbox of ``origin``."""
    opened = Database(f"sqlite:///{database}")
    audit.attach(opened, origin.value, SystemClock())
    with opened.begin() as session:
        post(
            session,
            origin=origin,
            destination=destination,
            kind=kind,
            body=body,
            case_no=f"W{number:015d}",
            now=number,
            blobs=blobs,
        )
    opened.dispose()
