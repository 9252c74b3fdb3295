"""Windows and their tokens, seats, orders, the inbox, taking over, removing what is old."""
