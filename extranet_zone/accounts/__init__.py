"""Staff accounts: loading them from a file, with the separation of the three administrators."""
