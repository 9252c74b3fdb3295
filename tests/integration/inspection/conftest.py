"""Makes the vectors' generator and the helper beside this file importable by these tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "vectors"))
sys.path.insert(0, str(Path(__file__).parent))
