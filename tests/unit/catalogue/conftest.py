"""The edition that comes with the program, read once."""

import pytest

from extranet_zone.catalogue.reading import PACKAGED, read_edition
from kernel.catalogue.edition import Edition


@pytest.fixture(scope="session")
def packaged() -> Edition:
    return read_edition(PACKAGED)
