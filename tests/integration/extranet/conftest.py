"""Fixtures of the extranet's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from extranet_console import ConsoleOffice
from extranet_office import Office, open_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


@pytest.fixture
def console(office: Office, tmp_path: Path) -> ConsoleOffice:
    return ConsoleOffice(office, tmp_path)
