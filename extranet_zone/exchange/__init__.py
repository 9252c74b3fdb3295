"""The extranet's part in the exchange of messages."""
