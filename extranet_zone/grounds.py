"""The ground (依据) without which nobody opens a person's record or takes figures away."""

from typing import Final

from kernel.errors import InvalidValueError

MIN_GROUND: Final = 4


def require_ground(ground: str, what: str = "查询依据") -> str:
    """The ground: a case number, a letter, a court's document, an order; it stands in the audit.

    Raises :class:`InvalidValueError` with code ``ground_missing``.
    """
    if len(ground.strip()) < MIN_GROUND:
        raise InvalidValueError(
            "ground_missing", f"请填写{what}，如办件号、介绍信或协助查询文书号", field="ground"
        )
    return ground.strip()
