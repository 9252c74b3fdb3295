"""Claims about the coded dictionaries."""

import pickle

import pytest

from kernel.errors import InvalidValueError
from kernel.vocabulary import case_no, dictionaries, unit
from kernel.vocabulary.coded import Coded
from kernel.vocabulary.dictionaries import (
    AdvanceNoticeKind,
    DocumentKind,
    HolderKind,
    MortgageKind,
    OwnershipForm,
    RegistrationType,
    RightType,
    SeizureKind,
)

DICTIONARIES = [
    kind
    for module in (dictionaries, unit, case_no)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Coded) and kind is not Coded
]


@pytest.mark.parametrize("dictionary", DICTIONARIES)
def test_every_code_reads_back_and_has_a_label(dictionary: type[Coded]) -> None:
    for member in dictionary:
        assert dictionary.parse(f" {member.code} ") is member
        assert dictionary(member.code) is member
        assert dictionary.has(member.code)
        assert member.label
        assert str(member) == member.code
        assert pickle.loads(pickle.dumps(member)) is member  # noqa: S301 - our own bytes


@pytest.mark.parametrize("dictionary", DICTIONARIES)
def test_codes_and_labels_are_unique(dictionary: type[Coded]) -> None:
    assert len(dictionary.__members__) == len(list(dictionary))
    assert len({member.label for member in dictionary}) == len(list(dictionary))


@pytest.mark.parametrize("dictionary", DICTIONARIES)
def test_an_unknown_code_is_refused(dictionary: type[Coded]) -> None:
    assert not dictionary.has("?")
    with pytest.raises(InvalidValueError) as refused:
        dictionary.parse("?")
    assert refused.value.code == "dictionary_code"
    assert refused.value.detail == {"dictionary": dictionary.__name__}


@pytest.mark.parametrize(
    ("dictionary", "codes"),
    [
        (RegistrationType, [str(code) for code in range(100, 1000, 100)]),
        (RightType, [str(code) for code in range(1, 24)]),
        (DocumentKind, ["1", "2", "3", "4", "5", "6", "7", "99"]),
        (HolderKind, ["1", "2", "3", "4", "99"]),
        (OwnershipForm, ["0", "1", "2", "3"]),
        (MortgageKind, ["1", "2"]),
        (AdvanceNoticeKind, ["1", "2", "3", "4"]),
        (SeizureKind, ["1", "2", "3", "4"]),
    ],
)
def test_the_codes_are_those_of_the_standard(dictionary: type[Coded], codes: list[str]) -> None:
    assert [code for code, _ in dictionary.choices()] == codes


def test_a_queued_seizure_becomes_the_seizure_it_waits_to_be() -> None:
    assert SeizureKind.QUEUED.in_effect is SeizureKind.SEIZURE
    assert SeizureKind.QUEUED_PRELIMINARY.in_effect is SeizureKind.PRELIMINARY
    for kind in SeizureKind:
        assert not kind.in_effect.is_queued


def test_two_of_the_advance_notices_secure_a_mortgage() -> None:
    assert [kind.code for kind in AdvanceNoticeKind if kind.is_mortgage] == ["3", "4"]
