"""Encrypting a blob of any size in chunks, none of which can be dropped, repeated or reordered.

The STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár (2015): the nonce counts the
chunks and marks the last one, so a cut at a chunk's edge is noticed too.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from kernel.bundle.header import FORMAT
from kernel.errors import RejectedBundleError
from kernel.keys import Suite

CHUNK: Final = 1024 * 1024
"""Plain bytes in a chunk; only the last may be shorter."""


def sealed_size(plain_size: int, tag_size: int) -> int:
    """Stored bytes of a blob of ``plain_size`` bytes."""
    return plain_size + tag_size * max(1, -(-plain_size // CHUNK))


def bundle_secret(
    suite: Suite, private: bytes, public: bytes, ephemeral: bytes, to: bytes
) -> bytes:
    """The secret one bundle's blob keys are derived from, bound to both public keys."""
    return suite.derive(suite.agree(private, public), FORMAT.encode() + b"\0" + ephemeral + to)


def blob_key(suite: Suite, secret: bytes, index: int) -> bytes:
    """The key of the blob at ``index`` of the header's list."""
    return suite.derive(secret, b"blob" + index.to_bytes(4, "big"))


def encrypt(suite: Suite, key: bytes, plain: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The sealed chunks of ``plain``, ``size`` bytes in all, cut anew at every :data:`CHUNK`."""
    waiting, taken, counter = bytearray(), 0, 0
    for piece in plain:
        waiting += piece
        taken += len(piece)
        # A full chunk is sealed only when more follows: the last one must be marked.
        while len(waiting) > CHUNK or (len(waiting) == CHUNK and taken < size):
            yield suite.encrypt(key, _nonce(counter, last=False), bytes(waiting[:CHUNK]))
            del waiting[:CHUNK]
            counter += 1
    yield suite.encrypt(key, _nonce(counter, last=True), bytes(waiting))


class Decryptor:
    """Opens the chunks of one blob in order."""

    def __init__(self, suite: Suite, key: bytes, sealed: int) -> None:
        """Expect a blob of ``sealed`` stored bytes."""
        self._suite = suite
        self._key = key
        self._left = sealed
        self._counter = 0

    @property
    def next_size(self) -> int:
        """Stored bytes of the next chunk; 0 when the blob has ended."""
        return min(CHUNK + self._suite.tag_size, self._left)

    def open(self, sealed: bytes) -> bytes:
        """The plain bytes of the next chunk.

        Raises :class:`RejectedBundleError` with code ``decryption_failed``.
        """
        self._left -= len(sealed)
        nonce = _nonce(self._counter, last=self._left == 0)
        plain = self._suite.decrypt(self._key, nonce, sealed)
        if plain is None:
            raise RejectedBundleError("decryption_failed", "加密内容无法解开，密钥不符或内容被改动")
        self._counter += 1
        return plain


def _nonce(counter: int, *, last: bool) -> bytes:
    return counter.to_bytes(11, "big") + (b"\1" if last else b"\0")
