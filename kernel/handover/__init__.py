"""Handover (交接): facts that must agree between zones, signed by one and checked by the others.

No controller reaches two networks, so what the views of the zones have in common travels as a file,
by hand: docs/spec/handover-v1.md.
"""
