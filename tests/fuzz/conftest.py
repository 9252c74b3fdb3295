"""Makes the vectors' generator importable by the tests beside this file."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "vectors"))
