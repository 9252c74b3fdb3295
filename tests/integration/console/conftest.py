"""Two zones, each with its exchange pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from exchange_office import ExchangeOffice
from integration.exchange.pair import Pair


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    yield made
    made.close()


@pytest.fixture
def extranet(tmp_path: Path, pair: Pair) -> ExchangeOffice:
    return ExchangeOffice(tmp_path, pair, pair.extranet)


@pytest.fixture
def intranet(tmp_path: Path, pair: Pair) -> ExchangeOffice:
    return ExchangeOffice(tmp_path, pair, pair.intranet)
