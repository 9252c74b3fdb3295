"""The portal's first page: what can be done here."""
