"""What the platform publishes to the portal: an edition, and what is closed just now."""

from typing import Annotated, Final, Self

from pydantic import Field, ValidationError, model_validator

from kernel.catalogue.edition import MAX_DOCUMENT_BYTES, MAX_ITEMS, Edition
from kernel.catalogue.tables import Code, Line, Table
from kernel.errors import InvalidValueError

DOCUMENT_TYPE: Final = "application/json"
"""Media type of a publication as a blob."""


class Publication(Table):
    """An edition with the reasons of the items that are not open for application."""

    edition: Edition
    closed: Annotated[dict[Code, Line], Field(max_length=MAX_ITEMS)]

    @model_validator(mode="after")
    def _closes_what_is_there(self) -> Self:
        if unknown := sorted(set(self.closed) - {item.code for item in self.edition.items}):
            raise ValueError(f"清单中没有暂不受理的事项 {unknown[0]}")
        return self


def to_bytes(table: Table) -> bytes:
    """One JSON document, the same bytes for the same content."""
    return table.model_dump_json(by_alias=True, exclude_defaults=True).encode()


def publication_from(document: bytes) -> Publication:
    """Read what was published.

    Raises :class:`InvalidValueError`: ``catalogue_too_large`` or ``catalogue_document``.
    """
    if len(document) > MAX_DOCUMENT_BYTES:
        raise InvalidValueError("catalogue_too_large", "事项清单超过允许的大小")
    try:
        return Publication.model_validate_json(document)
    except (ValidationError, RecursionError):
        raise InvalidValueError("catalogue_document", "事项清单内容不符合约定的格式") from None
