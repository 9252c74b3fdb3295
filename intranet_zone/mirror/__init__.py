"""The intranet's mirror of the register: what the extranet recorded, append-only."""
