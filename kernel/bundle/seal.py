"""Sealing a bundle: one read and one write of every blob, memory flat whatever the size.

The header says every blob's digest, and stands first. For readable bundles the digests are known
from the materials store; for encrypted ones they come out of the encryption. Digests have a fixed
length, so the header's length is known either way: its place is kept free, the blobs are written,
and the header goes in last.
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from kernel.bundle import envelope
from kernel.bundle.header import (
    ENCRYPTED_TYPE,
    FORMAT,
    MAX_HEADER_BYTES,
    MAX_MESSAGES_BYTES,
    MESSAGES_TYPE,
    PAYLOAD_TYPE,
    BlobEntry,
    BundleHeader,
    Encryption,
    MessageRef,
    digest_of,
    header_bytes,
)
from kernel.bundle.names import bundle_name
from kernel.bundle.receipts import Receipts, Renewed
from kernel.bundle.stream import blob_key, bundle_secret, encrypt, sealed_size
from kernel.bundle.tar import END, header_block, padding
from kernel.durable import disk_errors
from kernel.errors import UnavailableError
from kernel.keys import Purpose, TrustedKey, ZoneKeys
from kernel.vocabulary.zones import Stream, Zone

READ_SIZE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class BlobSource:
    """A plain file to be carried: where it lies, and what it must be."""

    path: Path
    digest: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class BundleDraft:
    """What the exchange decides about a bundle; the rest follows from its content."""

    origin: Zone
    destination: Zone
    stream: Stream
    epoch: str
    sequence: int
    previous: str | None
    created: int
    receipts: Receipts
    renews: Renewed | None = None


@dataclass(frozen=True, slots=True)
class SealedBundle:
    """A bundle that was written: identity, file name, size in bytes."""

    digest: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class _Member:
    """One blob to be written: its stored size and its stored bytes as they are made."""

    size: int
    chunks: Iterable[bytes]
    digest: str | None
    """Known beforehand for readable bundles, None when it comes out of the encryption."""


def seal(
    target: BinaryIO,
    draft: BundleDraft,
    refs: Sequence[MessageRef],
    lines: Sequence[bytes],
    blobs: Sequence[BlobSource],
    keys: ZoneKeys,
    recipient: TrustedKey | None,
) -> SealedBundle:
    """Write a bundle into ``target``, a new file open for writing at its start.

    ``lines`` are the messages' canonical JSON in the order of ``refs``. With ``recipient`` every
    blob is encrypted to it. Raises :class:`UnavailableError`: ``material_damaged`` when a blob is
    not what the store says, ``disk_full``, ``disk_error``. Making the file durable and giving it
    its name is the spool's part.
    """
    encryption, members, entries = _plan(refs, lines, blobs, keys, recipient)
    header = BundleHeader(
        format=FORMAT,
        suite="international",
        origin=draft.origin,
        destination=draft.destination,
        stream=draft.stream,
        epoch=draft.epoch,
        sequence=draft.sequence,
        previous=draft.previous,
        created=draft.created,
        messages=list(refs),
        blobs=entries,
        receipts=draft.receipts,
        encryption=encryption,
        renews=draft.renews,
    )
    with disk_errors():
        return _write(target, header, members, keys)


def _write(
    target: BinaryIO, header: BundleHeader, members: Sequence[_Member], keys: ZoneKeys
) -> SealedBundle:
    front = _front(header, keys)
    known = all(member.digest is not None for member in members)
    target.write(front if known else b"\0" * len(front))
    entries: list[BlobEntry] = []
    for entry, member in zip(header.blobs, members, strict=True):
        digest = _write_member(target, member, known=known)
        entries.append(entry.model_copy(update={"digest": digest}))
    target.write(END)
    size = target.tell()
    if not known:
        header = header.model_copy(update={"blobs": entries})
        again = _front(header, keys)
        if len(again) != len(front):
            raise RuntimeError("the header changed its length")
        target.seek(0)
        target.write(again)
        for offset, block in _member_blocks(header, len(front)):
            target.seek(offset)
            target.write(block)
        target.seek(0, os.SEEK_END)
    digest = digest_of(header_bytes(header))
    return SealedBundle(digest, bundle_name(header, digest), size)


def _front(header: BundleHeader, keys: ZoneKeys) -> bytes:
    """Header and signature as they stand at the start of the file."""
    raw = header_bytes(header)
    if len(raw) > MAX_HEADER_BYTES:
        raise ValueError("the header is larger than a bundle allows; seal fewer messages")
    signature = envelope.sign(PAYLOAD_TYPE, raw, keys, Purpose.SEAL)
    return b"".join(
        (
            header_block("header.json", len(raw)),
            raw,
            padding(len(raw)),
            header_block("signature.json", len(signature)),
            signature,
            padding(len(signature)),
        )
    )


def _write_member(target: BinaryIO, member: _Member, *, known: bool) -> str:
    """Write one blob; answers the digest of its stored bytes."""
    name = f"blobs/{member.digest if known and member.digest else _unknown(0)}"
    target.write(header_block(name, member.size))
    digest, written = hashlib.sha256(), 0
    for chunk in member.chunks:
        digest.update(chunk)
        target.write(chunk)
        written += len(chunk)
    found = digest.hexdigest()
    if written != member.size or (member.digest is not None and found != member.digest):
        raise UnavailableError("material_damaged", "材料库中的文件与登记的摘要不符，未封装")
    target.write(padding(member.size))
    return found


def _member_blocks(header: BundleHeader, start: int) -> Iterator[tuple[int, bytes]]:
    """Where each blob's tar header stands, and what it says now that digests are known."""
    offset = start
    for entry in header.blobs:
        block = header_block(f"blobs/{entry.digest}", entry.size)
        yield offset, block
        offset += len(block) + entry.size + len(padding(entry.size))


def _plan(
    refs: Sequence[MessageRef],
    lines: Sequence[bytes],
    blobs: Sequence[BlobSource],
    keys: ZoneKeys,
    recipient: TrustedKey | None,
) -> tuple[Encryption | None, list[_Member], list[BlobEntry]]:
    """The blobs to write, with their header entries; digests are placeholders when encrypted."""
    if len(refs) != len(lines) or any(b"\n" in line for line in lines):
        raise ValueError("every message is one line and is named in the header")
    if blobs and not lines:
        raise ValueError("blobs travel with the messages that name them")
    if not lines:
        return (None, [], []) if recipient is None else _encrypted([], [], keys, recipient)
    if recipient is not None:
        return _encrypted(lines, blobs, keys, recipient)
    text = _messages(lines)
    digest = hashlib.sha256(text).hexdigest()
    entries = [BlobEntry(digest=digest, size=len(text), media_type=MESSAGES_TYPE)]
    members = [_Member(len(text), (text,), digest)]
    for blob in blobs:
        entries.append(BlobEntry(digest=blob.digest, size=blob.size, media_type=blob.media_type))
        members.append(_Member(blob.size, _chunks(blob), blob.digest))
    return None, members, entries


def _encrypted(
    lines: Sequence[bytes],
    blobs: Sequence[BlobSource],
    keys: ZoneKeys,
    recipient: TrustedKey,
) -> tuple[Encryption, list[_Member], list[BlobEntry]]:
    suite = keys.suite
    private = suite.new_agreement_key()
    public = suite.agreement_public(private)
    secret = bundle_secret(suite, private, recipient.public, public, recipient.public)
    members: list[_Member] = []
    if lines:
        contents = [
            {"digest": blob.digest, "media_type": blob.media_type, "size": blob.size}
            for blob in blobs
        ]
        first = json.dumps({"contents": contents}, sort_keys=True, separators=(",", ":"))
        text = _messages([first.encode(), *lines])
        plain: list[tuple[int, Iterable[bytes]]] = [(len(text), (text,))]
        plain.extend((blob.size, _checked(blob)) for blob in blobs)
        for index, (size, chunks) in enumerate(plain):
            key = blob_key(suite, secret, index)
            members.append(
                _Member(sealed_size(size, suite.tag_size), encrypt(suite, key, chunks, size), None)
            )
    entries = [
        BlobEntry(digest=_unknown(index), size=member.size, media_type=ENCRYPTED_TYPE)
        for index, member in enumerate(members)
    ]
    encryption = Encryption(recipient=recipient.keyid, ephemeral=base64.b64encode(public).decode())
    return encryption, members, entries


def _unknown(index: int) -> str:
    """Stands for a digest that is not known yet; as long as one, and no two alike."""
    return f"{index:064x}"


def _messages(lines: Sequence[bytes]) -> bytes:
    text = b"".join(line + b"\n" for line in lines)
    if len(text) > MAX_MESSAGES_BYTES:
        raise ValueError("the messages are larger than a bundle allows; seal fewer")
    return text


def _chunks(blob: BlobSource) -> Iterator[bytes]:
    try:
        with blob.path.open("rb", buffering=0) as file:
            while chunk := file.read(READ_SIZE):
                yield chunk
    except FileNotFoundError:
        raise UnavailableError("material_damaged", "材料库中缺少登记的文件，未封装") from None


def _checked(blob: BlobSource) -> Iterator[bytes]:
    """The plain bytes of ``blob``, refused at their end when the store has rotted."""
    digest = hashlib.sha256()
    for chunk in _chunks(blob):
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != blob.digest:
        raise UnavailableError("material_damaged", "材料库中的文件与登记的摘要不符，未封装")
