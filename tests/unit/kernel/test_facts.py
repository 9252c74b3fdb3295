import json
from pathlib import Path

import pytest

from kernel.facts import CarrierFacts
from kernel.words import duration_text, size_text

FACTS = CarrierFacts("gate-send", 1, 2, {"files_sent": 3}, {"paused": 0}, (("paused", "已暂停"),))


def test_facts_are_read_as_they_were_written(tmp_path: Path) -> None:
    FACTS.write(tmp_path)
    assert CarrierFacts.read(tmp_path, "gate-send") == FACTS
    assert CarrierFacts.read_all(tmp_path) == (FACTS,)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        json.dumps({"program": "gate-send"}).encode(),
        json.dumps(
            {
                "program": "a",
                "started_at": 0,
                "passed_at": 0,
                "gauges": {},
                "alarms": [],
                "counters": [],
            }
        ).encode(),
        json.dumps(
            {
                "program": "a",
                "started_at": 0,
                "passed_at": 0,
                "gauges": {},
                "alarms": [],
                "counters": {"a": "b"},
            }
        ).encode(),
        json.dumps(
            {
                "program": "a",
                "started_at": 0,
                "passed_at": 0,
                "gauges": {},
                "alarms": [3],
                "counters": {},
            }
        ).encode(),
        b"\xff\xfe",
    ],
)
def test_what_is_no_fact_is_passed_over(tmp_path: Path, said: bytes) -> None:
    (tmp_path / "facts").mkdir()
    (tmp_path / "facts" / "gate-send.json").write_bytes(said)
    assert CarrierFacts.read(tmp_path, "gate-send") is None
    assert CarrierFacts.read_all(tmp_path) == ()


def test_a_carrier_that_never_spoke_has_no_facts(tmp_path: Path) -> None:
    assert CarrierFacts.read(tmp_path, "gate-send") is None
    assert CarrierFacts.read_all(tmp_path) == ()


@pytest.mark.parametrize(
    ("micros", "words"),
    [
        (-5, "0 秒"),
        (999_999, "0 秒"),
        (59_000_000, "59 秒"),
        (60_000_000, "1 分"),
        (125_000_000, "2 分 5 秒"),
        (3_600_000_000, "1 小时"),
        (93_784_000_000, "1 天 2 小时"),
    ],
)
def test_lengths_of_time_are_two_units(micros: int, words: str) -> None:
    assert duration_text(micros) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 字节"), (1023, "1023 字节"), (1024, "1 KB"), (1 << 20, "1.0 MB"), (3 << 30, "3.0 GB")],
)
def test_sizes_are_in_the_unit_that_fits(size: int, words: str) -> None:
    assert size_text(size) == words
