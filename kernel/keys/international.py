"""The ``international`` suite: Ed25519, SHA-256, X25519, HKDF-SHA-256 and AES-256-GCM."""

from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_SIZE: Final = 32


class InternationalSuite:
    """RFC 8032, RFC 7748, RFC 5869 and NIST SP 800-38D by the ``cryptography`` package."""

    name = "international"
    tag_size = 16

    def new_signing_key(self) -> bytes:
        """A new Ed25519 private key, 32 bytes."""
        return Ed25519PrivateKey.generate().private_bytes_raw()

    def new_agreement_key(self) -> bytes:
        """A new X25519 private key, 32 bytes."""
        return X25519PrivateKey.generate().private_bytes_raw()

    def signing_public(self, private: bytes) -> bytes:
        """The Ed25519 public key, 32 bytes."""
        return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()

    def agreement_public(self, private: bytes) -> bytes:
        """The X25519 public key, 32 bytes."""
        return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()

    def sign(self, private: bytes, message: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes, deterministic."""
        return Ed25519PrivateKey.from_private_bytes(private).sign(message)

    def is_signed(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is right; malformed keys and signatures are simply wrong."""
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def agree(self, private: bytes, public: bytes) -> bytes:
        """The X25519 shared secret; raises ValueError when it would be all zero."""
        return X25519PrivateKey.from_private_bytes(private).exchange(
            X25519PublicKey.from_public_bytes(public)
        )

    def derive(self, secret: bytes, info: bytes) -> bytes:
        """HKDF-SHA-256 without salt, 32 bytes."""
        return HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=info).derive(secret)

    def encrypt(self, key: bytes, nonce: bytes, plain: bytes) -> bytes:
        """AES-256-GCM, the tag of 16 bytes at the end."""
        return AESGCM(key).encrypt(nonce, plain, None)

    def decrypt(self, key: bytes, nonce: bytes, sealed: bytes) -> bytes | None:
        """The plain text, or None when it is not authentic."""
        try:
            return AESGCM(key).decrypt(nonce, sealed, None)
        except (InvalidTag, ValueError):
            return None
