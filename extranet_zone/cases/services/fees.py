"""What a case owes by its item, as the bills it waits for: the registration fee of the catalogue.

Taxes are no bill of ours: the tax authority assesses them, and their amount is unknown here.
"""

from collections.abc import Sequence

from extranet_zone.cases.models import BillKind
from extranet_zone.cases.ports import Charge
from kernel.catalogue.conditions import Subjects
from kernel.catalogue.edition import Edition
from kernel.catalogue.fees import bill
from kernel.catalogue.item import Item


class CatalogueFees:
    """The fee table and exemptions of the edition that the case is handled under."""

    def charges(
        self, edition: Edition, item: Item, subjects: Subjects, granted: str
    ) -> Sequence[Charge]:
        """The fee as one charge, exemptions taken off; nothing where nothing is left to pay."""
        found = bill(edition, item, subjects, granted=granted)
        if not found.lines or found.fen == 0:
            return ()
        bases = dict.fromkeys(line.basis for line in found.lines)
        return (
            Charge(BillKind.FEE.value, found.lines[0].title, found.fen, "；".join(bases)[:200]),
        )
