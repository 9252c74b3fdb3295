"""The media ledger (介质台账): every medium's life as a chain of signed lines, and its rules."""
