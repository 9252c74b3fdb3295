"""Keys: the suite interface, a zone's private keys, and the trust file of public ones."""

from kernel.keys.files import (
    ZoneKeys,
    generate,
    generate_signer,
    generate_station,
    load,
    load_station,
)
from kernel.keys.international import InternationalSuite
from kernel.keys.pae import pae
from kernel.keys.suite import Suite
from kernel.keys.trust import Purpose, TrustedKey, TrustStore, entry_text, keyid_of

__all__ = [
    "InternationalSuite",
    "Purpose",
    "Suite",
    "TrustStore",
    "TrustedKey",
    "ZoneKeys",
    "entry_text",
    "generate",
    "generate_signer",
    "generate_station",
    "keyid_of",
    "load",
    "load_station",
    "pae",
]
