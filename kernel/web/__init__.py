"""The consoles' common frame: accounts, sign-in, permissions, pages, server."""
