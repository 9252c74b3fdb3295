"""Small pictures for a list, made of files that inspection has found whole."""

import io
from pathlib import Path
from typing import Final

from PIL import Image

EDGE: Final = 180
"""Pixels of the longer side: enough to tell pages apart, too few to read them."""


def small_picture(path: Path) -> bytes:
    """A JPEG of the picture at ``path``."""
    with Image.open(path, formats=("JPEG", "PNG")) as picture:
        picture.draft("RGB", (EDGE, EDGE))
        small = picture.convert("RGB")
    small.thumbnail((EDGE, EDGE))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=70)
    return file.getvalue()
