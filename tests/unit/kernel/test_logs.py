"""Claims about log lines: JSON, an event key, errors by code, no identity number."""

import io
import json
from collections.abc import Iterator

import pytest

from kernel import logs
from kernel.errors import UnavailableError


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.configure("portal", stream=stream)
    yield stream
    logs.configure("test", stream=io.StringIO())


def test_line_is_one_json_object_with_program_module_and_utc_time(lines: io.StringIO) -> None:
    logs.get_logger("some.module").info("bundle.sealed", stream="urgent", size=7)
    text = lines.getvalue()
    assert text.count("\n") == 1
    found = json.loads(text)
    assert found.pop("timestamp").endswith("Z")
    assert found == {
        "program": "portal",
        "module": "some.module",
        "level": "info",
        "event": "bundle.sealed",
        "stream": "urgent",
        "size": 7,
    }


@pytest.mark.parametrize("event", ["Bundle was sealed", "sealed", "", "Bundle.Sealed", "已封包"])
def test_sentence_is_no_event(lines: io.StringIO, event: str) -> None:
    with pytest.raises(ValueError, match="dotted key"):
        logs.get_logger("m").info(event)
    assert lines.getvalue() == ""


def test_expected_error_is_named_by_its_code(lines: io.StringIO) -> None:
    logs.get_logger("m").warning("pass.failed", error=UnavailableError("disk_full", "磁盘已满"))
    found = json.loads(lines.getvalue())
    assert (found["error"], found["message"]) == ("disk_full", "磁盘已满")


def test_other_error_is_named_by_its_class(lines: io.StringIO) -> None:
    logs.get_logger("m").warning("pass.failed", error=OSError("gone"))
    assert json.loads(lines.getvalue())["error"] == "OSError"


@pytest.mark.parametrize("number", ["410881199003078515", "41088119900307851X"])
def test_identity_number_never_reaches_the_log(lines: io.StringIO, number: str) -> None:
    logs.get_logger("m").info("case.seen", note=f"申请人{number}，", error=ValueError(number))
    assert number not in lines.getvalue()
    assert "******************" in lines.getvalue()


def test_less_important_lines_are_left_out(lines: io.StringIO) -> None:
    logs.configure("portal", level="warning", stream=lines)
    logs.get_logger("m").info("case.seen")
    assert lines.getvalue() == ""
