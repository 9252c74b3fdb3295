"""How long work tells that it goes on."""

from collections.abc import Callable

Progress = Callable[[str, float, int], None]
"""Called with a step's Chinese name, per cent, and the bytes that 100 per cent are (0: unknown)."""


def silent(_step: str, _percent: float, _size: int) -> None:
    """A :data:`Progress` nobody looks at."""
