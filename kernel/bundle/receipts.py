"""What one side says about the other's bundles; carried in bundle headers and beacons."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kernel.vocabulary.zones import Stream

MAX_GAPS = 1000
MAX_REFUSED = 1000
MAX_SEQUENCE = 2**53 - 1

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Epoch = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Sequence = Annotated[int, Field(ge=1, le=MAX_SEQUENCE)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Record(BaseModel):
    """Base of everything that is signed: frozen, strict, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class RefusedSequence(Record):
    """A bundle that arrived whole and whose content was refused."""

    sequence: Sequence
    code: Code


class StreamReceipt(Record):
    """How far one stream was applied; cumulative, so the newest makes all older superfluous."""

    stream: Annotated[Stream, Field(strict=False)]
    epoch: Epoch
    contiguous: Annotated[int, Field(ge=0, le=MAX_SEQUENCE)]
    """Everything up to here was applied; 0 when nothing was."""
    head: Digest | None
    """Digest of the bundle ``contiguous``; null when nothing was applied."""
    gaps: Annotated[
        list[Annotated[list[Sequence], Field(min_length=2, max_length=2)]],
        Field(max_length=MAX_GAPS),
    ]
    """Missing ranges ``[first, last]`` above ``contiguous``."""
    refused: Annotated[list[RefusedSequence], Field(max_length=MAX_REFUSED)]
    halted: bool

    @model_validator(mode="after")
    def _require_sense(self) -> "StreamReceipt":
        if (self.contiguous == 0) != (self.head is None):
            raise ValueError("head and contiguous disagree")
        before = self.contiguous
        for first, last in self.gaps:
            if not before < first <= last:
                raise ValueError("gaps are not in order")
            before = last
        return self


class Receipts(Record):
    """Every stream's receipt, and which beacon of the other side had been seen when it was made."""

    seen_beacon: Annotated[int, Field(ge=0, le=MAX_SEQUENCE)]
    streams: Annotated[list[StreamReceipt], Field(max_length=len(Stream))]

    @model_validator(mode="after")
    def _require_sense(self) -> "Receipts":
        if len({receipt.stream for receipt in self.streams}) != len(self.streams):
            raise ValueError("a stream is receipted twice")
        return self
