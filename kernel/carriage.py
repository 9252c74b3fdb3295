"""What every carrier does with a file: verify all of it with public keys while it is passed on."""

from kernel.bundle import BeaconName, Receiver, open_beacon, parse_name, verify
from kernel.bundle.beacon import MAX_BEACON_BYTES
from kernel.bundle.open import Readable, Writable
from kernel.vocabulary.zones import Zone


def pass_on(source: Readable, target: Writable, receiver: Receiver, name: str) -> Zone:
    """Copy the bundle or beacon called ``name`` from ``source`` to ``target``, verifying it.

    Answers the zone it comes from. Raises :class:`kernel.errors.RejectedBundleError`; what
    ``target`` holds then is worthless and must not be given a name.
    """
    if isinstance(parse_name(name), BeaconName):
        content = source.read(MAX_BEACON_BYTES + 1)
        origin = open_beacon(content, receiver, name).origin
        target.write(memoryview(content))
        return origin
    return verify(source, receiver, name, target).header.origin
