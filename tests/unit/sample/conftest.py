"""Makes the appliance importable, and moves the parcels once for all tests of the samples."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from appliance.sample.parcels import Moved, move_parcels


@pytest.fixture(scope="session")
def moved() -> Moved:
    return move_parcels()
