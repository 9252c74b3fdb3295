"""The words of the catalogue that case work and register use; the format is kernel.catalogue."""

from kernel.catalogue.item import Item as CatalogueItem
from kernel.catalogue.tables import Fact, MaterialRule, PartyRole
from kernel.vocabulary.effects import Effect

__all__ = ["CatalogueItem", "Effect", "Fact", "MaterialRule", "PartyRole"]
