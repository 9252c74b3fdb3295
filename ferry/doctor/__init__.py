"""``ferry doctor``: whether this machine and this station can do a trip; lacks have remedies."""
