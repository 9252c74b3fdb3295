"""What one side says about the other's bundles; carried in bundle headers and beacons."""

from typing import Annotated, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from kernel.vocabulary.zones import Stream

MAX_GAPS = 1000
MAX_REFUSED = 1000
MAX_SEQUENCE = 2**53 - 1
MAX_REASON = 200

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Epoch = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Sequence = Annotated[int, Field(ge=1, le=MAX_SEQUENCE)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Record(BaseModel):
    """Base of everything that is signed: frozen, strict, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Sparse(Record):
    """A record some of whose fields are left out where they say nothing."""

    optional: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _leave_out(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        said: dict[str, object] = handler(self)
        return {name: value for name, value in said.items() if value or name not in self.optional}


class Renewed(Record):
    """The epoch a new one replaces, how far it is known to have come, and why it was left."""

    epoch: Epoch
    sequence: Annotated[int, Field(ge=0, le=MAX_SEQUENCE)]
    head: Digest | None
    reason: Annotated[str, Field(max_length=MAX_REASON)]

    @model_validator(mode="after")
    def _require_sense(self) -> "Renewed":
        if (self.sequence == 0) != (self.head is None):
            raise ValueError("head and sequence disagree")
        return self


class RefusedSequence(Record):
    """A bundle that arrived whole and whose content was refused."""

    sequence: Sequence
    code: Code


class StreamReceipt(Sparse):
    """How far one stream was applied; cumulative, so the newest makes all older superfluous."""

    optional: ClassVar[frozenset[str]] = frozenset({"closed_for", "reopen"})

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
    closed_for: Epoch | None = None
    """Nothing more of ``epoch`` is applied, this receipt is its last: that one may begin."""
    reopen: Epoch | None = None
    """We were restored and lost what came after ``contiguous``: send it again, under a new epoch.
    A random name of the wish, so that it is followed once."""

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
