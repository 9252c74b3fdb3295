"""Claims about what browsers may send."""

import pytest

from extranet_zone.cases.forms import parse_act, parse_worklist
from extranet_zone.cases.services.acts import ActRequest
from extranet_zone.cases.services.worklists import WorklistQuery
from extranet_zone.cases.states import Action
from kernel.errors import InvalidValueError


def test_a_worklist_s_filters_are_read() -> None:
    sent = {"item": "x", "state": "applied", "case_no": "W2026", "page": "3", "all": "1"}
    assert parse_worklist(sent) == WorklistQuery("x", "applied", "W2026", 3, everything=True)


@pytest.mark.parametrize("page", ["", "0", "-1", "x", "1e9", "9" * 30, "１"])
def test_a_page_that_makes_no_sense_is_the_first(page: str) -> None:
    assert parse_worklist({"page": page, "state": "nowhere"}) == WorklistQuery()


def test_an_act_is_read_with_its_version_and_note() -> None:
    sent = {"action": "refuse", "version": "7", "note": "一\r\n二"}
    assert parse_act("W1", sent) == ActRequest("W1", Action.REFUSE, "一\n二", 7)
    assert parse_act("W1", {"action": "record"}).version is None


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({}, "action_unknown"),
        ({"action": "burn"}, "action_unknown"),
        ({"action": "record", "version": "x"}, "version_invalid"),
        ({"action": "record", "version": "9" * 30}, "version_invalid"),
    ],
)
def test_an_act_that_is_none_is_refused(sent: dict[str, str], code: str) -> None:
    with pytest.raises(InvalidValueError, match=code):
        parse_act("W1", sent)
