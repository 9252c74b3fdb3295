"""The one-way carrier (单向光闸): takes bundles from a spool, drops them, admits what arrives.

Nothing comes back on this path, not even an acknowledgement; the ferry brings the receipts.
"""
