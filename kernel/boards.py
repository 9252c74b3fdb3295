"""Boards: what one program of a zone tells the others beside the spool, beyond a carrier's numbers.

A board is one JSON file ``boards/<name>.json``, replaced whole (docs/spec/spool.md, section 7).
Nothing depends on it but what people are shown: one that is missing or no board reads as None.
"""

from pathlib import Path
from typing import ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from kernel.durable import disk_errors, write_durably

MAX_BOARD_BYTES: Final = 64 * 1024 * 1024


class Record(BaseModel):
    """Part of a board: frozen, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Board(Record):
    """Base of every board; a subclass says what it holds."""

    folder: ClassVar[str] = "boards"

    def write(self, spool: Path, name: str) -> None:
        """Publish as ``name``, replacing what was said before; the same again costs no write."""
        content = self.model_dump_json().encode()
        folder, parts = spool / self.folder, spool / "tmp"
        with disk_errors():
            for needed in (folder, parts):
                needed.mkdir(exist_ok=True)
            path = folder / f"{name}.json"
            if path.is_file() and path.read_bytes() == content:
                return
        with write_durably(path, parts=parts) as file:
            file.write(content)

    @classmethod
    def read(cls, spool: Path, name: str) -> Self | None:
        """What was said last as ``name``; None when nothing was, or what lies there is no board."""
        try:
            with (spool / cls.folder / f"{name}.json").open("rb") as file:
                return cls.model_validate_json(file.read(MAX_BOARD_BYTES))
        except (OSError, ValidationError):
            return None
