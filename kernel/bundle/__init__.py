"""Sealed bundles and beacons: the one format all carriers move (docs/spec/bundle-v1.md)."""

from kernel.bundle.beacon import (
    MAX_UNCONFIRMED,
    Beacon,
    Renewal,
    SealedBeacon,
    StreamHead,
    Unconfirmed,
    open_beacon,
    seal_beacon,
)
from kernel.bundle.header import BlobEntry, BundleHeader, MessageRef
from kernel.bundle.names import BeaconName, BundleName, parse_name
from kernel.bundle.open import (
    BlobSink,
    OpenedBundle,
    Receiver,
    Verified,
    read_header,
    unpack,
    verify,
)
from kernel.bundle.receipts import Receipts, RefusedSequence, Renewed, StreamReceipt

__all__ = [
    "MAX_UNCONFIRMED",
    "Beacon",
    "BeaconName",
    "BlobEntry",
    "BlobSink",
    "BundleHeader",
    "BundleName",
    "MessageRef",
    "OpenedBundle",
    "Receipts",
    "Receiver",
    "RefusedSequence",
    "Renewal",
    "Renewed",
    "SealedBeacon",
    "StreamHead",
    "StreamReceipt",
    "Unconfirmed",
    "Verified",
    "open_beacon",
    "parse_name",
    "read_header",
    "seal_beacon",
    "unpack",
    "verify",
]
