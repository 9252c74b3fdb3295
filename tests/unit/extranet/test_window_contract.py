"""Claims about docs/spec/window-device-v1.md: what is the contract, and what is refused whole."""

import json
from typing import Any

import pytest

from extranet_zone.window.contract import (
    FILE_NEEDED,
    MAX_HEADER,
    ReadingKind,
    facts_of,
    parse_reading,
)
from kernel.errors import InvalidValueError
from kernel.vocabulary.identity import check_digit

DIGEST = "0" * 64
ORDER = "1" * 32
NUMBER = "41900119900307123" + check_digit("41900119900307123")
WRONG = NUMBER[:-1] + ("1" if NUMBER[-1] != "1" else "2")
CARD = {"name": "样例", "document_type": "1", "document_no": NUMBER}
SCAN: dict[str, Any] = {
    "contract": 1,
    "kind": "scan",
    "file_name": "a.pdf",
    "media_type": "application/pdf",
    "digest": DIGEST,
}
IDENTITY: dict[str, Any] = {
    "contract": 1,
    "kind": "identity_reader",
    "order": ORDER,
    "facts": CARD,
}
FACE: dict[str, Any] = {
    "contract": 1,
    "kind": "face",
    "order": ORDER,
    "facts": {"score": 80, "reference": DIGEST},
}


def raw(reading: dict[str, Any], **change: object) -> bytes:
    return json.dumps(reading | change).encode()


@pytest.mark.parametrize("good", [SCAN, IDENTITY, FACE])
def test_what_the_specification_shows_is_read(good: dict[str, Any]) -> None:
    reading = parse_reading(raw(good))
    assert reading.kind == good["kind"]
    assert parse_reading(reading.model_dump_json().encode()) == reading


@pytest.mark.parametrize(
    "bad",
    [
        raw(SCAN, contract=2),
        raw(SCAN, kind="microscope"),
        raw(SCAN, more=1),
        raw(SCAN, digest=""),
        raw(SCAN, media_type=""),
        raw(SCAN, media_type="text/html"),
        raw(SCAN, order=ORDER),
        raw(SCAN, facts={"score": 1}),
        raw(SCAN, digest="G" * 64),
        raw(IDENTITY, order=""),
        raw(IDENTITY, facts={}),
        raw(IDENTITY, facts=CARD | {"address": "x"}),
        raw(IDENTITY, facts=CARD | {"name": ""}),
        raw(IDENTITY, facts=CARD | {"name": " "}),
        raw(IDENTITY, facts=CARD | {"name": "a\x00b"}),
        raw(IDENTITY, facts=CARD | {"document_type": "0"}),
        raw(IDENTITY, facts=CARD | {"document_no": WRONG}),
        raw(IDENTITY, facts=CARD | {"valid_until": "长期"}),
        raw(IDENTITY, digest=DIGEST, media_type="application/pdf"),
        raw(FACE, facts={"score": 80}),
        raw(FACE, facts={"score": 101, "reference": DIGEST}),
        raw(FACE, facts={"score": "NaN", "reference": DIGEST}),
        raw(FACE, device="x" * 65),
        b"[]",
        b"{",
        b"\xff",
        b"",
        b"[" * 5000,
        raw(SCAN, file_name="x" * MAX_HEADER),
    ],
)
def test_everything_else_is_refused_without_repeating_it(bad: bytes) -> None:
    with pytest.raises(InvalidValueError, match="reading_invalid") as refused:
        parse_reading(bad)
    assert "41900119900307123" not in refused.value.message
    assert "样例" not in refused.value.message


@pytest.mark.parametrize("kind", sorted(FILE_NEEDED))
def test_a_picture_is_needed_where_it_is_the_reading(kind: ReadingKind) -> None:
    order = "" if kind is ReadingKind.SCAN else ORDER
    with pytest.raises(InvalidValueError):
        parse_reading(raw({"contract": 1, "kind": kind, "order": order}))


def test_a_trace_of_a_reading_shows_nobody() -> None:
    reading = parse_reading(raw(IDENTITY))
    assert NUMBER not in repr(reading)
    assert NUMBER not in repr(facts_of(reading))
