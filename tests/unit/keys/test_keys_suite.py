"""The international suite computes what the standards' own examples say."""

import pytest

from kernel.keys import InternationalSuite, pae

SUITE = InternationalSuite()

# RFC 8032, section 7.1, TEST 2.
SECRET = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_signature_is_that_of_the_standard() -> None:
    assert SUITE.signing_public(SECRET) == PUBLIC
    assert SUITE.sign(SECRET, b"\x72") == SIGNATURE
    assert SUITE.is_signed(PUBLIC, b"\x72", SIGNATURE)


def test_every_flipped_bit_of_a_signature_is_wrong() -> None:
    for bit in range(len(SIGNATURE) * 8):
        flipped = bytearray(SIGNATURE)
        flipped[bit // 8] ^= 1 << (bit % 8)
        assert not SUITE.is_signed(PUBLIC, b"\x72", bytes(flipped))


@pytest.mark.parametrize("public", [b"", bytes(31), b"\xff" * 32, bytes(33)])
def test_malformed_public_key_is_simply_wrong(public: bytes) -> None:
    assert not SUITE.is_signed(public, b"\x72", SIGNATURE)


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(65), bytes(64)])
def test_malformed_signature_is_simply_wrong(signature: bytes) -> None:
    assert not SUITE.is_signed(PUBLIC, b"\x72", signature)


def test_agreement_is_the_same_from_both_sides() -> None:
    alice = SUITE.new_agreement_key()
    bob = SUITE.new_agreement_key()
    assert SUITE.agree(alice, SUITE.agreement_public(bob)) == SUITE.agree(
        bob, SUITE.agreement_public(alice)
    )


def test_agreement_with_a_key_of_low_order_is_an_error() -> None:
    with pytest.raises(ValueError, match="shared key"):
        SUITE.agree(SUITE.new_agreement_key(), bytes(32))


def test_sealed_text_opens_under_its_key_and_nonce_alone() -> None:
    key, nonce = bytes(32), bytes(12)
    sealed = SUITE.encrypt(key, nonce, b"text")
    assert len(sealed) == 4 + SUITE.tag_size
    assert SUITE.decrypt(key, nonce, sealed) == b"text"
    assert SUITE.decrypt(b"\1" * 32, nonce, sealed) is None
    assert SUITE.decrypt(key, b"\1" * 12, sealed) is None
    assert SUITE.decrypt(key, nonce, sealed[:-1]) is None
    assert SUITE.decrypt(key, nonce, b"") is None


def test_pae_is_that_of_dsse() -> None:
    # The example of the DSSE protocol, version 1.
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
