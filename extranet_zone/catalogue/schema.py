"""What a catalogue file must say of an item; the format is docs/spec/catalogue-item-v1.md."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kernel.vocabulary.effects import ROLE_PATTERN, Effect

__all__ = ["CatalogueItem", "Effect", "Fact", "PartyRole", "RequiredMaterial"]

MAX_MATERIALS = 50
MAX_PROMISED_DAYS = 30
"""The legal limit from acceptance (不动产登记暂行条例) [K]; a promise may only be shorter."""

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RequiredMaterial(_Table):
    """One line of the item's list of materials."""

    code: Code
    title: Annotated[str, Field(min_length=2, max_length=60)]
    required: bool


class PartyRole(_Table):
    """A part that must be taken in the case, and what the form calls it."""

    role: Annotated[str, Field(pattern=ROLE_PATTERN)]
    title: Annotated[str, Field(min_length=2, max_length=20)]


class Fact(_Table):
    """One thing the form asks beyond parties and unit."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    title: Annotated[str, Field(min_length=2, max_length=40)]
    kind: Literal["text", "fen", "ownership", "mortgage"] = "text"
    """How the answer is shown: an amount in yuan, or the words of a dictionary's code."""


class Flow(_Table):
    """Which variant of the case's course the item takes (docs/workflow.md)."""

    examination_levels: Annotated[int, Field(ge=1, le=3)] = 2
    announcement_working_days: Annotated[int, Field(ge=0, le=60)] = 0
    """Working days a notice must stand before recording; not counted by the promise."""
    automatic_acceptance: bool = False
    """Whether an online case is accepted by the system after its preliminary review."""
    promise_until: Literal["recording", "issuance"] = "recording"


class CatalogueItem(_Table):
    """One service item (事项)."""

    code: Code
    title: Annotated[str, Field(min_length=2, max_length=40)]
    edition: Annotated[int, Field(ge=1)]
    registration_type: Annotated[str, Field(pattern=r"^[1-9]00$")]
    right_type: Annotated[str, Field(pattern=r"^([1-9]|1[0-9]|2[0-3])$")]
    effect: Effect
    promised_working_days: Annotated[int, Field(ge=1, le=MAX_PROMISED_DAYS)]
    spatial_review: bool
    flow: Flow = Flow()
    basis: Annotated[str, Field(min_length=4, max_length=200)]
    """The law the item rests on; wording to be confirmed against the official text."""
    parties: Annotated[tuple[PartyRole, ...], Field(min_length=1)]
    facts: tuple[Fact, ...] = ()
    materials: Annotated[
        tuple[RequiredMaterial, ...], Field(min_length=1, max_length=MAX_MATERIALS)
    ]

    @model_validator(mode="after")
    def _codes_are_distinct(self) -> Self:
        for codes in (
            [material.code for material in self.materials],
            [party.role for party in self.parties],
            [fact.code for fact in self.facts],
        ):
            if len(set(codes)) != len(codes):
                raise ValueError("a code stands twice")
        return self
