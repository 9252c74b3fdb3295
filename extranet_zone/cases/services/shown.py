"""The people and the answers of a case as pages and papers show them; pages mask the people."""

from dataclasses import dataclass
from typing import Final

from extranet_zone.cases import court
from extranet_zone.cases.models import Case, CaseParty
from extranet_zone.cases.services.catalogued import GRANTED
from extranet_zone.cases.services.checks import CHECKS_FACT
from extranet_zone.cases.services.work import facts_of
from extranet_zone.cases.states import Mode
from extranet_zone.catalogue.schema import CatalogueItem
from kernel.vocabulary.dictionaries import DocumentKind
from kernel.vocabulary.masks import mask_identity, mask_name, mask_phone

_OWN_FACTS: Final = frozenset({GRANTED, CHECKS_FACT})
"""What the office itself adds to a case's facts; pages show it elsewhere."""


@dataclass(frozen=True, slots=True)
class PartyShown:
    """One party as a page may show it."""

    role: str
    name: str
    document_kind: str
    document_no: str
    phone: str
    share: str


def masked_parties(case: Case, item: CatalogueItem) -> tuple[PartyShown, ...]:
    """The parties as everybody with access to the case sees them."""
    return tuple(
        _party(
            party,
            item,
            mask_name(party.name),
            mask_identity(party.document_no),
            mask_phone(party.phone),
        )
        for party in case.parties
    )


def whole_parties(case: Case, item: CatalogueItem) -> tuple[PartyShown, ...]:
    """The parties unmasked; only after the revealing has been audited."""
    return tuple(
        _party(party, item, party.name, party.document_no, party.phone) for party in case.parties
    )


def _party(
    party: CaseParty, item: CatalogueItem, name: str, document_no: str, phone: str
) -> PartyShown:
    titles: dict[str, str] = {listed.role: listed.title for listed in item.parties}
    kind = party.document_type
    return PartyShown(
        role=titles.get(party.role, party.role),
        name=name,
        document_kind=DocumentKind(kind).label if DocumentKind.has(kind) else kind,
        document_no=document_no,
        phone=phone,
        share=party.share,
    )


def facts_shown(case: Case, item: CatalogueItem) -> tuple[tuple[str, str], ...]:
    """The answers in the order of the form; then what the item does not ask, as it came."""
    asked, given = {fact.code: fact for fact in item.asked}, facts_of(case)
    codes = [code for code in asked if code in given]
    codes += [code for code in given if code not in asked and code not in _OWN_FACTS]

    def one(code: str) -> tuple[str, str]:
        of_court = court.shown(code, given[code]) if case.mode is Mode.COURT else None
        if of_court is not None:
            return of_court
        if code in asked:
            return asked[code].title, asked[code].shown(given[code])
        return code, given[code]

    return tuple(one(code) for code in codes)
