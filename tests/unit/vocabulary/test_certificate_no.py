"""Claims about the numbers of certificates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import InvalidValueError
from kernel.vocabulary.certificate import CertificateKind, CertificateNo

TITLE = "豫（2021）济源市不动产权第0000001号"
REGISTRATION = "豫（2021）济源市不动产证明第0000001号"

valid_numbers = st.builds(
    CertificateNo,
    province_abbreviation=st.sampled_from("豫京国"),
    year=st.integers(2015, 2999),
    authority=st.sampled_from(["济源市", "林", "郑州市", "巩义市"]),
    kind=st.sampled_from(CertificateKind),
    serial=st.integers(1, 9_999_999),
)


def test_a_title_shows_its_parts() -> None:
    number = CertificateNo.parse(TITLE)
    assert number == CertificateNo("豫", 2021, "济源市", CertificateKind.TITLE, 1)
    assert number.kind.label == "不动产权证书"
    assert str(number) == TITLE


def test_a_registration_certificate_is_told_from_a_title() -> None:
    number = CertificateNo.parse(REGISTRATION)
    assert number.kind is CertificateKind.REGISTRATION
    assert str(number) == REGISTRATION


@pytest.mark.parametrize(
    "typed",
    [
        "豫(2021)济源市不动产权第0000001号",
        " 豫 (2021) 济源市 不动产权 第 0000001 号 ",
        "豫（２０２１）济源市不动产权第０００００01号",
    ],
)
def test_sloppy_typing_reads_as_the_same_number(typed: str) -> None:
    assert str(CertificateNo.parse(typed)) == TITLE


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "certificate_shape"),
        ("豫2021济源市不动产权第0000001号", "certificate_shape"),
        ("豫（2021）济源市不动产权第1号", "certificate_shape"),
        ("豫（2021）济源市不动产权第00000001号", "certificate_shape"),
        ("豫（2021）济源市不动产权0000001号", "certificate_shape"),
        ("豫（2021）不动产权第0000001号", "certificate_shape"),
        ("豫（2021）济源市房产权第0000001号", "certificate_shape"),
        ("市（2021）济源市不动产权第0000001号", "certificate_province"),
        ("豫（2014）济源市不动产权第0000001号", "certificate_year"),
        ("豫（2021）济源市不动产权不动产权第0000001号", "certificate_authority"),
        ("豫（2021）济源市不动产权第0000000号", "certificate_serial"),
    ],
)
def test_each_defect_has_its_own_code(typed: str, code: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        CertificateNo.parse(typed)
    assert refused.value.code == code


def test_an_eighth_digit_is_never_printed() -> None:
    with pytest.raises(InvalidValueError, match="certificate_serial"):
        CertificateNo("豫", 2021, "济源市", CertificateKind.TITLE, 10_000_000)


@given(valid_numbers)
def test_every_number_survives_the_round_trip(number: CertificateNo) -> None:
    assert CertificateNo.parse(str(number)) == number
