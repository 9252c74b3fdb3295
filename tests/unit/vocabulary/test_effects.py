import pytest
from pydantic import ValidationError

from extranet_zone.catalogue.schema import PartyRole
from intranet_zone.mirror.services import EFFECTS
from kernel.messages import Party
from kernel.vocabulary.effects import CaseRole, Effect


def party(role: str) -> Party:
    return Party(role=role, name="张三", document_type="1", document_no="1")


def test_every_part_may_stand_in_messages_and_catalogues() -> None:
    for role in CaseRole:
        assert party(role.value).role == role
        assert PartyRole(role=role.value, title="当事人").role == role


@pytest.mark.parametrize("role", ["", "owner", "holder ", "holder\n", "holders"])
def test_no_other_part_may(role: str) -> None:
    with pytest.raises(ValidationError):
        party(role)
    with pytest.raises(ValidationError):
        PartyRole(role=role, title="当事人")


def test_mirror_has_a_word_for_every_effect() -> None:
    assert set(EFFECTS) == {effect.value for effect in Effect}


def test_words_are_said_once() -> None:
    for words in (Effect, CaseRole):
        labels = [word.label for word in words]
        assert len(set(labels)) == len(labels)
