"""The vectors of the one-way link and what forges them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "vectors"))
