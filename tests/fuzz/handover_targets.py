"""Handover files under fuzzing: as somebody brings them, and as a colluding zone signs them."""

import base64
import json
from typing import Final

import bundle_forge as forge

from kernel.bundle.envelope import sign
from kernel.bundle.header import canonical
from kernel.clock import SetClock
from kernel.handover.form import PAYLOAD_TYPE, Certificates, fingerprint, make, open_handover
from kernel.keys import Purpose, entry_text
from kernel.vocabulary.zones import Zone

CLOCK: Final = SetClock(forge.AT)
KEYS: Final = forge.keys_of(Zone.EXTRANET)
PUBLIC: Final = KEYS.suite.signing_public(KEYS.seal)
RIGHT: Final = make(
    KEYS,
    "\n".join(entry_text(KEYS.public(purpose)) for purpose in (Purpose.SEAL, Purpose.RECEIVE)),
    Certificates(authority="-----BEGIN CERTIFICATE-----", client=None, server=None),
    "https://portal.example:8443",
    "https://portal.example",
    "tongban 0.1.0",
    CLOCK,
)
PAYLOAD: Final = base64.b64decode(json.loads(RIGHT)["payload"])


def handover(content: bytes) -> None:
    """A handover file."""
    open_handover(content, (fingerprint(PUBLIC),), CLOCK)


def signed_handover(content: bytes) -> None:
    """Any payload, rightly signed by a zone whose fingerprint was confirmed."""
    envelope = {
        "payload": base64.b64encode(content).decode(),
        "public": base64.b64encode(PUBLIC).decode(),
        "signature": json.loads(sign(PAYLOAD_TYPE, content, KEYS, Purpose.SEAL)),
    }
    opened = open_handover(canonical(envelope), (fingerprint(PUBLIC),), CLOCK)
    if canonical(opened.handover.model_dump(mode="json")) != content:
        raise AssertionError("a handover that is not canonical was taken")
