"""Every way in which a bundle can be wrong that the specification names: one defect a bundle."""

import base64
import hashlib
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bundle_forge import (
    BLOBS,
    EPOCH,
    EXPIRED,
    EXTRANET,
    INTERNET,
    INTRANET,
    LINE,
    RECEIPTS,
    REVOKED,
    SCAN,
    STRANGER,
    FixedSuite,
    assemble,
    blob_list,
    front,
    header,
    member,
    secret_key,
    signature,
    simple,
)

from kernel.bundle.header import ENCRYPTED_TYPE, MESSAGES_TYPE, canonical
from kernel.bundle.stream import blob_key, bundle_secret
from kernel.bundle.tar import END
from kernel.keys import keyid_of


def _with_block(name: str, at: slice, value: bytes) -> bytes:
    """The plain bundle whose member ``name`` has other bytes in its tar header, sum corrected."""
    whole = bytearray(assemble(front(canonical(header()))))
    start = whole.index(name.encode() + b"\0")
    block = whole[start : start + 512]
    block[at] = value.ljust(at.stop - at.start, b"\0")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    whole[start : start + 512] = block
    return bytes(whole)


SCAN_NAME: Final = f"blobs/{hashlib.sha256(SCAN).hexdigest()}"


def _foreign(kind: bytes, link: str = "") -> bytes:
    """A right bundle with one foreign member before its end, as ``tarfile`` would write it."""
    info = tarfile.TarInfo("foreign")
    info.type = kind
    info.linkname = link
    whole = assemble(front(canonical(header())))
    return whole[: -len(END)] + info.tobuf(tarfile.USTAR_FORMAT) + END


def _doubled_key() -> bytes:
    raw = canonical(header())
    return assemble(front(raw.replace(b'{"blobs"', b'{"sequence":1,"blobs"', 1)))


def _spaced() -> bytes:
    return assemble(front(json.dumps(header(), ensure_ascii=False, sort_keys=True).encode()))


def _sealed_chunks(pieces: Sequence[tuple[int, bool, bytes]], index: int = 0) -> bytes:
    """Chunks sealed under chosen counters and last-flags, to be put together wrongly."""
    suite, ephemeral = FixedSuite(), secret_key("ephemeral")
    public = suite.agreement_public(ephemeral)
    ours = EXTRANET.suite.agreement_public(EXTRANET.receive)
    key = blob_key(suite, bundle_secret(suite, ephemeral, ours, public, ours), index)
    return b"".join(
        suite.encrypt(key, counter.to_bytes(11, "big") + (b"\1" if last else b"\0"), piece)
        for counter, last, piece in pieces
    )


def _encrypted_bundle(stored: Sequence[bytes], **changed: Any) -> bytes:
    """A rightly signed bundle from the intranet whose stored blobs are given."""
    suite = FixedSuite()
    public = suite.agreement_public(secret_key("ephemeral"))
    ours = EXTRANET.suite.agreement_public(EXTRANET.receive)
    fields = {
        "origin": "intranet",
        "blobs": blob_list([(blob, ENCRYPTED_TYPE) for blob in stored]),
        "encryption": {
            "recipient": keyid_of(ours),
            "ephemeral": base64.b64encode(public).decode(),
        },
        **changed,
    }
    raw = canonical(header(**fields))
    return assemble(front(raw, signature(raw, INTRANET)), stored)


def _contents(scans: Sequence[bytes], **changed: Any) -> bytes:
    entries = [
        {**entry, **changed} for entry in blob_list([(scan, "text/plain") for scan in scans])
    ]
    return canonical({"contents": entries}) + b"\n" + LINE + b"\n"


def _one_chunk(content: bytes, index: int = 0) -> bytes:
    return _sealed_chunks([(0, True, content)], index)


def _other_text(text: bytes) -> bytes:
    blobs = ((text, MESSAGES_TYPE),)
    return assemble(front(canonical(header(blobs=blob_list(blobs)))), [text])


def _patched(old: bytes, new: bytes) -> bytes:
    whole = simple()
    if whole.count(old) != 1:
        raise ValueError("a vector must have one defect")
    return whole.replace(old, new)


def _signed(**how: Any) -> bytes:
    raw = canonical(header())
    return assemble(front(raw, signature(raw, **how)))


@dataclass(frozen=True, slots=True)
class Defect:
    """A bundle with one defect and the code it is refused with.

    ``carrier`` is False where only the destination, which decrypts and reads, can see the defect.
    """

    code: str
    make: Callable[[], bytes]
    carrier: bool = True


INVALID: Final[Mapping[str, Defect]] = {
    # The front.
    "empty_file": Defect("truncated", lambda: b""),
    "not_a_tar": Defect("not_a_bundle", lambda: b"MZ" + bytes(4096)),
    "wrong_magic": Defect(
        "not_a_bundle", lambda: _with_block("header.json", slice(257, 263), b"uxtar")
    ),
    "gnu_magic": Defect(
        "not_a_bundle", lambda: _with_block("header.json", slice(257, 265), b"ustar  \0")
    ),
    "first_member_other": Defect(
        "not_a_bundle", lambda: _with_block("header.json", slice(0, 100), b"./header.json")
    ),
    "size_in_base_256": Defect(
        "not_a_bundle",
        lambda: _with_block("header.json", slice(124, 136), b"\x80" + bytes(9) + b"\x04\x00"),
    ),
    "header_empty": Defect("front_too_large", lambda: assemble(front(b""))),
    "header_too_long": Defect(
        "front_too_large", lambda: member("header.json", b"", 1024 * 1024 + 1) + bytes(2048)
    ),
    "signature_too_long": Defect(
        "front_too_large", lambda: assemble(front(canonical(header()), b" " * 1025))
    ),
    "front_padding_not_zero": Defect(
        "padding_not_zero",
        lambda: _patched(b'==","suite":"international"}\0', b'==","suite":"international"}\1'),
    ),
    # The signature.
    "signature_wrong": Defect("signature_invalid", lambda: _signed(sig="A" * 86 + "==")),
    "signature_of_other_header": Defect(
        "signature_invalid",
        lambda: assemble(
            front(canonical(header()), signature(canonical(header(created=1623375000000001))))
        ),
    ),
    "signature_payload_type_other": Defect(
        "signature_invalid",
        lambda: _signed(payload_type="application/vnd.tongban.beacon.v1+json"),
    ),
    "signature_without_pae": Defect(
        "signature_invalid",
        lambda: _signed(
            sig=base64.b64encode(INTERNET.suite.sign(INTERNET.seal, canonical(header()))).decode()
        ),
    ),
    "signature_suite_unknown": Defect("signature_invalid", lambda: _signed(suite="none")),
    "signature_field_unknown": Defect("signature_invalid", lambda: _signed(note="")),
    "signature_not_canonical": Defect(
        "signature_invalid",
        lambda: assemble(
            front(canonical(header()), signature(canonical(header())).replace(b'","', b'", "', 1))
        ),
    ),
    "signature_not_json": Defect(
        "signature_invalid", lambda: assemble(front(canonical(header()), b"\xff\xfe"))
    ),
    "key_unknown": Defect("key_unknown", lambda: _signed(keys=STRANGER)),
    "key_revoked": Defect("key_revoked", lambda: _signed(keys=REVOKED)),
    "key_expired": Defect("key_revoked", lambda: _signed(keys=EXPIRED)),
    "key_of_other_zone": Defect("wrong_zone_key", lambda: _signed(keys=INTRANET)),
    "key_of_other_purpose": Defect(
        "key_unknown",
        lambda: _signed(keyid=keyid_of(INTERNET.suite.agreement_public(INTERNET.receive))),
    ),
    # The header.
    "header_not_json": Defect("header_invalid", lambda: assemble(front(b"\xff{"))),
    "header_nested_deep": Defect("header_invalid", lambda: assemble(front(b"[" * 20_000))),
    "header_key_twice": Defect("header_invalid", _doubled_key),
    "header_key_unknown": Defect("header_invalid", lambda: simple(note="")),
    "header_key_missing": Defect(
        "header_invalid",
        lambda: assemble(front(canonical({k: v for k, v in header().items() if k != "created"}))),
    ),
    "header_not_canonical": Defect("header_not_canonical", _spaced),
    "format_unknown": Defect("header_invalid", lambda: simple(format="tongban-bundle/2")),
    "suite_unknown": Defect("header_invalid", lambda: simple(suite="none")),
    "sequence_zero": Defect("header_invalid", lambda: simple(sequence=0)),
    "sequence_text": Defect("header_invalid", lambda: simple(sequence="1")),
    "sequence_fraction": Defect("header_invalid", lambda: simple(sequence=1.0)),
    "previous_missing": Defect("header_invalid", lambda: simple(sequence=2)),
    "previous_of_first": Defect("header_invalid", lambda: simple(previous="ab" * 32)),
    "epoch_upper_case": Defect("header_invalid", lambda: simple(epoch=EPOCH.upper())),
    "stream_unknown": Defect("header_invalid", lambda: simple(stream="gossip")),
    "origin_unknown": Defect("header_invalid", lambda: simple(origin="elsewhere")),
    "path_that_no_carrier_goes": Defect("header_invalid", lambda: simple(destination="intranet")),
    "destination_other": Defect(
        "wrong_destination",
        lambda: assemble(
            front(
                raw := canonical(header(origin="extranet", destination="internet")),
                signature(raw, EXTRANET),
            )
        ),
    ),
    "message_twice": Defect("header_invalid", lambda: simple(messages=header()["messages"] * 2)),
    "messages_too_many": Defect(
        "header_invalid",
        lambda: simple(messages=[{"id": f"{n:032x}", "kind": "a.b"} for n in range(1001)]),
    ),
    "messages_without_blob": Defect(
        "header_invalid", lambda: assemble(front(canonical(header(blobs=[]))), [])
    ),
    "blobs_without_message": Defect("header_invalid", lambda: simple(messages=[])),
    "blob_listed_twice": Defect(
        "header_invalid",
        lambda: simple(blobs=blob_list((*BLOBS, BLOBS[1]))),
    ),
    "blob_name_climbs": Defect(
        "header_invalid",
        lambda: simple(
            blobs=[blob_list(BLOBS)[0], {**blob_list(BLOBS)[1], "digest": "../" * 21 + "a"}]
        ),
    ),
    "blob_larger_than_tar": Defect(
        "header_invalid",
        lambda: simple(blobs=[blob_list(BLOBS)[0], {**blob_list(BLOBS)[1], "size": 8**11}]),
    ),
    "first_blob_no_messages": Defect(
        "header_invalid", lambda: simple(blobs=blob_list((BLOBS[1], BLOBS[0])))
    ),
    "receipt_stream_twice": Defect(
        "header_invalid",
        lambda: simple(
            receipts={
                "seen_beacon": 0,
                "streams": [RECEIPTS.model_dump(mode="json")["streams"][0]] * 2,
            }
        ),
    ),
    "encryption_where_none_belongs": Defect(
        "header_invalid",
        lambda: simple(encryption={"recipient": "0" * 16, "ephemeral": "A" * 43 + "="}),
    ),
    "encryption_missing": Defect(
        "header_invalid",
        lambda: assemble(
            front(raw := canonical(header(origin="intranet")), signature(raw, INTRANET))
        ),
    ),
    "encrypted_media_type_shown": Defect(
        "header_invalid",
        lambda: _encrypted_bundle(
            [_one_chunk(_contents([]))],
            blobs=blob_list([(_one_chunk(_contents([])), "text/plain")]),
        ),
    ),
    # The blobs.
    "blob_missing": Defect(
        "member_unexpected", lambda: assemble(front(canonical(header())), [BLOBS[0][0]])
    ),
    "blob_added": Defect(
        "end_missing", lambda: assemble(front(canonical(header())), [LINE + b"\n", SCAN, b"more"])
    ),
    "blobs_in_other_order": Defect(
        "member_unexpected", lambda: assemble(front(canonical(header())), [SCAN, LINE + b"\n"])
    ),
    "blob_flipped": Defect("blob_digest", lambda: _patched(SCAN, b"Not" + SCAN[3:])),
    "blob_padding_not_zero": Defect(
        "padding_not_zero", lambda: _patched(SCAN + b"\0", SCAN + b"\1")
    ),
    "blob_mode_other": Defect(
        "member_unexpected", lambda: _with_block(SCAN_NAME, slice(100, 108), b"0004755")
    ),
    "blob_owner_named": Defect(
        "member_unexpected", lambda: _with_block(SCAN_NAME, slice(265, 297), b"root")
    ),
    "blob_is_symlink": Defect(
        "member_unexpected", lambda: _with_block(SCAN_NAME, slice(156, 157), b"2")
    ),
    "blob_path_climbs": Defect(
        "member_unexpected", lambda: _with_block(SCAN_NAME, slice(0, 100), b"../../etc/passwd")
    ),
    "blob_path_absolute": Defect(
        "member_unexpected", lambda: _with_block(SCAN_NAME, slice(0, 100), b"/etc/passwd")
    ),
    "blob_path_prefixed": Defect(
        "member_unexpected", lambda: _with_block(SCAN_NAME, slice(345, 500), b"../..")
    ),
    "member_symlink": Defect("end_missing", lambda: _foreign(tarfile.SYMTYPE, "/etc/passwd")),
    "member_hard_link": Defect("end_missing", lambda: _foreign(tarfile.LNKTYPE, "header.json")),
    "member_device": Defect("end_missing", lambda: _foreign(tarfile.BLKTYPE)),
    "member_fifo": Defect("end_missing", lambda: _foreign(tarfile.FIFOTYPE)),
    "member_directory": Defect("end_missing", lambda: _foreign(tarfile.DIRTYPE)),
    "member_pax": Defect("end_missing", lambda: _foreign(tarfile.XHDTYPE)),
    # The end.
    "truncated_in_blob": Defect("truncated", lambda: simple()[:-1600]),
    "truncated_end": Defect("truncated", lambda: simple()[:-1]),
    "end_of_one_block": Defect("truncated", lambda: simple()[:-512]),
    "end_not_zero": Defect("end_missing", lambda: simple()[:-1] + b"\1"),
    "trailing_byte": Defect("trailing_bytes", lambda: simple() + b"\0"),
    "trailing_record_padding": Defect("trailing_bytes", lambda: simple() + bytes(10_240)),
    # What only the destination sees.
    "messages_without_line_end": Defect(
        "messages_malformed", lambda: _other_text(LINE), carrier=False
    ),
    "messages_too_few": Defect(
        "messages_count",
        lambda: simple(messages=[{"id": f"{n:032x}", "kind": "a.b"} for n in range(2)]),
        carrier=False,
    ),
    "recipient_other": Defect(
        "recipient_unknown",
        lambda: _encrypted_bundle(
            [_one_chunk(_contents([]))],
            encryption={"recipient": "0" * 16, "ephemeral": "A" * 43 + "="},
        ),
        carrier=False,
    ),
    "ephemeral_of_low_order": Defect(
        "decryption_failed",
        lambda: _encrypted_bundle(
            [_one_chunk(_contents([]))],
            encryption={
                "recipient": keyid_of(EXTRANET.suite.agreement_public(EXTRANET.receive)),
                "ephemeral": "A" * 43 + "=",
            },
        ),
        carrier=False,
    ),
    "ciphertext_other": Defect(
        "decryption_failed", lambda: _encrypted_bundle([b"\0" * 100]), carrier=False
    ),
    "ciphertext_empty": Defect(
        "messages_malformed", lambda: _encrypted_bundle([b""]), carrier=False
    ),
    "ciphertext_of_other_blob": Defect(
        "decryption_failed",
        lambda: _encrypted_bundle([_one_chunk(_contents([SCAN])), _one_chunk(SCAN, 0)]),
        carrier=False,
    ),
    "chunk_counter_other": Defect(
        "decryption_failed",
        lambda: _encrypted_bundle([_sealed_chunks([(1, True, _contents([]))])]),
        carrier=False,
    ),
    "chunk_dropped_at_edge": Defect(
        "decryption_failed",
        lambda: _encrypted_bundle([_sealed_chunks([(0, False, _contents([]))])]),
        carrier=False,
    ),
    "contents_missing": Defect(
        "contents_malformed",
        lambda: _encrypted_bundle([_one_chunk(LINE + b"\n" + LINE + b"\n")]),
        carrier=False,
    ),
    "contents_size_other": Defect(
        "contents_malformed",
        lambda: _encrypted_bundle([_one_chunk(_contents([SCAN], size=3)), _one_chunk(SCAN, 1)]),
        carrier=False,
    ),
    "contents_digest_other": Defect(
        "blob_digest",
        lambda: _encrypted_bundle(
            [_one_chunk(_contents([SCAN], digest="ab" * 32)), _one_chunk(SCAN, 1)]
        ),
        carrier=False,
    ),
    "contents_digest_climbs": Defect(
        "contents_malformed",
        lambda: _encrypted_bundle(
            [_one_chunk(_contents([SCAN], digest="../" * 21 + "a")), _one_chunk(SCAN, 1)]
        ),
        carrier=False,
    ),
}
