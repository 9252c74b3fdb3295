"""Citizens: registering with a checked identity number."""
