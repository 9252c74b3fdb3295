"""Materials: files of applicants and offices, kept by digest and checked before they are kept."""

from kernel.materials.inspect import Inspected, inspect
from kernel.materials.store import MaterialsStore, StoredBlob

__all__ = ["Inspected", "MaterialsStore", "StoredBlob", "inspect"]
