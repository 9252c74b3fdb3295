"""What a case owes by its item, as the bills it waits for: registration fee, and tax where due.

The tax authority assesses taxes, so that their amount is unknown here until it says what was paid;
who hands in the proof of payment owes nothing more.
"""

from collections.abc import Sequence
from typing import Final

from extranet_zone.cases.models import BillKind
from extranet_zone.cases.ports import Charge
from kernel.catalogue.conditions import Subjects
from kernel.catalogue.edition import Edition
from kernel.catalogue.fees import bill
from kernel.catalogue.item import Item

TAX_BASIS: Final = "《契税法》第十一条 [K]"
_TAX: Final = "tax"


class CatalogueFees:
    """The fee table and exemptions of the edition that the case is handled under."""

    def charges(
        self,
        edition: Edition,
        item: Item,
        subjects: Subjects,
        granted: str,
        papers: frozenset[str] = frozenset(),
    ) -> Sequence[Charge]:
        """The fee as one charge, exemptions taken off, and the tax of unknown amount."""
        charges = []
        found = bill(edition, item, subjects, granted=granted)
        if found.lines and found.fen != 0:
            bases = "；".join(dict.fromkeys(line.basis for line in found.lines))[:200]
            charges.append(Charge(BillKind.FEE.value, found.lines[0].title, found.fen, bases))
        if _owes_tax(item, papers):
            charges.append(Charge(BillKind.TAX.value, "契税等税款", None, TAX_BASIS))
        return tuple(charges)


def _owes_tax(item: Item, papers: frozenset[str]) -> bool:
    """Whether tax is due and no proof of its payment or remission was handed in."""
    proofs = {rule.code for rule in item.materials if rule.waived_by == _TAX}
    return item.tax.involved and not proofs & papers
