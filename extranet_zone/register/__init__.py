"""The register (登记簿) without geometry: units, rights, restrictions, entries, recording log."""
