"""Verifying and opening a bundle in one pass; step numbers are those of docs/spec/bundle-v1.md.

The signature is checked before anything in the header is parsed, and every byte after it is either
compared with the one byte that may stand there or hashed against the signed digest.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Protocol

from pydantic import Field, ValidationError

from kernel.bundle import envelope
from kernel.bundle.header import (
    MAX_BLOBS,
    MAX_HEADER_BYTES,
    MAX_MESSAGES,
    MAX_MESSAGES_BYTES,
    MAX_SIGNATURE_BYTES,
    PAYLOAD_TYPE,
    BlobEntry,
    BundleHeader,
    canonical,
    digest_of,
    parse_header,
)
from kernel.bundle.names import bundle_name
from kernel.bundle.receipts import Record
from kernel.bundle.stream import Decryptor, blob_key, bundle_secret, sealed_size
from kernel.bundle.tar import BLOCK, END, header_block, padding
from kernel.durable import disk_errors
from kernel.errors import RejectedBundleError
from kernel.keys import Purpose, TrustStore, ZoneKeys
from kernel.vocabulary.zones import Zone

READ_SIZE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Verified:
    """A header whose signature is good, and the bundle's identity."""

    header: BundleHeader
    digest: str


@dataclass(frozen=True, slots=True)
class OpenedBundle:
    """A bundle that was verified to its last byte; the blobs went to the sink."""

    header: BundleHeader
    digest: str
    messages: tuple[bytes, ...]


class BlobSink(Protocol):
    """Takes plain blobs while they are verified; kept only when the whole bundle is good."""

    def begin(self, digest: str, size: int) -> None:
        """The next blob starts."""

    def write(self, chunk: bytes | memoryview) -> None:
        """More bytes of the blob; the sink must not keep the buffer."""

    def end(self) -> None:
        """The blob is complete and its digest was right."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whoever verifies: whom it trusts, for which zone it takes bundles, and what time it is."""

    trust: TrustStore
    destination: Zone
    at: datetime


class Readable(Protocol):
    """What a binary file opened for reading can do."""

    def read(self, size: int, /) -> bytes:
        """Up to ``size`` bytes; empty at the end."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill ``buffer`` from its start; answers how many bytes."""


class Writable(Protocol):
    """What takes the bytes of a bundle that is being carried."""

    def write(self, chunk: memoryview, /) -> object:
        """Take ``chunk`` whole; it is valid only until this returns."""


class _Input:
    """Reads exactly what is asked for, and copies it on when the bundle is being carried."""

    def __init__(self, source: Readable, copy: Writable | None) -> None:
        self._source = source
        self._copy = copy
        self._buffer = memoryview(bytearray(READ_SIZE))

    def exactly(self, size: int) -> bytes:
        parts = [bytes(part) for part in self.pieces(size)]
        return b"".join(parts)

    def pieces(self, size: int) -> Iterator[memoryview]:
        """``size`` bytes in pieces; each piece is valid until the next is asked for."""
        left = size
        while left:
            view = self._buffer[: min(left, READ_SIZE)]
            with disk_errors():
                got = self._source.readinto(view)
            if not got:
                raise RejectedBundleError("truncated", "文件不完整，末尾被截断")
            piece = view[:got]
            if self._copy is not None:
                self._copy.write(piece)
            yield piece
            left -= got

    def expect(self, wanted: bytes, code: str, message: str) -> None:
        if self.exactly(len(wanted)) != wanted:
            raise RejectedBundleError(code, message)

    def expect_end(self) -> None:
        if self._source.read(1):
            raise RejectedBundleError("trailing_bytes", "文件末尾有多余内容")


def read_header(source: Readable, receiver: Receiver, name: str | None) -> Verified:
    """Steps 1 to 9 alone: what the bundle says it is, signed; its blobs are not looked at.

    Raises :class:`RejectedBundleError`.
    """
    return _front(_Input(source, None), receiver, name)


def verify(
    source: Readable, receiver: Receiver, name: str | None, copy: Writable | None = None
) -> Verified:
    """Verify every byte of a bundle, copying it to ``copy`` on the way; needs no private key.

    This is what a carrier does. ``name`` is the file's name, compared with what the header says;
    None when it has none yet. Raises :class:`RejectedBundleError`; then ``copy`` holds rubbish.
    """
    bundle = _Input(source, copy)
    verified = _front(bundle, receiver, name)
    for entry in verified.header.blobs:
        _announce(bundle, entry)
        digest = hashlib.sha256()
        for piece in bundle.pieces(entry.size):
            digest.update(piece)
        _finish(bundle, entry, digest.hexdigest())
    _end(bundle)
    return verified


def unpack(
    source: Readable, receiver: Receiver, name: str | None, keys: ZoneKeys, sink: BlobSink
) -> OpenedBundle:
    """Verify a bundle and hand its plain blobs to ``sink``, in one read.

    This is what the destination's exchange does. The caller keeps what the sink took only when this
    returns. Raises :class:`RejectedBundleError`.
    """
    bundle = _Input(source, None)
    verified = _front(bundle, receiver, name)
    header = verified.header
    secret = _secret(header, keys)
    lines: tuple[bytes, ...] = ()
    contents: Sequence[BlobEntry] = header.blobs[1:]
    for index, entry in enumerate(header.blobs):
        _announce(bundle, entry)
        decryptor = (
            Decryptor(keys.suite, blob_key(keys.suite, secret, index), entry.size)
            if secret is not None
            else None
        )
        if index == 0:
            text = _Text()
            _read_blob(bundle, entry, decryptor, text)
            lines = _split(text.value)
            if decryptor is not None:
                contents, lines = _contents(lines, header.blobs[1:], keys.suite.tag_size)
        else:
            plain = contents[index - 1]
            sink.begin(plain.digest, plain.size)
            found = _read_blob(bundle, entry, decryptor, sink)
            if found != plain.digest:
                raise RejectedBundleError("blob_digest", "材料内容与签名的摘要不符")
            sink.end()
    _end(bundle)
    if len(lines) != len(header.messages):
        raise RejectedBundleError("messages_count", "消息数量与交换包头不符")
    return OpenedBundle(header, verified.digest, lines)


class _Writer(Protocol):
    def write(self, chunk: bytes | memoryview) -> None: ...


class _Text:
    """Collects the messages, which are bounded."""

    def __init__(self) -> None:
        self.value = bytearray()

    def write(self, chunk: bytes | memoryview) -> None:
        self.value += chunk


class _Content(Record):
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    media_type: Annotated[str, Field(pattern=r"^[a-z0-9.+-]+/[a-z0-9.+-]+$", max_length=100)]
    size: Annotated[int, Field(ge=0)]


class _Contents(Record):
    contents: Annotated[list[_Content], Field(max_length=MAX_BLOBS)]


def _front(bundle: _Input, receiver: Receiver, name: str | None) -> Verified:
    # (1) The first member is the header, of bounded size.
    raw = _bounded(bundle, "header.json", MAX_HEADER_BYTES)
    # (2) The second is the signature, of bounded size.
    document = _bounded(bundle, "signature.json", MAX_SIGNATURE_BYTES)
    # (3) to (5) The signature is well formed, by a known, valid key, and right.
    key = envelope.check(PAYLOAD_TYPE, raw, document, receiver.trust, Purpose.SEAL, receiver.at)
    # (6) Only now is the header parsed: strictly, and only in its canonical form.
    header = parse_header(raw)
    # (7) The key belongs to the zone that the header names as origin.
    if key.zone is not header.origin:
        raise RejectedBundleError("wrong_zone_key", "签名密钥不属于交换包声明的来源网")
    # (8) The bundle is for us.
    if header.destination is not receiver.destination:
        raise RejectedBundleError("wrong_destination", "交换包不是发给本网的")
    digest = digest_of(raw)
    # (9) The file is named after what it holds.
    if name is not None and name != bundle_name(header, digest):
        raise RejectedBundleError("name_mismatch", "文件名与交换包内容不符")
    return Verified(header, digest)


def _bounded(bundle: _Input, member: str, limit: int) -> bytes:
    """Read a member whose size only its tar header says; the header must be the canonical one."""
    block = bundle.exactly(BLOCK)
    digits = block[124:135]
    if not digits.isdigit() or any(digit > ord("7") for digit in digits):
        raise RejectedBundleError("not_a_bundle", "文件不是交换包")
    size = int(digits, 8)
    if not 0 < size <= limit:
        raise RejectedBundleError("front_too_large", "交换包头或签名超过允许的长度")
    if block != header_block(member, size):
        raise RejectedBundleError("not_a_bundle", "文件不是交换包")
    content = bundle.exactly(size)
    bundle.expect(padding(size), "padding_not_zero", "填充字节不为零")
    return content


def _announce(bundle: _Input, entry: BlobEntry) -> None:
    # (10) The next member is the one the header lists next, and nothing else.
    bundle.expect(
        header_block(f"blobs/{entry.digest}", entry.size),
        "member_unexpected",
        "交换包内出现清单以外的成员或成员缺失",
    )


def _finish(bundle: _Input, entry: BlobEntry, digest: str) -> None:
    # (11) The stored bytes are the signed ones, and the padding is zero.
    if digest != entry.digest:
        raise RejectedBundleError("blob_digest", "材料内容与签名的摘要不符")
    bundle.expect(padding(entry.size), "padding_not_zero", "填充字节不为零")


def _end(bundle: _Input) -> None:
    # (12) Two zero blocks, and then the file ends.
    bundle.expect(END, "end_missing", "交换包没有规范的结尾")
    bundle.expect_end()


def _read_blob(
    bundle: _Input, entry: BlobEntry, decryptor: Decryptor | None, target: _Writer
) -> str:
    """Pass one blob on as plain bytes; answers the digest of the plain bytes."""
    stored = hashlib.sha256()
    if decryptor is None:
        if isinstance(target, _Text) and entry.size > MAX_MESSAGES_BYTES:
            raise RejectedBundleError("messages_too_large", "消息总长度超过允许的上限")
        for piece in bundle.pieces(entry.size):
            stored.update(piece)
            target.write(piece)
        _finish(bundle, entry, stored.hexdigest())
        return entry.digest
    if isinstance(target, _Text) and entry.size > 2 * MAX_MESSAGES_BYTES:
        raise RejectedBundleError("messages_too_large", "消息总长度超过允许的上限")
    plain = hashlib.sha256()
    while size := decryptor.next_size:
        sealed = bundle.exactly(size)
        stored.update(sealed)
        chunk = decryptor.open(sealed)
        plain.update(chunk)
        target.write(chunk)
    _finish(bundle, entry, stored.hexdigest())
    return plain.hexdigest()


def _secret(header: BundleHeader, keys: ZoneKeys) -> bytes | None:
    if header.encryption is None:
        return None
    # (13) An encrypted bundle names the key it was encrypted to; it must be ours.
    if header.encryption.recipient != keys.receive_keyid:
        raise RejectedBundleError("recipient_unknown", "交换包不是用本网当前的接收密钥加密的")
    ephemeral = base64.b64decode(header.encryption.ephemeral)
    ours = keys.suite.agreement_public(keys.receive)
    try:
        return bundle_secret(keys.suite, keys.receive, ephemeral, ephemeral, ours)
    except ValueError:
        raise RejectedBundleError("decryption_failed", "交换包的加密参数无效") from None


def _split(text: bytearray) -> tuple[bytes, ...]:
    if not text.endswith(b"\n"):
        raise RejectedBundleError("messages_malformed", "消息内容没有完整的行")
    # One more line than may be is enough to be refused; millions of empty ones would fill memory.
    return tuple(bytes(text[:-1]).split(b"\n", MAX_MESSAGES + 1))


def _contents(
    lines: tuple[bytes, ...], stored: Sequence[BlobEntry], tag_size: int
) -> tuple[Sequence[BlobEntry], tuple[bytes, ...]]:
    """(14) The first encrypted line lists what the other blobs are once they are opened."""
    malformed = RejectedBundleError("contents_malformed", "加密交换包的内容清单不正确")
    try:
        listed = _Contents.model_validate_json(lines[0])
        found = listed.contents
        plain = [
            BlobEntry(digest=item.digest, size=item.size, media_type=item.media_type)
            for item in found
        ]
    except ValidationError:
        raise malformed from None
    sizes = [sealed_size(entry.size, tag_size) for entry in plain]
    if sizes != [entry.size for entry in stored] or canonical(listed.model_dump()) != lines[0]:
        raise malformed
    return plain, lines[1:]
