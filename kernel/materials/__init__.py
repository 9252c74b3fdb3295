"""Materials: files of applicants and offices, kept by digest and checked before they are kept."""

from kernel.materials.inspect import Inspected, inspect, inspect_content, require_type
from kernel.materials.store import MaterialsStore, StoredBlob, StoreSink

__all__ = [
    "Inspected",
    "MaterialsStore",
    "StoreSink",
    "StoredBlob",
    "inspect",
    "inspect_content",
    "require_type",
]
