"""The interface behind which a cipher suite stands: ``international`` now, 国密 beside it later.

The suite's name is inside every signed header; nothing is ever negotiated. A key is raw bytes to
everybody but its suite.
"""

from typing import Protocol


class Suite(Protocol):
    """Signing, key agreement and authenticated encryption under one name."""

    name: str
    tag_size: int
    """Bytes an encrypted chunk is longer than its plain text."""

    def new_signing_key(self) -> bytes:
        """A new private signing key, raw."""

    def new_agreement_key(self) -> bytes:
        """A new private key-agreement key, raw."""

    def signing_public(self, private: bytes) -> bytes:
        """The public half of a signing key."""

    def agreement_public(self, private: bytes) -> bytes:
        """The public half of a key-agreement key."""

    def sign(self, private: bytes, message: bytes) -> bytes:
        """A deterministic signature."""

    def is_signed(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is right; never raises on malformed input."""

    def agree(self, private: bytes, public: bytes) -> bytes:
        """The shared secret; raises :class:`ValueError` for a public key of low order."""

    def derive(self, secret: bytes, info: bytes) -> bytes:
        """An encryption key of 32 bytes from ``secret`` and ``info``."""

    def encrypt(self, key: bytes, nonce: bytes, plain: bytes) -> bytes:
        """Authenticated encryption; a nonce (12 bytes) is used once with a key."""

    def decrypt(self, key: bytes, nonce: bytes, sealed: bytes) -> bytes | None:
        """The plain text, or None when it is not authentic."""
