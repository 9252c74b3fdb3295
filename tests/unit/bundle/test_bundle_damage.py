"""Whatever happens to a bundle's bytes, it is refused with a code and never with a stray error."""

import base64
import io
from collections.abc import Callable
from dataclasses import replace

import bundle_defects
import bundle_forge as forge
import make_bundle_v1
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.bundle import Receiver, open_beacon, unpack, verify
from kernel.bundle.header import canonical
from kernel.bundle.stream import CHUNK
from kernel.errors import RejectedBundleError
from kernel.vocabulary.zones import Zone

RECEIVER = Receiver(forge.trust(), Zone.EXTRANET, forge.AT)
BUNDLES: dict[str, bytes] = {
    "plain": make_bundle_v1.plain(),
    "encrypted": make_bundle_v1.encrypted(),
}
BEACON = make_bundle_v1.beacon()
KINDS = pytest.mark.parametrize("kind", sorted(BUNDLES))


class NoSink:
    """Takes blobs and forgets them."""

    def begin(self, digest: str, size: int) -> None:
        pass

    def write(self, chunk: bytes | memoryview) -> None:
        pass

    def end(self) -> None:
        pass


def opened(content: bytes) -> None:
    unpack(io.BytesIO(content), RECEIVER, None, forge.EXTRANET, NoSink())


def is_refused(judge: Callable[[bytes], object], content: bytes) -> bool:
    try:
        judge(content)
    except RejectedBundleError:
        return True
    return False


def verified(content: bytes) -> None:
    verify(io.BytesIO(content), RECEIVER, None)


@KINDS
def test_every_flipped_byte_is_refused(kind: str) -> None:
    whole = BUNDLES[kind]
    for position in range(len(whole)):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << (position % 8)
        assert is_refused(verified, bytes(flipped)), position


@KINDS
def test_every_bit_of_the_front_is_guarded(kind: str) -> None:
    whole = BUNDLES[kind]
    # Header block, header and signature; parsing must not open a gap for any single bit.
    for position in range(0, 2560, 7):
        for bit in range(8):
            flipped = bytearray(whole)
            flipped[position] ^= 1 << bit
            assert is_refused(opened, bytes(flipped)), (position, bit)


@KINDS
def test_every_cut_is_refused(kind: str) -> None:
    whole = BUNDLES[kind]
    assert all(is_refused(verified, whole[:length]) for length in range(len(whole)))


@KINDS
@pytest.mark.parametrize("more", [b"\0", b"\1", bytes(512), bytes(10_240)])
def test_every_extension_is_refused(kind: str, more: bytes) -> None:
    assert is_refused(opened, BUNDLES[kind] + more)


@KINDS
def test_every_additional_byte_inside_is_refused(kind: str) -> None:
    whole = BUNDLES[kind]
    assert all(
        is_refused(verified, whole[:at] + b"\0" + whole[at:]) for at in range(0, len(whole) + 1, 7)
    )


def test_every_flipped_or_cut_beacon_is_refused() -> None:
    def judge(content: bytes) -> None:
        open_beacon(content, RECEIVER, None)

    for position in range(len(BEACON)):
        flipped = bytearray(BEACON)
        flipped[position] ^= 1 << (position % 8)
        assert is_refused(judge, bytes(flipped)), position
        assert is_refused(judge, BEACON[:position])
    assert is_refused(judge, BEACON + b"\n")


def test_chunks_of_a_long_blob_cannot_change_places_or_be_left_out() -> None:
    line = canonical({"filler": "x" * 100_000}) + b"\n"
    text = canonical({"contents": []}) + b"\n" + line * 21
    pieces = [text[at : at + CHUNK] for at in range(0, len(text), CHUNK)]
    assert len(pieces) == 3
    sealed = bundle_defects._sealed_chunks(
        [(number, number == 2, piece) for number, piece in enumerate(pieces)]
    )
    size = CHUNK + 16
    one, two, three = sealed[:size], sealed[size : 2 * size], sealed[2 * size :]
    messages = [{"id": f"{number:032x}", "kind": "a.b"} for number in range(21)]

    def judged(stored: bytes) -> bool:
        content = bundle_defects._encrypted_bundle([stored], messages=messages)
        return is_refused(opened, content)

    assert not judged(one + two + three)
    assert judged(two + one + three)
    assert judged(one + three)
    assert judged(one + two)
    assert judged(one + one + three)


def test_encrypted_bundle_is_closed_to_every_other_key() -> None:
    other = replace(forge.EXTRANET, receive=forge.secret_key("somebody else"))
    with pytest.raises(RejectedBundleError) as caught:
        unpack(io.BytesIO(BUNDLES["encrypted"]), RECEIVER, None, other, NoSink())
    assert caught.value.code == "recipient_unknown"


def test_file_under_another_name_is_refused() -> None:
    with pytest.raises(RejectedBundleError) as caught:
        verify(io.BytesIO(BUNDLES["plain"]), RECEIVER, "review-000000000001-" + "0" * 64 + ".tar")
    assert caught.value.code == "name_mismatch"


def test_beacon_for_another_zone_is_refused() -> None:
    with pytest.raises(RejectedBundleError) as caught:
        open_beacon(BEACON, Receiver(forge.trust(), Zone.INTRANET, forge.AT), None)
    assert caught.value.code == "wrong_destination"


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=4096))
def test_rubbish_is_refused(content: bytes) -> None:
    assert is_refused(opened, content)
    with pytest.raises(RejectedBundleError):
        open_beacon(content, RECEIVER, None)


@settings(deadline=None, max_examples=300)
@given(st.binary(min_size=1, max_size=1500))
def test_rightly_signed_rubbish_is_refused(raw: bytes) -> None:
    assert is_refused(opened, forge.assemble(forge.front(raw)))


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=500)
@given(st.sampled_from(sorted(forge.header())), ANY_JSON)
def test_rightly_signed_header_with_any_value_is_refused_or_opens(
    field: str, value: object
) -> None:
    # A colluding origin can sign what it likes; it must not make the destination fail otherwise.
    raw = canonical(forge.header(**{field: value}))
    is_refused(opened, forge.assemble(forge.front(raw)))


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=300))
def test_rightly_encrypted_rubbish_is_refused_or_opens(text: bytes) -> None:
    stored = bundle_defects._sealed_chunks([(0, True, text)])
    assert is_refused(opened, bundle_defects._encrypted_bundle([stored]))


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=600))
def test_rightly_signed_rubbish_beacon_is_refused(payload: bytes) -> None:
    document = forge.signature(payload, payload_type="application/vnd.tongban.beacon.v1+json")
    content = canonical(
        {
            "payload": base64.b64encode(payload).decode(),
            "signature": base64.b64encode(document).decode(),
        }
    )
    with pytest.raises(RejectedBundleError) as caught:
        open_beacon(content, RECEIVER, None)
    assert caught.value.code == "beacon_malformed"
